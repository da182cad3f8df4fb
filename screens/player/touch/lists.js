// What is chosen from: columns and their pieces, and the keys of the search by pinyin initials.
import { el } from "../templates/dom.js";
import { leading } from "./shelf.js";

const FEW = 5; // pieces that leave room for what each is about
const LARGE = 2; // pieces whose pictures have the width of an upright screen
const ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

/** A real button, so that a keyboard or a switch reaches it too; `press` is called on every kind of click. */
export function button(name, press, ...children) {
  const made = el("button", name, ...children);
  made.type = "button";
  made.addEventListener("click", press);
  return made;
}

/** The pieces of one column, or what the search found; empty says what to do. */
export function drawList(entries, { open, empty }) {
  if (entries.length === 0) return el("p", "touch__empty", empty);
  const rows = entries.map((entry) =>
    el(
      "li",
      "",
      button(
        "touch__entry",
        () => open(entry.digest),
        el(
          "span",
          "touch__entry-words",
          el("b", "touch__entry-title", entry.title),
          entries.length <= FEW && entry.summary && el("span", "touch__entry-summary", entry.summary),
          el("span", "touch__entry-facts", entry.isFilm && el("i", "touch__kind", "视频"), el("span", "", entry.column), entry.date && el("span", "", entry.date)),
        ),
        placeFor(entry),
      ),
    ),
  );
  return el("ol", `touch__list${entries.length <= LARGE ? " is-large" : ""}`, ...rows);
}

/** Where the picture of a piece is put once its bytes were checked (`Covers`). */
function placeFor(entry) {
  if (!entry.hasPicture) return null;
  const place = el("span", "touch__entry-picture");
  place.dataset.piece = entry.digest;
  return place;
}

export function drawColumns(columns, chosen, choose) {
  return columns.map(({ name, entries }) => {
    const made = button(`touch__tab${name === chosen ? " is-chosen" : ""}`, () => choose(name), name, el("small", "", String(entries.length)));
    made.setAttribute("aria-pressed", String(name === chosen));
    return made;
  });
}

/** Letters that lead to no piece are dimmed and do nothing. */
export function drawKeys(entries, typed, { type, erase, clear }) {
  const useful = leading(entries, typed);
  const key = (letter) => {
    const made = button("touch__key", () => type(letter), letter.toUpperCase());
    made.disabled = !useful.has(letter);
    return made;
  };
  const rows = ROWS.map((row) => el("div", "touch__keys-row", ...[...row].map(key)));
  const digits = [...useful].filter((one) => /[0-9]/.test(one)).sort().map(key);
  const last = el("div", "touch__keys-row", ...digits, button("touch__key touch__key--wide", erase, "退格"), button("touch__key touch__key--wide", clear, "清空"));
  return [...rows, last];
}
