// A piece moves by hand, by keys or by the dialog «move to…»: the server names what is in the way, a person confirms,
// and the last move can be taken back.
import { csrfToken, refusalOf } from "../http.js";

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

export const made = (tag, className, text = "") => Object.assign(document.createElement(tag), { className, textContent: text });

export function say(detail) {
  document.dispatchEvent(new CustomEvent("yp-toast", { detail }));
}

/** Posts a form as the page's scripts do; a field may hold a list. Resolves to JSON, rejects with a refusal {text, next}. */
async function post(url, fields, offline) {
  const body = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) body.append(name, one);
  let answer;
  try {
    answer = await fetch(url, { method: "POST", headers: { "X-CSRF-Token": csrfToken(), Accept: "application/json" }, body });
  } catch {
    throw { text: offline, next: "" };
  }
  const text = await answer.text();
  if (!answer.ok) throw refusalOf(text, { code: `http.${answer.status}`, text: offline, next: "" });
  return JSON.parse(text);
}

// A piece moves by its promise or wish, a run by its rule; both are looked at first and can be taken back.
export const PIECE = { check: "/desk/calendar/check", move: "/desk/calendar/move", back: "/desk/calendar/move" };
export const RUN = { check: "/desk/calendar/runs/check", move: "/desk/calendar/runs/move", back: "/desk/calendar/runs/undo" };

export class Mover {
  /** `texts` are the sentences, `moved(edition)` draws the calendar anew. */
  constructor(texts, moved) {
    this.texts = texts;
    this.moved = moved;
    this.back = null;
    document.addEventListener("keydown", (event) => {
      const typing = event.target.closest?.("input, textarea, select, [contenteditable]")?.checkVisibility();
      if (!this.back || typing || !(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z") return;
      event.preventDefault();
      this.undo();
    });
  }

  /** Whether it moved. `asked` is {edition, at, was, target: [codes]} (no targets leave them as they are), or of a run
   * {placement, start, at}. */
  async move(asked, door = PIECE) {
    const { texts } = this;
    try {
      const chosen = await this.confirm(await post(door.check, asked, texts.offline));
      if (!chosen) return false;
      const done = await post(door.move, { ...asked, ...chosen }, texts.offline);
      this.back = done.back && { door, fields: done.back };
      const action = done.back && { label: texts.undo, run: () => this.undo() };
      say({ text: fill(texts.moved, { at: done.moved }), action });
      await this.moved(done.back?.run ?? asked.edition);
      return true;
    } catch (refusal) {
      this.refused(refusal);
      return false;
    }
  }

  async undo() {
    const { back, texts } = this;
    if (!back) return;
    this.back = null;
    try {
      const done = await post(back.door.back, back.fields, texts.offline);
      say({ text: done.moved ? fill(texts.undone, { at: done.moved }) : texts.run_undone });
      await this.moved(done.run ?? back.fields.edition);
    } catch (refusal) {
      this.refused(refusal);
    }
  }

  refused(refusal) {
    say({ text: refusal.text ?? this.texts.offline, next: refusal.next ?? "", tone: "bad" });
  }

  /** Shows what the server named; resolves to what was chosen beside it, or false. Broken rules cannot be confirmed. */
  confirm(found) {
    const { texts } = this;
    const dialog = document.getElementById("move");
    dialog.querySelector("#move-title").textContent = found.may
      ? fill(texts.title, { title: found.title, to: found.to }) : texts.refused;
    dialog.querySelector("[data-move-from]").textContent = [
      found.from && fill(texts.from, { from: found.from }), found.note].filter(Boolean).join(" ");
    const yes = dialog.querySelector("[data-move-yes]");
    const list = dialog.querySelector("[data-move-clashes]");
    const show = ({ clashes, may }) => {
      list.replaceChildren(...clashes.map(clash));
      if (!clashes.length) list.append(made("p", "muted", texts.calm));
      yes.disabled = !may;
    };
    yes.hidden = !found.may;
    const ways = dialog.querySelector("[data-move-scopes]");
    const chosen = () => ways.querySelector(":checked")?.value;
    const { scopes = [] } = found;
    ways.hidden = !scopes.length;
    ways.onchange = () => show(scopes.find((one) => one.scope === chosen()));
    const first = scopes.find((one) => one.may) ?? scopes[0];
    for (const way of ways.querySelectorAll("input")) way.checked = way.value === first?.scope;
    show(first ?? found);
    dialog.showModal();
    (found.may ? ways.querySelector(":checked") ?? yes : dialog.querySelector(".dialog-actions [data-move-no]")).focus();
    return answered(dialog, yes, () => (scopes.length ? { scope: chosen() } : {}));
  }

  /** The dialog «move to…»: a time, one of the office's hours, and for a promise its targets. */
  async moveTo({ edition, title, at, was, targets = [], promised = false, placement, start }) {
    const dialog = document.getElementById("move-to");
    const field = dialog.querySelector("[name=at]");
    const boxes = [...dialog.querySelectorAll("[name=target]")];
    dialog.querySelector("[data-move-piece]").textContent = title;
    field.value = at;
    dialog.querySelector("[data-move-targets]").hidden = !promised;
    for (const box of boxes) box.checked = targets.includes(box.value);
    const into = dialog.querySelector("[name=into]");
    if (into) {
      into.value = "";
      into.closest("label").hidden = !promised;
      // A batch has a time of its own.
      into.onchange = () => {
        field.readOnly = into.value !== "";
        field.value = into.selectedOptions[0].dataset.at ?? at;
      };
      field.readOnly = false;
    }
    for (const hours of dialog.querySelectorAll("[data-hour]")) {
      hours.onclick = () => { field.value = `${field.value.slice(0, 10)}T${hours.dataset.hour}`; };
    }
    dialog.showModal();
    field.focus();
    const form = dialog.querySelector("form");
    const chosen = await answered(dialog, form, () => boxes.filter((box) => box.checked).map((box) => box.value));
    if (!chosen) return false;
    if (placement) return this.move({ placement, start, at: field.value }, RUN);
    if (promised && !chosen.length) {
      say({ text: this.texts.no_targets, tone: "bad" });
      return false;
    }
    const same = !promised || (chosen.length === targets.length && chosen.every((code) => targets.includes(code)));
    return this.move({ edition, at: field.value, was, target: same ? [] : chosen, into: into?.value ?? "" });
  }
}

/** Resolves to `value()` when the dialog's button is pressed or its form sent, to false when it is closed otherwise. */
function answered(dialog, by, value) {
  return new Promise((resolve) => {
    const end = (answer) => {
      by.onclick = by.onsubmit = dialog.onclose = null;
      if (dialog.open) dialog.close();
      resolve(answer);
    };
    if (by instanceof HTMLFormElement) by.onsubmit = (event) => { event.preventDefault(); end(value()); };
    else by.onclick = () => end(value());
    for (const no of dialog.querySelectorAll("[data-move-no]")) no.onclick = () => end(false);
    dialog.onclose = () => end(false);
  });
}

function clash({ level, text, next }) {
  const line = made("div", `finding finding-${level}`);
  const words = document.createElement("div");
  words.append(made("div", "", text), made("p", "", next));
  line.append(words);
  return line;
}
