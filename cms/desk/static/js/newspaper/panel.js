// What a zone is called and what a touch on it opens: words of its own, a piece, another zone it continues, or nothing.
import { wordsIn } from "./geometry.js";

const el = (tag, className = "", ...children) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((one) => one !== null && one !== undefined && one !== false));
  return made;
};
const QUIET = 250;

/** `acts`: fields(id, fields, merge), remove(id), select(id), search(words) → [{id, title, state}], propose(), label(text). */
export class Panel {
  #asked = 0;

  constructor({ labels, acts, readonly, linked }) {
    Object.assign(this, { labels, acts, readonly, linked });
    this.box = el("aside", "np-panel");
    this.box.setAttribute("aria-label", labels.panel);
  }

  show({ page, zones, chosen, blocks, every }) {
    const zone = zones.find(({ id }) => id === chosen);
    const state = JSON.stringify([page.id, chosen, page.label, zones.map(({ id, title, points, of, check }) => [id, title, of, check, id === chosen ? points : 0]), zone && kindOf(zone), zone?.document, zone?.text]);
    if (state === this.state) return;
    this.state = state;
    const held = document.activeElement?.dataset?.field;
    if (held && this.box.contains(document.activeElement) && this.drawn === chosen && this.kind === (zone && kindOf(zone))) {
      this.#note(zone, blocks);
      this.#list(page, zones, chosen);
      return; // somebody types here: the field is ahead of what is kept
    }
    this.drawn = chosen;
    this.kind = zone && kindOf(zone);
    this.list = el("ol", "np-list-zones");
    this.note = el("p", "np-note");
    this.box.replaceChildren(this.#page(page), this.list, ...(zone ? this.#zone(zone, blocks, every) : [el("p", "field-hint", this.labels.choose)]));
    this.#list(page, zones, chosen);
  }

  focusTitle() {
    this.box.querySelector("[data-field=title]")?.focus();
  }

  #page(page) {
    const label = this.#input("label", this.labels.label, page.label, (value) => this.acts.label(value));
    const left = page.left.map((text) => el("li", "", text));
    const again = this.readonly ? null : this.#button(this.labels.propose, () => this.acts.propose());
    return el("div", "np-of-page", label, again, left.length > 0 && el("ul", "np-left", ...left));
  }

  #list(page, zones, chosen) {
    const named = (zone) => zone.title || (zone.of ? this.labels.more : this.labels.untitled);
    this.list.replaceChildren(...zones.map((zone) => {
      const go = el("button", zone.id === chosen ? "is-chosen" : "", named(zone));
      go.type = "button";
      if (zone.id === chosen) go.setAttribute("aria-current", "true");
      go.addEventListener("click", () => this.acts.select(zone.id));
      const mark = zone.check ? el("small", "is-check", this.labels.mark_check) : el("small", "", zone.of ? "" : zone.document ? this.labels.mark_link : zone.text ? this.labels.mark_words : this.labels.mark_empty);
      return el("li", "", go, mark);
    }));
    if (zones.length === 0) this.list.replaceChildren(el("li", "np-none", this.labels.no_zones));
  }

  #zone(zone, blocks, every) {
    const kind = kindOf(zone);
    const choices = el("fieldset", "np-opens", el("legend", "field-label", this.labels.opens));
    for (const name of ["text", "document", "of", "none"]) {
      const radio = Object.assign(el("input"), { type: "radio", name: "opens", value: name, checked: name === kind, disabled: this.readonly });
      radio.addEventListener("change", () => this.#open(zone, name, blocks, every));
      choices.append(el("label", "", radio, this.labels[`opens_${name}`]));
    }
    const parts = [];
    if (zone.check) parts.push(this.#check(zone));
    if (kind !== "of") parts.push(this.#input("title", this.labels.title, zone.title ?? "", (title) => this.acts.fields(zone.id, { title }, `title ${zone.id}`)));
    parts.push(choices);
    if (kind === "text") parts.push(...this.#words(zone, blocks));
    if (kind === "document") parts.push(this.#piece(zone));
    if (kind === "of") parts.push(this.#other(zone, every));
    this.#note(zone, blocks);
    parts.push(this.note);
    if (!this.readonly) parts.push(this.#button(this.labels.remove, () => this.acts.remove(zone.id), "button-danger"));
    return parts;
  }

  #check(zone) {
    const done = this.readonly ? null : this.#button(this.labels.checked, () => {
      this.drawn = "";
      this.acts.fields(zone.id, {});
    });
    return el("div", "np-check", el("p", "", this.labels.check), done);
  }

  #note(zone, blocks) {
    if (!this.note) return;
    const isBare = zone && wordsIn(zone.points, blocks).length === 0;
    this.note.textContent = isBare ? this.labels.over_nothing : "";
    this.note.hidden = !isBare;
  }

  #open(zone, name, blocks, every) {
    const other = every.find((one) => one.id !== zone.id && !one.of);
    const given = {
      text: { text: zone.text?.length ? zone.text : wordsIn(zone.points, blocks), document: null, of: null },
      document: { document: "", text: null, of: null },
      of: { of: other?.id ?? null, document: null, text: null, title: null },
      none: { document: null, text: null, of: null },
    }[name];
    this.drawn = "";
    this.acts.fields(zone.id, given);
  }

  #words(zone, blocks) {
    const area = Object.assign(el("textarea", "input"), { value: (zone.text ?? []).join("\n"), rows: 10, readOnly: this.readonly });
    area.dataset.field = "text";
    area.addEventListener("input", () => this.acts.fields(zone.id, { text: area.value.split("\n").map((line) => line.trim()).filter(Boolean) }, `text ${zone.id}`));
    const take = this.#button(this.labels.take, () => {
      this.drawn = "";
      this.acts.fields(zone.id, { text: wordsIn(zone.points, blocks) });
    });
    return [el("label", "field", el("span", "field-label", this.labels.words), area), this.readonly ? null : take];
  }

  #piece(zone) {
    const known = this.linked[zone.document];
    const now = zone.document ? el("p", "np-linked", el("strong", "", known?.title ?? zone.document), el("span", "", known?.state ?? this.labels.unknown)) : null;
    if (this.readonly) return el("div", "", now);
    const field = Object.assign(el("input", "input"), { type: "search", placeholder: this.labels.search });
    field.dataset.field = "search";
    field.setAttribute("aria-label", this.labels.search);
    const found = el("ul", "np-found");
    field.addEventListener("input", () => this.#search(zone, field.value, found));
    this.#search(zone, "", found);
    return el("div", "stack stack-tight", now, field, found);
  }

  #search(zone, words, found) {
    const turn = (this.#asked += 1);
    setTimeout(async () => {
      if (turn !== this.#asked) return;
      const pieces = await this.acts.search(words);
      if (turn !== this.#asked) return;
      found.replaceChildren(...pieces.map((piece) => {
        const take = el("button", "", el("strong", "", piece.title), el("small", "", piece.state));
        take.type = "button";
        take.addEventListener("click", () => {
          this.linked[piece.id] = piece;
          this.drawn = "";
          this.acts.fields(zone.id, { document: piece.id, text: null, of: null, ...(zone.title ? {} : { title: piece.title.slice(0, 200) }) });
        });
        return el("li", "", take);
      }), ...(pieces.length === 0 ? [el("li", "np-none", this.labels.nothing_found)] : []));
    }, words ? QUIET : 0);
  }

  #other(zone, every) {
    const select = Object.assign(el("select", "input"), { disabled: this.readonly });
    for (const one of every.filter(({ id, of }) => id !== zone.id && !of)) {
      select.append(Object.assign(el("option", "", `${one.page} · ${one.title || this.labels.untitled}`), { value: one.id, selected: one.id === zone.of }));
    }
    select.addEventListener("change", () => this.acts.fields(zone.id, { of: select.value }));
    return el("label", "field", el("span", "field-label", this.labels.continues), select);
  }

  #input(name, label, value, change) {
    const input = Object.assign(el("input", "input"), { type: "text", value, maxLength: 200, readOnly: this.readonly });
    input.dataset.field = name;
    input.addEventListener("input", () => change(input.value));
    return el("label", "field", el("span", "field-label", label), input);
  }

  #button(text, act, kind = "") {
    const button = el("button", `button button-small ${kind}`, text);
    button.type = "button";
    button.addEventListener("click", act);
    return button;
  }
}

export function kindOf(zone) {
  if (zone.of) return "of";
  if (zone.document !== undefined) return "document";
  return zone.text ? "text" : "none";
}
