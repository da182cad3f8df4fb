// The pictures of a list: each from the disk, checked against what was signed, before it is drawn; words stand without.
import { Pictures, coverOf } from "../drawing.js";

const MOST = 24; // pictures of a list: more pieces than that are looked for, not looked through

export class Covers {
  #store;
  #pictures = null;

  constructor(store) {
    this.#store = store;
  }

  /** Fills the places of a list; `release(digest)` is asked again for each, so what was recalled meanwhile gets none. */
  async fill(list, release) {
    this.dispose();
    const pictures = new Pictures(this.#store);
    this.#pictures = pictures;
    for (const place of [...list.querySelectorAll("[data-piece]")].slice(0, MOST)) {
      const image = await this.#drawn(pictures, release(place.dataset.piece));
      if (pictures !== this.#pictures) return pictures.dispose();
      if (image) place.append(image);
      else place.remove();
    }
  }

  dispose() {
    this.#pictures?.dispose();
    this.#pictures = null;
  }

  async #drawn(pictures, release) {
    const file = release && coverOf(release);
    try {
      return file ? Object.assign(new Image(), { src: (await pictures.one(file)).url, alt: "", decoding: "async" }) : null;
    } catch {
      return null; // not here yet, or not what was signed: whoever opens the piece has it mended
    }
  }
}
