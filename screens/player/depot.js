// Large files by way of the box: it fetches them when the line may, resumes them over a power cut, and has them on its disk.
// What it hands over is checked here like anything that comes over a line; without such a box the page fetches itself.
import { pause } from "./waiting.js";

const LOOK = 1_000; // ms between two looks
const SMALL = 64 * 1024; // bytes: not worth a detour, and held back by no rule

/** There is no room for it on the box's disk. */
export class Full extends Error {
  code = "hands.full";
}

export class Depot {
  #box;
  #wanted = new Map();
  #looking = false;

  constructor(box) {
    this.#box = box;
  }

  isFor({ size, chunks }) {
    return this.#box.isThere && size > SMALL && chunks?.length > 0;
  }

  /** Rules of the line (or null), this screen's id and the media server: what the box needs to know. */
  async tell({ policy, screen, media }) {
    if (this.#box.isThere) await this.#box.ask("line", { policy, screen, media });
  }

  /** The address of the whole file once it is here; null where no server has it. Throws Full, the signal's reason. */
  async have(file, signal) {
    const { sha256, size, chunks, urgent = false } = file;
    const found = new Promise((resolve, reject) => {
      this.#wanted.set(sha256, { file: { sha256, size, chunks, urgent }, resolve, reject });
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    this.#look();
    return found;
  }

  /** The page has it now. */
  release({ sha256 }) {
    this.#wanted.delete(sha256);
  }

  async #look() {
    if (this.#looking) return;
    this.#looking = true;
    try {
      while (this.#wanted.size > 0) {
        const { files } = await this.#box.ask("media/want", { files: [...this.#wanted.values()].map(({ file }) => file) });
        for (const [name, state] of Object.entries(files)) this.#said(name, state);
        await pause(LOOK);
      }
    } catch (error) {
      for (const { reject } of this.#wanted.values()) reject(error);
      this.#wanted.clear();
    } finally {
      this.#looking = false;
    }
  }

  #said(name, state) {
    const wanted = this.#wanted.get(name);
    if (state === "here") wanted?.resolve(`media/${name}`);
    if (state === "lost") this.#wanted.delete(name) && wanted?.resolve(null);
    if (state === "full") this.#wanted.delete(name) && wanted?.reject(new Full(name));
  }
}
