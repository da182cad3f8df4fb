// <yp-cutter>: a film put together of stretches of others on the grid of 3.84 s; every step can be undone, nothing is
// made before the form is sent.
import { clock } from "./scrub.js";

const SEGMENT = 3840;
const page = document;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

class Cutter extends HTMLElement {
  connectedCallback() {
    this.films = new Map(JSON.parse(this.getAttribute("films")).map((film) => [film.id, film]));
    this.texts = JSON.parse(this.getAttribute("texts"));
    this.form = this.querySelector("form");
    this.video = this.querySelector("[data-film]");
    this.list = this.querySelector("[data-pieces]");
    this.row = this.querySelector("template[data-row]");
    this.pieces = JSON.parse(this.form.elements.pieces.value).filter(([of]) => this.films.has(of));
    this.first = JSON.stringify(this.pieces);
    this.undone = [];
    this.done = [];
    this.chosen = 0;
    this.playing = -1;
    this.of = [...this.films.keys()][0];
    this.addEventListener("click", (event) => this.click(event));
    page.addEventListener("keydown", (event) => this.key(event));
    this.video.addEventListener("timeupdate", () => this.follow());
    this.sent = false;
    this.form.addEventListener("submit", () => { this.sent = true; });
    window.addEventListener("beforeunload", (event) => !this.sent && JSON.stringify(this.pieces) !== this.first && event.preventDefault());
    this.draw();
    this.follow();
  }

  get here() { return Math.round((this.video.currentTime * 1000) / SEGMENT); }

  change(pieces, chosen = this.chosen) {
    if (JSON.stringify(pieces) === JSON.stringify(this.pieces)) return this.say(this.texts.nothing);
    this.done.push([this.pieces, this.chosen]);
    this.undone = [];
    return this.set(pieces, chosen);
  }

  set(pieces, chosen) {
    this.pieces = pieces;
    this.chosen = Math.max(0, Math.min(chosen, pieces.length - 1));
    this.draw();
  }

  click(event) {
    const row = event.target.closest("[data-piece]");
    const act = event.target.closest("[data-act]");
    if (act) this.act(act.dataset.act, row ? Number(row.dataset.piece) : this.chosen);
    else if (row) this.choose(Number(row.dataset.piece));
  }

  key(event) {
    if (event.target.closest("input, textarea, select") || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "z") { event.preventDefault(); this.act(event.shiftKey ? "redo" : "undo"); }
    else if (!event.ctrlKey && !event.metaKey) {
      const act = { i: "begin", o: "end", s: "split" }[event.key];
      if (act) this.act(act, this.chosen);
    }
  }

  act(name, number = this.chosen) {
    const pieces = this.pieces.map((piece) => [...piece]);
    const piece = pieces[number];
    const inside = piece && piece[0] === this.of && this.here > piece[1] && this.here < piece[2];
    if (["begin", "end", "split"].includes(name) && !inside) { this.say(this.texts.outside); return; }
    if (name === "begin") { piece[1] = this.here; this.change(pieces, number); }
    if (name === "end") { piece[2] = this.here; this.change(pieces, number); }
    if (name === "split") { pieces.splice(number, 1, [piece[0], piece[1], this.here], [piece[0], this.here, piece[2]]); this.change(pieces, number + 1); }
    if (name === "drop") { pieces.splice(number, 1); if (pieces.length) this.change(pieces, number); else this.say(this.texts.last); }
    if (name === "up" && number > 0) { pieces.splice(number - 1, 0, ...pieces.splice(number, 1)); this.change(pieces, number - 1); }
    if (name === "down" && number < pieces.length - 1) { pieces.splice(number + 1, 0, ...pieces.splice(number, 1)); this.change(pieces, number + 1); }
    if (name === "add") {
      const film = this.films.get(this.querySelector("[name=other]").value);
      if (film) this.change([...pieces, [film.id, 0, film.segments]], pieces.length);
    }
    if (name === "undo") this.back(this.done, this.undone);
    if (name === "redo") this.back(this.undone, this.done);
    if (name === "preview") this.preview(0);
  }

  back(from, to) {
    if (!from.length) return;
    to.push([this.pieces, this.chosen]);
    this.set(...from.pop());
  }

  choose(number) {
    this.chosen = number;
    this.playing = -1;
    this.seek(this.pieces[number]);
    this.draw();
  }

  seek([of, first]) {
    if (of !== this.of) {
      this.of = of;
      this.video.src = this.films.get(of).play;
      this.querySelector("yp-scrub")?.toggleAttribute("hidden", of !== [...this.films.keys()][0]);
    }
    this.video.currentTime = (first * SEGMENT) / 1000;
  }

  preview(number) {
    if (number >= this.pieces.length) { this.playing = -1; this.video.pause(); return; }
    this.playing = number;
    this.chosen = number;
    this.seek(this.pieces[number]);
    this.video.play();
    this.draw();
  }

  follow() {
    const ms = this.video.currentTime * 1000;
    this.querySelector("[data-at]").textContent = fill(this.texts.at, { at: clock(ms), grid: clock(this.here * SEGMENT) });
    if (this.playing >= 0 && ms >= Math.min(this.pieces[this.playing][2] * SEGMENT, this.films.get(this.of).length) - 60) this.preview(this.playing + 1);
  }

  say(text) { this.querySelector("[data-at]").textContent = text; }

  draw() {
    this.form.elements.pieces.value = JSON.stringify(this.pieces);
    const last = this.pieces.length - 1;
    const off = { up: 0, down: last, drop: last === 0 ? 0 : -1 };
    this.list.replaceChildren(...this.pieces.map(([of, first, end], number) => {
      const row = this.row.content.firstElementChild.cloneNode(true);
      const film = this.films.get(of);
      row.dataset.piece = number;
      row.querySelector(".cut-pick").setAttribute("aria-pressed", String(number === this.chosen));
      row.querySelector("strong").textContent = `${clock(first * SEGMENT)} – ${clock(Math.min(end * SEGMENT, film.length))}`;
      row.querySelector("small").textContent = film.name;
      for (const [act, where] of Object.entries(off)) row.querySelector(`[data-act=${act}]`).disabled = number === where;
      return row;
    }));
    const total = this.pieces.reduce((sum, [, first, end]) => sum + (end - first) * SEGMENT, 0);
    this.querySelector("[data-total]").textContent = fill(this.texts.total, { count: this.pieces.length, total: clock(total) });
    this.querySelector("[data-act=undo]").disabled = !this.done.length;
    this.querySelector("[data-act=redo]").disabled = !this.undone.length;
  }
}

customElements.define("yp-cutter", Cutter);
