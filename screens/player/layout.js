// How the glass is divided: one piece over all of it, a main zone among others, or a tile of a wall.
import { geometryOf } from "./templates/geometry.js";
import { styled } from "./templates/dom.js";
import { wallAround } from "./place.js";

const MAIN = { portrait: 1, landscape: 0.8 }; // the main zone's unit in units of the screen: still read at three metres

export class Layout {
  #root;
  #stage;
  #marks;
  #was = "";

  /** `stage` and `marks` (clock, mark of an old beacon) cover the same ground. */
  constructor(root, stage, marks) {
    this.#root = root;
    this.#stage = stage;
    this.#marks = marks;
  }

  /** Divides the glass as {tile, layout} say; whether anything changed. `hasList`: there is something to list beside. */
  arrange({ tile = null, layout = "full" } = {}, hasList = false) {
    const glass = { width: innerWidth, height: innerHeight };
    const wall = tile ? wallAround(glass, tile) : null;
    const isZoned = !wall && layout === "zones" && hasList;
    const is = JSON.stringify([glass, wall, isZoned]);
    if (is === this.#was) return false;
    this.#was = is;
    const { unit, shape } = geometryOf(wall ?? glass);
    this.#root.style.setProperty("--u", `${unit}px`);
    this.#root.classList.toggle("is-landscape", shape === "landscape");
    this.#root.classList.toggle("has-zones", isZoned);
    for (const element of [this.#stage, this.#marks]) {
      const lengths = Object.entries(wall ?? { left: null, top: null, width: null, height: null });
      styled(element, Object.fromEntries(lengths.map(([name, value]) => [name, value === null ? "" : `${value}px`])));
    }
    this.unit = isZoned ? unit * MAIN[shape] : undefined;
    return true;
  }

  /** What a piece is drawn for: {width, height, unit?} in CSS pixels. */
  get size() {
    const { clientWidth: width, clientHeight: height } = this.#stage;
    return this.unit ? { width, height, unit: this.unit } : { width, height };
  }
}
