// The page under the hand: zones drawn, moved and resized with a pointer or the keyboard, edges drawn to printed text.
import { between, boxOf, handlesOf, isGood, linesOf, moved, outline, pulled, SCALE, snapped } from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";
const STEP = 20;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const make = (name, attributes) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
};
const said = (points) => outline(points).map((point) => point.join()).join(" ");

/**
 * `acts`: select(id), draw(points), change(id, points, merge), settle(), remove(id), undo(), redo(), tool(name), next(step).
 */
export class Sheet {
  tool = "select";
  #drawn = []; // the points of a polygon on its way
  #hold = null;
  #lines = { x: [], y: [] };

  constructor({ labels, acts, readonly }) {
    Object.assign(this, { labels, acts, readonly });
    this.svg = make("svg", { viewBox: `0 0 ${SCALE} ${SCALE}`, preserveAspectRatio: "none" });
    this.image = new Image();
    this.image.alt = "";
    this.image.draggable = false;
    this.box = document.createElement("div");
    this.box.className = "np-paper";
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "application");
    this.box.append(this.image, this.svg);
    this.svg.addEventListener("pointerdown", (event) => this.#down(event));
    this.svg.addEventListener("pointermove", (event) => this.#move(event));
    this.svg.addEventListener("pointerup", (event) => this.#up(event));
    this.svg.addEventListener("dblclick", () => this.#close());
    this.box.addEventListener("keydown", (event) => this.#key(event));
  }

  /** A page, its zones, the chosen one, and the text printed on it. */
  show({ page, zones, chosen, blocks }) {
    this.box.setAttribute("aria-label", page.title);
    if (this.image.dataset.of !== page.id) {
      this.image.dataset.of = page.id;
      this.image.src = page.large;
    }
    this.zones = zones;
    this.chosen = chosen;
    this.#lines = linesOf(blocks);
    this.blocks = blocks;
    this.#draw();
  }

  pick(tool) {
    this.tool = tool;
    this.#drawn = [];
    this.box.dataset.tool = tool;
    this.#draw();
  }

  #draw(preview = null) {
    if (!this.zones) return;
    const parts = this.blocks.map(([left, top, right, bottom]) =>
      make("rect", { x: left, y: top, width: right - left, height: bottom - top, class: "np-text" }));
    for (const [at, zone] of this.zones.entries()) {
      const kind = zone.of ? "is-more" : zone.document ? "is-link" : zone.text ? "is-words" : "is-empty";
      const shape = make("polygon", { points: said(zone.points), class: `np-zone ${kind}${zone.check ? " is-check" : ""}${zone.id === this.chosen ? " is-chosen" : ""}`, "data-zone": zone.id });
      shape.append(Object.assign(make("title", {}), { textContent: `${at + 1} ${zone.title ?? ""}` }));
      parts.push(shape);
    }
    if (preview) parts.push(make("polygon", { points: said(preview), class: "np-zone is-new" }));
    if (this.#drawn.length > 0) parts.push(make("polyline", { points: this.#drawn.map((point) => point.join()).join(" "), class: "np-zone is-new" }));
    const chosen = this.zones.find(({ id }) => id === this.chosen);
    this.svg.replaceChildren(...parts);
    this.#handles(chosen && !this.readonly && this.tool === "select" ? handlesOf(chosen.points) : []);
  }

  /** Handles keep their size whatever the page's is. */
  #handles(handles) {
    for (const old of this.box.querySelectorAll(".np-handle")) old.remove();
    for (const { name, x, y } of handles) {
      const dot = document.createElement("i");
      dot.className = "np-handle";
      dot.dataset.handle = name;
      dot.style.setProperty("left", `${(x / SCALE) * 100}%`);
      dot.style.setProperty("top", `${(y / SCALE) * 100}%`);
      dot.addEventListener("pointerdown", (event) => this.#grip(event, name));
      dot.addEventListener("pointermove", (event) => this.#move(event));
      dot.addEventListener("pointerup", (event) => this.#up(event));
      this.box.append(dot);
    }
  }

  #place({ clientX, clientY, altKey }, isFree = false) {
    const { left, top, width, height } = this.box.getBoundingClientRect();
    const place = [((clientX - left) / width) * SCALE, ((clientY - top) / height) * SCALE];
    return altKey || isFree ? place.map((value) => Math.max(0, Math.min(SCALE, Math.round(value)))) : snapped(place, this.#lines);
  }

  #grip(event, name) {
    event.preventDefault();
    event.stopPropagation();
    event.target.setPointerCapture(event.pointerId);
    this.box.focus({ preventScroll: true });
    const { points } = this.zones.find(({ id }) => id === this.chosen);
    this.#hold = { what: "handle", name, points };
  }

  #down(event) {
    this.box.focus({ preventScroll: true });
    if (event.button !== 0) return;
    const zone = event.target.dataset?.zone;
    if (this.readonly || this.tool === "select") {
      this.acts.select(zone ?? "");
      if (!zone || this.readonly) return;
      this.svg.setPointerCapture(event.pointerId);
      const { points } = this.zones.find(({ id }) => id === zone);
      this.#hold = { what: "zone", id: zone, points, from: this.#place(event, true) };
    } else if (this.tool === "rectangle") {
      this.svg.setPointerCapture(event.pointerId);
      this.#hold = { what: "rectangle", from: this.#place(event) };
    } else {
      const point = this.#place(event);
      const [first] = this.#drawn;
      if (this.#drawn.length >= 3 && Math.hypot(point[0] - first[0], point[1] - first[1]) < 150) this.#close();
      else this.#drawn = [...this.#drawn, point];
      this.#draw();
    }
  }

  #move(event) {
    const hold = this.#hold;
    if (!hold) return;
    if (hold.what === "rectangle") this.#draw(between(hold.from, this.#place(event)));
    if (hold.what === "zone") {
      const [x, y] = this.#place(event, true);
      this.acts.change(hold.id, moved(hold.points, x - hold.from[0], y - hold.from[1]), `move ${hold.id}`);
    }
    if (hold.what === "handle") {
      const next = pulled(hold.points, hold.name, ...this.#place(event));
      if (next) this.#pull(next);
    }
  }

  /** The handle under the pointer must live on while it is held, so only the shape is drawn anew. */
  #pull(points) {
    this.#hold.last = points;
    this.svg.querySelector(`[data-zone="${this.chosen}"]`)?.setAttribute("points", said(points));
    for (const { name, x, y } of handlesOf(points)) {
      const dot = this.box.querySelector(`[data-handle="${name}"]`);
      dot?.style.setProperty("left", `${(x / SCALE) * 100}%`);
      dot?.style.setProperty("top", `${(y / SCALE) * 100}%`);
    }
  }

  #up(event) {
    const hold = this.#hold;
    this.#hold = null;
    if (!hold) return;
    if (hold.what === "rectangle") {
      const points = between(hold.from, this.#place(event));
      if (isGood(points)) this.acts.draw(points);
      else this.#draw();
    }
    if (hold.what === "handle" && hold.last) this.acts.change(this.chosen, hold.last);
    this.acts.settle();
  }

  #close() {
    const points = this.#drawn.filter((point, at, all) => at === 0 || point.join() !== all[at - 1].join());
    if (this.tool !== "polygon" || points.length < 3) return;
    this.#drawn = [];
    if (isGood(points)) this.acts.draw(points);
    else this.acts.refuse();
    this.#draw();
  }

  #key(event) {
    const { key, shiftKey, altKey } = event;
    const command = event.ctrlKey || event.metaKey;
    const chosen = this.zones?.find(({ id }) => id === this.chosen);
    const done = () => event.preventDefault();
    if (command && key.toLowerCase() === "z") return done(), shiftKey ? this.acts.redo() : this.acts.undo();
    if (command && key.toLowerCase() === "y") return done(), this.acts.redo();
    if (command) return undefined;
    if (key === "Escape") return this.pick("select"), this.acts.tool("select");
    if (key === "Enter" && this.tool === "polygon") return done(), this.#close();
    if (key === "Enter" && chosen) return done(), this.acts.describe();
    if (["[", "]"].includes(key)) return done(), this.acts.next(key === "]" ? 1 : -1);
    const tool = { v: "select", r: "rectangle", p: "polygon" }[key.toLowerCase()];
    if (tool && !this.readonly) return this.acts.tool(tool);
    if (!chosen || this.readonly) return undefined;
    if (key === "Delete" || key === "Backspace") return done(), this.acts.remove(chosen.id);
    const way = ARROWS[key];
    if (!way) return undefined;
    done();
    const by = way.map((value) => value * (shiftKey ? STEP * 5 : STEP));
    const { right, bottom } = boxOf(chosen.points);
    const next = altKey ? pulled(chosen.points, "se", right + by[0], bottom + by[1]) : moved(chosen.points, ...by);
    return next && this.acts.change(chosen.id, next, `${altKey ? "size" : "arrow"} ${chosen.id}`);
  }
}
