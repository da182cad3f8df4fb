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

  /** Whether it moved. `asked` is {edition, at, was, target: [codes]}; no targets leave them as they are. */
  async move(asked) {
    const { texts } = this;
    try {
      if (!(await this.confirm(await post("/desk/calendar/check", asked, texts.offline)))) return false;
      const done = await post("/desk/calendar/move", asked, texts.offline);
      this.back = done.back;
      const action = done.back && { label: texts.undo, run: () => this.undo() };
      say({ text: fill(texts.moved, { at: done.moved }), action });
      await this.moved(asked.edition);
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
      const done = await post("/desk/calendar/move", back, texts.offline);
      say({ text: fill(texts.undone, { at: done.moved }) });
      await this.moved(back.edition);
    } catch (refusal) {
      this.refused(refusal);
    }
  }

  refused(refusal) {
    say({ text: refusal.text ?? this.texts.offline, next: refusal.next ?? "", tone: "bad" });
  }

  /** Shows what the server named; resolves to whether the person wants it anyway. Broken rules cannot be confirmed. */
  confirm(found) {
    const { texts } = this;
    const dialog = document.getElementById("move");
    dialog.querySelector("#move-title").textContent = found.may
      ? fill(texts.title, { title: found.title, to: found.to }) : texts.refused;
    dialog.querySelector("[data-move-from]").textContent = [
      found.from && fill(texts.from, { from: found.from }), found.note].filter(Boolean).join(" ");
    const list = dialog.querySelector("[data-move-clashes]");
    list.replaceChildren(...found.clashes.map(clash));
    if (!found.clashes.length) list.append(made("p", "muted", texts.calm));
    const yes = dialog.querySelector("[data-move-yes]");
    yes.hidden = !found.may;
    dialog.showModal();
    (found.may ? yes : dialog.querySelector(".dialog-actions [data-move-no]")).focus();
    return answered(dialog, yes, () => true);
  }

  /** The dialog «move to…»: a time, one of the office's hours, and for a promise its targets. */
  async moveTo({ edition, title, at, was, targets, promised }) {
    const dialog = document.getElementById("move-to");
    const field = dialog.querySelector("[name=at]");
    const boxes = [...dialog.querySelectorAll("[name=target]")];
    dialog.querySelector("[data-move-piece]").textContent = title;
    field.value = at;
    dialog.querySelector("[data-move-targets]").hidden = !promised;
    for (const box of boxes) box.checked = targets.includes(box.value);
    for (const hours of dialog.querySelectorAll("[data-hour]")) {
      hours.onclick = () => { field.value = `${field.value.slice(0, 10)}T${hours.dataset.hour}`; };
    }
    dialog.showModal();
    field.focus();
    const form = dialog.querySelector("form");
    const chosen = await answered(dialog, form, () => boxes.filter((box) => box.checked).map((box) => box.value));
    if (!chosen) return false;
    if (promised && !chosen.length) {
      say({ text: this.texts.no_targets, tone: "bad" });
      return false;
    }
    const same = !promised || (chosen.length === targets.length && chosen.every((code) => targets.includes(code)));
    return this.move({ edition, at: field.value, was, target: same ? [] : chosen });
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
