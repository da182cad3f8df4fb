// One piece made ready: its pictures from the disk, its pages, its film; given back when nothing draws it any more.
import { contentOf, Pictures } from "./drawing.js";
import { renderFrames } from "./templates/frame.js";

export class Made {
  #pictures;
  #holds = 1;

  constructor(digest, frames, film, size, pictures) {
    Object.assign(this, { digest, frames, film, size });
    this.#pictures = pictures;
  }

  /** One more layer draws it; the function given back says when that one is gone. */
  hold() {
    this.#holds += 1;
    return () => this.release();
  }

  /** Whoever made it needs it no longer. */
  release() {
    this.#holds -= 1;
    if (this.#holds === 0) this.#pictures.dispose();
  }
}

/** Throws TrustError trust.hash for a file that is not what was signed any more. */
export async function make(digest, release, { store, films, size }) {
  const pictures = new Pictures(store);
  try {
    const frames = renderFrames(contentOf(release), await pictures.of(release), size);
    return new Made(digest, frames, films.of(digest, release), size, pictures);
  } catch (error) {
    pictures.dispose();
    throw error;
  }
}
