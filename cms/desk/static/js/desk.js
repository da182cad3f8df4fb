// Small behaviours of every desk page, by data attribute; nothing here is needed to read or to submit a form.
import { csrfToken, refusalOf } from "./http.js";

const page = document;
const on = (type, selector, act) =>
  page.addEventListener(type, (event) => {
    const found = event.target.closest?.(selector);
    if (found) act(found, event);
  });

// ---- navigation on a phone
function showNav(open) {
  page.body.classList.toggle("nav-open", open);
  page.querySelector("[data-nav-toggle]")?.setAttribute("aria-expanded", String(open));
  page.querySelector(".nav-veil")?.remove();
  if (!open) return;
  const veil = page.createElement("div");
  veil.className = "nav-veil";
  veil.addEventListener("click", () => showNav(false));
  page.body.append(veil);
  page.querySelector(".side-link")?.focus();
}

on("click", "[data-nav-toggle]", () => showNav(!page.body.classList.contains("nav-open")));

// ---- dialogs
on("click", "[data-dialog-open]", (opener) => page.getElementById(opener.dataset.dialogOpen).showModal());
on("click", "[data-dialog-close]", (closer) => closer.closest("dialog").close());
on("click", "dialog", (dialog, event) => {
  // A press on the backdrop is a press on the dialog element itself, outside its box.
  if (event.target !== dialog) return;
  const box = dialog.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) dialog.close();
});

// ---- a finding leads to its block, in the text or in the editor
on("click", "a[href^='#b_']", (link, event) => {
  const editor = page.querySelector("yp-editor");
  if (!editor) return;
  event.preventDefault();
  link.closest("dialog")?.close();
  editor.showBlock(link.hash.slice(1));
});

// ---- a finding may also lead to a field beside the text
on("click", "a[href^='#field-']", (link, event) => {
  const field = page.getElementById(link.hash.slice(1));
  if (!field) return;
  event.preventDefault();
  link.closest("dialog")?.close();
  field.closest("details")?.setAttribute("open", "");
  field.scrollIntoView({ block: "center" });
  field.querySelector("input:not([type=hidden], .visually-hidden), select, textarea, button")?.focus();
});

// ---- a refused form in a dialog opens it again
for (const form of page.querySelectorAll("[data-open-now]")) page.getElementById(form.dataset.openNow).showModal();

// ---- long lists of choices are narrowed while typing
on("input", "[data-filter]", (input) => {
  const wanted = input.value.trim().toLowerCase();
  for (const choice of page.querySelector(`[data-filtered="${CSS.escape(input.dataset.filter)}"]`).children) {
    choice.hidden = !choice.textContent.toLowerCase().includes(wanted);
  }
});

// ---- a word that is offered goes into a field of words, or out of it again
const wordsOf = (field) => field.value.split(/[,，、]/).map((one) => one.trim()).filter(Boolean);

function offer(button) {
  const field = page.getElementById(button.dataset.wordFor);
  button.setAttribute("aria-pressed", String(wordsOf(field).includes(button.value)));
}

for (const button of page.querySelectorAll("[data-word-for]")) {
  offer(button);
  page.getElementById(button.dataset.wordFor).addEventListener("input", () => offer(button));
}
on("click", "[data-word-for]", (button) => {
  const field = page.getElementById(button.dataset.wordFor);
  const words = wordsOf(field);
  field.value = (words.includes(button.value) ? words.filter((one) => one !== button.value) : [...words, button.value]).join("，");
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// ---- a code to the clipboard
on("click", "[data-copy]", async (button) => {
  await navigator.clipboard.writeText(button.dataset.copy);
  button.lastChild.textContent = " ✓";
});

// ---- menus close like menus
page.addEventListener("click", (event) => {
  for (const menu of page.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

// ---- toasts
const LASTING = 6000;

/**
 * Shows a sentence at the corner of the page; `tone` is good, bad or info. A refusal stays until it is closed, and what
 * can be taken back by `action` {label, run} stays longer. One of a `group` takes the place of the one before: what it
 * offered to take back is not the last thing done any more.
 */
export function toast({ text, next = "", tone = "good", action = null, group = "" }) {
  if (group) for (const old of page.querySelectorAll(`#toasts > [data-group="${group}"]`)) old.remove();
  const box = page.createElement("div");
  box.className = `toast toast-${tone}`;
  box.setAttribute("role", tone === "bad" ? "alert" : "status");
  if (group) box.dataset.group = group;
  const words = page.createElement("p");
  words.textContent = text;
  if (next) words.append(Object.assign(page.createElement("small"), { textContent: next }));
  const close = Object.assign(page.createElement("button"), { type: "button", textContent: "×", ariaLabel: "×" });
  close.dataset.toastClose = "";
  box.append(words);
  if (action) {
    const button = Object.assign(page.createElement("button"), { type: "button", textContent: action.label });
    button.addEventListener("click", () => {
      box.remove();
      action.run();
    });
    box.append(button);
  }
  box.append(close);
  page.getElementById("toasts").append(box);
  if (tone !== "bad") setTimeout(() => box.remove(), action ? 5 * LASTING : LASTING);
}

on("click", "[data-toast-close]", (closer) => closer.closest(".toast").remove());
page.addEventListener("yp-toast", (event) => toast(event.detail));

for (const said of page.querySelectorAll("#toasts > .toast")) setTimeout(() => said.remove(), LASTING);

// ---- keyboard
page.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    showNav(false);
    for (const menu of page.querySelectorAll("details.menu[open]")) menu.open = false;
  }
  // A dialog that has just closed keeps the focus for a moment: nobody types into what cannot be seen.
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]")?.checkVisibility();
  if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = page.querySelector("[data-search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
});

// ---- counters beside text fields
function count(field) {
  const counter = page.querySelector(`[data-count-for="${CSS.escape(field.name)}"]`);
  if (!counter) return;
  const length = [...field.value].length;
  counter.textContent = counter.dataset.countText.replace("{count}", length).replace("{limit}", field.dataset.count);
  counter.classList.toggle("is-over", length > Number(field.dataset.count));
}

on("input", "[data-count]", count);
for (const field of page.querySelectorAll("[data-count]")) count(field);

// ---- the publish button says what it will do
function nameSchedule(form) {
  const button = form.querySelector("[data-schedule-button]");
  const at = form.elements.at.value;
  const chosen = form.querySelectorAll("[name=target]:checked:not(:disabled)").length;
  const text = at ? form.dataset.later.replace("{at}", at.replace("T", " ")) : form.dataset.now;
  const label = at ? text.replace("{count}", chosen) : text.replace(/\d+/, chosen);
  button.lastChild.textContent = label;
  button.disabled = chosen === 0;
}

on("input", "[data-schedule]", nameSchedule);
for (const form of page.querySelectorAll("[data-schedule]")) nameSchedule(form);

on("click", "[data-print]", () => window.print());

// ---- htmx: the page's token on every request, refusals as toasts
page.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF-Token"] = csrfToken();
});
page.addEventListener("htmx:sendError", () => toast({ text: page.body.dataset.offline, tone: "bad" }));
page.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (!xhr.getResponseHeader("Content-Type")?.includes("json")) return;
  event.detail.shouldSwap = false;
  const refusal = refusalOf(xhr.responseText, null);
  if (refusal) toast({ ...refusal, tone: "bad" });
});
