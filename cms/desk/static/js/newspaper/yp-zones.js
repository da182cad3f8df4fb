// <yp-zones>: the pages of an issue and their tap zones. Draws, moves, resizes; keeps every change on the server.
//
// attributes  pages     [{id, number, label, zones, thumb, image, large, left}]   linked   pieces that zones open, by id
//             urls      {zones, text, pieces, import}      texts  what it says       readonly  no changes
//             brought   {id: {label, zones}}: pages after an exchange, shown before they are kept
//             revision, version   what the next save is based on                     sprite    address of icons.svg
import { send, upload } from "../http.js";
import { wordsIn } from "./geometry.js";
import { History, newZoneId, withFields, withZones } from "./history.js";
import { Panel } from "./panel.js";
import { Sheet } from "./sheet.js";

const QUIET = 1200;
const AGAIN = 8000;
const TOOLS = [["select", "crosshair", "V"], ["rectangle", "crop", "R"], ["polygon", "pencil-line", "P"]];

const el = (tag, className, ...children) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children);
  return made;
};

class Zones extends HTMLElement {
  #blocks = new Map(); // by page id: the text printed there
  #proposed = new Map();
  #timer = 0;
  #dirty = false;
  #saving = null;

  connectedCallback() {
    if (this.history) return;
    const read = (name) => JSON.parse(this.getAttribute(name));
    this.texts = read("texts");
    this.urls = read("urls");
    this.readonly = this.hasAttribute("readonly");
    this.history = new History(read("pages"));
    this.page = this.history.pages[0].id;
    this.chosen = "";
    const { texts: labels, readonly } = this;
    this.sheet = new Sheet({ labels, readonly, acts: this.#sheetActs() });
    this.panel = new Panel({ labels, readonly, linked: read("linked"), acts: this.#panelActs() });
    this.#build();
    this.#bring(readonly ? null : JSON.parse(this.getAttribute("brought") ?? "null"));
    this.#open(this.#fromHash() ?? this.page);
    addEventListener("beforeunload", (event) => { if (this.#dirty) event.preventDefault(); });
    addEventListener("online", () => { if (this.#dirty) this.#save(); });
  }

  get #current() { return this.history.pages.find(({ id }) => id === this.page); }

  #fromHash() {
    const id = location.hash.slice(1);
    return this.history.pages.find((page) => page.id === id || page.zones.some((zone) => zone.id === id))?.id;
  }

  #build() {
    this.thumbs = el("nav", "np-thumbs");
    this.thumbs.setAttribute("aria-label", this.texts.pages);
    for (const page of this.history.pages) {
      const button = el("button", "", Object.assign(new Image(), { src: page.thumb, alt: "", loading: "lazy", width: 96, height: 136 }), el("span", ""), el("small", ""));
      button.type = "button";
      button.dataset.page = page.id;
      button.addEventListener("click", () => this.#open(page.id));
      this.thumbs.append(button);
    }
    this.tools = el("div", "np-tools");
    this.tools.setAttribute("role", "toolbar");
    this.tools.setAttribute("aria-label", this.texts.tools);
    if (!this.readonly) this.#toolbar();
    this.append(this.thumbs, el("div", "np-middle", this.tools, el("div", "np-scroll", this.sheet.box), el("p", "field-hint", this.readonly ? this.texts.readonly : this.texts.hint)), this.panel.box);
    const input = document.querySelector("[data-zones-file]");
    document.querySelector("[data-zones-import]")?.addEventListener("click", () => input.click());
    input?.addEventListener("change", () => this.#import(input));
    document.querySelector("[data-to-edit]")?.addEventListener("click", (event) => this.#leave(event));
  }

  /** What people made on the pages before the exchange: one step, which is not kept until somebody says so or goes on. */
  #bring(brought) {
    if (!brought) return;
    this.banner = document.querySelector("[data-brought]");
    this.banner.hidden = false;
    this.history.change(this.history.pages.map((page) => ({ ...page, ...brought[page.id] })));
    this.#dirty = true;
    this.#note(this.texts.unsaved, "is-unsaved");
    this.banner.querySelector("[data-brought-keep]").addEventListener("click", () => this.#save());
    this.banner.querySelector("[data-brought-drop]").addEventListener("click", () => {
      clearTimeout(this.#timer);
      this.history.undo();
      this.chosen = "";
      this.#dirty = false;
      this.banner.hidden = true;
      this.#draw();
      this.#dropped();
    });
    const first = this.history.pages.find(({ id, zones }) => brought[id] && zones.some(({ check }) => check));
    this.page = first?.id ?? this.page;
  }

  /** The server forgets the proposal for everybody: it is the piece's, not this browser's. */
  async #dropped() {
    this.#note(this.texts.saving);
    try {
      await send(this.urls.offer, {}, { offline: { code: "editor.network", text: this.texts.failed, next: "" } });
      this.#note(this.texts.saved);
    } catch (problem) {
      this.#note(this.texts.failed, true);
      this.#say(problem.text, "bad", problem.next);
    }
  }

  #toolbar() {
    const button = (name, icon, text, act) => {
      const made = el("button", "icon-button", this.#icon(icon));
      Object.assign(made, { type: "button", title: text });
      made.setAttribute("aria-label", text);
      made.dataset.act = name;
      made.addEventListener("click", act);
      this.tools.append(made);
      return made;
    };
    for (const [name, icon, key] of TOOLS) button(name, icon, `${this.texts[`tool_${name}`]} (${key})`, () => this.#tool(name));
    this.undoButton = button("undo", "undo-2", `${this.texts.undo} (Ctrl Z)`, () => this.#step("undo"));
    this.redoButton = button("redo", "redo-2", `${this.texts.redo} (Ctrl Y)`, () => this.#step("redo"));
    this.removeButton = button("remove", "trash-2", `${this.texts.remove} (Delete)`, () => this.#remove(this.chosen));
  }

  #icon(name) {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", `${this.getAttribute("sprite")}#${name}`);
    svg.append(use);
    return svg;
  }

  #sheetActs() {
    return {
      select: (id) => this.#select(id),
      draw: (points) => this.#add(points),
      change: (id, points, merge) => this.#zone(id, { points }, merge),
      settle: () => this.history.settle(),
      refuse: () => this.#say(this.texts.crossed, "bad"),
      remove: (id) => this.#remove(id),
      undo: () => this.#step("undo"),
      redo: () => this.#step("redo"),
      tool: (name) => this.#tool(name),
      next: (step) => this.#next(step),
      describe: () => this.panel.focusTitle(),
    };
  }

  #panelActs() {
    return {
      fields: (id, fields, merge) => this.#zone(id, fields, merge),
      remove: (id) => this.#remove(id),
      select: (id) => this.#select(id),
      search: (words) => this.#search(words),
      propose: () => this.#propose(),
      label: (label) => this.#change(this.history.pages.map((one) => (one.id === this.page ? { ...one, label } : one)), `label ${this.page}`),
    };
  }

  async #open(page) {
    Object.assign(this, { page, chosen: "" });
    this.#draw();
    if (this.#blocks.has(page)) return;
    const { number } = this.#current;
    try {
      const answer = await fetch(`${this.urls.text}/${number}`, { headers: { Accept: "application/json" } });
      const { blocks, proposed } = await answer.json();
      this.#blocks.set(page, blocks);
      this.#proposed.set(page, proposed);
      if (this.page === page) this.#draw();
    } catch {
      this.#say(this.texts.no_text, "bad"); // zones can be drawn all the same, edges only do not jump to the text
    }
  }

  #draw() {
    const page = this.#current;
    const { zones } = page;
    const { pages } = this.history;
    const blocks = this.#blocks.get(page.id) ?? [];
    const every = pages.flatMap((one) => one.zones.map((zone) => ({ ...zone, page: one.label })));
    this.sheet.show({ page: { ...page, title: this.texts.sheet.replace("{page}", page.label) }, zones, chosen: this.chosen, blocks });
    this.panel.show({ page, zones, chosen: this.chosen, blocks, every });
    for (const [at, button] of [...this.thumbs.children].entries()) {
      const [, label, count] = button.children;
      label.textContent = pages[at].label;
      const check = pages[at].zones.filter((zone) => zone.check).length;
      const said = check > 0 ? this.texts.count_check.replace("{check}", check) : this.texts.count;
      count.textContent = pages[at].zones.length > 0 ? said.replace("{count}", pages[at].zones.length) : this.texts.count_none;
      count.classList.toggle("is-check", check > 0);
      count.classList.toggle("is-none", pages[at].zones.length === 0);
      if (pages[at].id === page.id) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
    if (this.readonly) return;
    this.undoButton.disabled = !this.history.canUndo;
    this.redoButton.disabled = !this.history.canRedo;
    this.removeButton.disabled = !this.chosen;
    for (const [name] of TOOLS) this.tools.querySelector(`[data-act=${name}]`).setAttribute("aria-pressed", String(this.sheet.tool === name));
  }

  #select(id) {
    this.chosen = id;
    this.#draw();
  }

  #next(step) {
    const { zones } = this.#current;
    if (zones.length === 0) return;
    const at = zones.findIndex(({ id }) => id === this.chosen);
    this.#select(zones[(at + step + zones.length) % zones.length].id);
  }

  #tool(name) {
    this.sheet.pick(name);
    this.#draw();
    this.sheet.box.focus({ preventScroll: true });
  }

  #add(points) {
    const text = wordsIn(points, this.#blocks.get(this.page) ?? []);
    const zone = { id: newZoneId(), points, title: text[0]?.slice(0, 60) ?? "", text };
    this.chosen = zone.id;
    this.sheet.pick("select");
    this.#change(withZones(this.history.pages, this.page, (zones) => [...zones, zone]));
    if (text.length === 0) this.#say(this.texts.over_nothing, "wait");
    this.panel.focusTitle();
  }

  #zone(id, fields, merge = "") {
    // Whoever changes a zone has looked at it.
    const next = { check: null, ...fields };
    this.#change(withZones(this.history.pages, this.page, (zones) => zones.map((zone) => (zone.id === id ? withFields(zone, next) : zone))), merge);
  }

  #remove(id) {
    if (!id || this.readonly) return;
    this.chosen = "";
    this.#change(withZones(this.history.pages, this.page, (zones) => zones.filter((zone) => zone.id !== id)));
    this.sheet.box.focus({ preventScroll: true });
  }

  #propose() {
    const proposed = this.#proposed.get(this.page) ?? [];
    if (proposed.length === 0) return this.#say(this.texts.none_proposed, "wait");
    this.chosen = "";
    // Other ids than before, so that what continued an old zone does not open a new one by accident.
    const ids = new Map(proposed.map(({ id }) => [id, newZoneId()]));
    const fresh = proposed.map((zone) => ({ ...zone, id: ids.get(zone.id), ...(zone.of ? { of: ids.get(zone.of) } : {}) }));
    return this.#change(withZones(this.history.pages, this.page, () => fresh));
  }

  #step(way) {
    if (!this.history[way]()) return;
    if (!this.#current.zones.some(({ id }) => id === this.chosen)) this.chosen = "";
    this.panel.drawn = "";
    this.panel.state = "";
    this.#draw();
    this.#touch();
  }

  #change(pages, merge = "") {
    if (this.readonly) return;
    this.history.change(pages, merge);
    this.#draw();
    this.#touch();
  }

  #touch() {
    this.#dirty = true;
    if (this.banner) this.banner.hidden = true;
    this.#note(this.texts.unsaved, "is-unsaved");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#save(), QUIET);
  }

  /** One request at a time; resolves when everything drawn so far is kept or could not be. */
  async #save() {
    clearTimeout(this.#timer);
    if (this.#saving) await this.#saving;
    if (!this.#dirty || this.stopped) return;
    this.#saving = this.#send().finally(() => { this.#saving = null; });
    await this.#saving;
  }

  async #send() {
    this.#dirty = false;
    if (this.banner) this.banner.hidden = true;
    this.#note(this.texts.saving, "is-unsaved");
    const pages = this.history.pages.map(({ id, label, zones }) => ({ id, label, zones }));
    const offline = { code: "editor.network", text: this.texts.failed, next: "" };
    try {
      const { revision, version, at } = await send(this.urls.zones, {
        pages: JSON.stringify(pages), revision: this.getAttribute("revision"), version: this.getAttribute("version"),
      }, { offline });
      this.setAttribute("revision", revision);
      this.setAttribute("version", String(version));
      if (!this.#dirty) this.#note(`${this.texts.saved} ${at}`);
    } catch (problem) {
      this.#dirty = true;
      this.#note(this.texts.failed, "is-failed");
      this.#say(problem.text, "bad", problem.next);
      // Somebody else saved meanwhile: going on would write over them, so the page waits for a reload.
      if (problem.status === 409) this.stopped = true;
      else if (!problem.status || problem.status >= 500) this.#timer = setTimeout(() => this.#save(), AGAIN);
    }
  }

  async #search(words) {
    try {
      const answer = await fetch(`${this.urls.pieces}?${new URLSearchParams({ q: words })}`, { headers: { Accept: "application/json" } });
      return (await answer.json()).pieces ?? [];
    } catch {
      return [];
    }
  }

  async #import(input) {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    await this.#save();
    try {
      const { href } = await upload(this.urls.import, file, { offline: { code: "editor.network", text: this.texts.failed, next: "" } });
      this.#dirty = false;
      location.assign(href);
    } catch (problem) {
      this.#say(problem.text, "bad", problem.next);
    }
  }

  async #leave(event) {
    if (!this.#dirty) return;
    event.preventDefault();
    const { href } = event.currentTarget;
    await this.#save();
    if (!this.#dirty) location.assign(href);
  }

  /** `state`: "is-unsaved" or "is-failed"; without one it is saved, and only then the tick says so. */
  #note(text, state = "") {
    const note = document.querySelector("#zones-saved");
    if (!note) return;
    note.lastElementChild.textContent = text;
    for (const one of ["is-unsaved", "is-failed"]) note.classList.toggle(one, one === state);
  }

  #say(text, tone, next = "") {
    document.dispatchEvent(new CustomEvent("yp-toast", { detail: { text, next, tone, code: "" } }));
  }
}

customElements.define("yp-zones", Zones);
