// The command bar: Ctrl+K or ⌘K anywhere, arrows and Enter; `?` shows the keys of the desk.
const bar = document.getElementById("commands");
const keys = document.getElementById("keys");

if (bar) {
  const field = bar.querySelector("input");
  const list = bar.querySelector("[role=listbox]");
  const empty = bar.querySelector("[data-command-empty]");
  let chosen = -1;
  let asked = 0;

  const options = () => [...list.querySelectorAll("[role=option]")];

  const choose = (number) => {
    const all = options();
    chosen = all.length ? (number + all.length) % all.length : -1;
    for (const [place, one] of all.entries()) one.setAttribute("aria-selected", String(place === chosen));
    const now = all[chosen];
    field.setAttribute("aria-activedescendant", now?.id ?? "");
    now?.scrollIntoView({ block: "nearest" });
  };

  const picture = (name) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `${bar.dataset.sprite}#${name}`);
    svg.append(use);
    return svg;
  };

  const line = (item, number) => {
    const link = Object.assign(document.createElement("a"), { href: item.href, className: "command", id: `command-${number}` });
    link.setAttribute("role", "option");
    link.tabIndex = -1;
    const words = Object.assign(document.createElement("span"), { textContent: item.title });
    link.append(picture(item.icon), words);
    if (item.sub) link.append(Object.assign(document.createElement("small"), { textContent: item.sub }));
    return link;
  };

  const show = (groups) => {
    let number = 0;
    const parts = groups.map((group) => {
      const box = document.createElement("div");
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", group.title);
      const head = Object.assign(document.createElement("div"), { className: "command-group", textContent: group.title });
      head.setAttribute("aria-hidden", "true");
      box.append(head, ...group.items.map((item) => line(item, number++)));
      return box;
    });
    list.replaceChildren(...parts);
    empty.hidden = number > 0;
    choose(0);
  };

  const ask = async () => {
    const turn = ++asked;
    const answer = await fetch(`/desk/commands?q=${encodeURIComponent(field.value)}`, { headers: { Accept: "application/json" } })
      .catch(() => null);
    // A slower answer to an older question must not replace a newer one.
    if (turn !== asked) return;
    if (answer?.ok) show((await answer.json()).groups);
    else show([]);
  };

  const open = () => {
    if (bar.open) return;
    field.value = "";
    bar.showModal();
    ask();
  };

  let pause = 0;
  field.addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(ask, 120);
  });
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      choose(chosen + step);
    } else if (event.key === "Enter") {
      event.preventDefault();
      options()[chosen]?.click();
    }
  });
  list.addEventListener("mousemove", (event) => {
    const place = options().indexOf(event.target.closest("[role=option]"));
    if (place >= 0 && place !== chosen) choose(place);
  });
  for (const opener of document.querySelectorAll("[data-commands-open]")) opener.addEventListener("click", open);

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      // In a text with a selection Ctrl+K makes a link; there the editor has the word.
      if (event.defaultPrevented || event.target.closest?.("[contenteditable]")) return;
      event.preventDefault();
      open();
      return;
    }
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "s") {
      // Where a piece is open the key saves it; elsewhere nobody wants the page as a file.
      event.preventDefault();
      document.querySelector("form[data-autosave]")?.requestSubmit();
      return;
    }
    // The field of a bar that has just closed keeps the focus for a moment: nobody types into what cannot be seen.
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]")?.checkVisibility();
    if (event.key === "?" && !typing && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      keys.showModal();
    }
  });
}
