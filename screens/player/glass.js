// What stands on the glass: layers, the next made ready unseen, then a short cross-fade at a stated instant.
//
// A layer that is being made ready lies over the one that stands and is wholly transparent; the one that stands stays
// wholly opaque until the new one is. So every frame the browser paints has a finished piece in it.
import { el, styled } from "./templates/dom.js";

const FADE = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 600; // ms
const FRAME = 17; // ms
const SOON = 45; // ms: from here on every frame is looked at
const MOST = 60; // frames a fade may be late
const COVERED = 200; // ms: a covered window gets no animation frames

export const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const framed = () =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, COVERED);
    requestAnimationFrame(() => (clearTimeout(timer), resolve()));
  });

const painted = async () => {
  await framed();
  await framed();
};

/** Until a layer is wholly opaque: a fade ends with its frames, not with our timer. */
async function solid(layer) {
  for (let frames = 0; frames < MOST && Number(getComputedStyle(layer).opacity) < 1; frames += 1) await framed();
}

/** Until the frame nearest to an instant of `clock` (ms). */
async function atInstant(at, clock) {
  for (;;) {
    const left = at - clock();
    if (left <= FRAME / 2) return;
    await (left > SOON ? after(left - SOON + 5) : framed());
  }
}

export class Glass {
  swaps = 0;
  #stage;
  #clock;
  #layer = null;
  #film = null;
  #gone = () => {};

  /** `clock()`: the absolute time (ms) by which instants are given. */
  constructor(stage, clock) {
    this.#stage = stage;
    this.#clock = clock;
  }

  get element() {
    return this.#stage;
  }

  get film() {
    return this.#film;
  }

  /** The layer that stands, or null. */
  get layer() {
    return this.#layer;
  }

  get size() {
    return { width: this.#stage.clientWidth, height: this.#stage.clientHeight };
  }

  /** A layer with `drawn` in it, decoded and painted once, unseen. */
  async ready(drawn) {
    const layer = el("div", "layer", drawn);
    this.#stage.append(layer);
    try {
      await Promise.all([...layer.querySelectorAll("img")].map((image) => image.decode()));
      await painted();
    } catch (error) {
      layer.remove();
      throw error;
    }
    return layer;
  }

  /**
   * Puts a ready layer up at the frame nearest to `at` (0: now); done when the one before is gone. `gone` is called when
   * this one leaves in its turn. `seen` runs in the frame of the change.
   */
  async show(layer, { facts, film = null, at = 0, gone = () => {}, seen = () => {} }) {
    if (at > 0) await atInstant(at, this.#clock);
    const [old, oldFilm, oldGone] = [this.#layer, this.#film, this.#gone];
    [this.#layer, this.#film, this.#gone] = [layer, film, gone];
    oldFilm?.pause();
    const { dataset } = this.#stage;
    for (const name of ["release", "page", "pages", "code", "film", "drift"]) delete dataset[name];
    styled(layer, { "z-index": String((this.swaps += 1)), "--fade": `${old ? FADE : 0}ms` });
    layer.classList.add("is-shown");
    Object.assign(dataset, facts, { swaps: String(this.swaps), late: String(at > 0 ? Math.round(this.#clock() - at) : 0) });
    seen();
    await film?.play();
    if (old) await after(FADE);
    await solid(layer);
    await painted();
    old?.remove();
    oldFilm?.dispose();
    oldGone();
  }

  /** A ready layer that will not be shown. */
  drop(layer) {
    if (layer !== this.#layer) layer.remove();
  }
}
