// Large files by way of the box: it fetches them when the line may, resumes them over a power cut, and has them on its disk.
// What it hands over is checked here like anything that comes over a line; without such a box the page fetches itself.
import { pause } from "./waiting.js";

const LOOK = 1_000; // ms between two looks
const AGAIN = 5_000; // ms until a box that does not answer is asked again
const UNRULED = 10_000; // ms after a welcome in which a server that has rules tells them
const SMALL = 64 * 1024; // bytes: not worth a detour, and held back by no rule

/** There is no room for it on the box's disk. */
export class Full extends Error {
  code = "hands.full";
}

export class Depot {
  #box;
  #wanted = new Map();
  #looking = false;
  #wake = () => {};
  #looked = 0;
  #isRuled = false;
  #unruled = 0;

  constructor(box) {
    this.#box = box;
  }

  /** Whether it goes by way of the box; one that was not there at the start is looked for again. */
  async isFor({ size, chunks }) {
    if (!(size > SMALL && chunks?.length > 0)) return false;
    if (!this.#box.isThere && performance.now() - this.#looked > AGAIN) {
      this.#looked = performance.now();
      await this.#box.look();
    }
    return this.#box.isThere;
  }

  /** This screen's id and the media server. Rules told before hold on, unless none are told within ten seconds. */
  async welcomed({ screen, media }) {
    clearTimeout(this.#unruled);
    this.#unruled = setTimeout(() => this.ruled(null), UNRULED);
    await this.#tell({ screen, media });
  }

  /** The rules of the line, or null for none. */
  async ruled(policy) {
    clearTimeout(this.#unruled);
    this.#isRuled = policy !== null && (policy.windows.length > 0 || policy.budget !== null);
    await this.#tell({ policy });
  }

  async #tell(told) {
    if (this.#box.isThere) await this.#box.ask("line", told).catch(() => {});
  }

  /**
   * The address of the whole file once it is here; null where no server has it. `held` is called when the rules of the line
   * keep it waiting. Throws Full, the signal's reason.
   */
  async have(file, signal, held) {
    signal.throwIfAborted();
    const { sha256, size, chunks, urgent = false } = file;
    const found = new Promise((resolve, reject) => {
      this.#wanted.set(sha256, { file: { sha256, size, chunks, urgent }, resolve, reject, held });
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    this.#wake();
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
    while (this.#wanted.size > 0) {
      try {
        const { files } = await this.#box.ask("media/want", { files: [...this.#wanted.values()].map(({ file }) => file) });
        for (const [name, state] of Object.entries(files)) this.#said(name, state);
        await this.#pause(LOOK);
      } catch (error) {
        // A box that is away for a moment is no leave to use the line at any hour.
        if (this.#isRuled) await this.#pause(AGAIN);
        this.#giveUp(error);
      }
    }
    this.#looking = false;
  }

  #giveUp(error) {
    for (const [name, { file, reject }] of this.#wanted) {
      if (this.#isRuled && !file.urgent) continue;
      this.#wanted.delete(name);
      reject(error);
    }
  }

  /** Until then, or until something else is wanted. */
  #pause(ms) {
    return Promise.race([pause(ms), new Promise((resolve) => (this.#wake = resolve))]);
  }

  #said(name, state) {
    const wanted = this.#wanted.get(name);
    if (state === "held") wanted?.held?.();
    if (state === "here") wanted?.resolve(`media/${name}`);
    if (state === "lost") this.#wanted.delete(name) && wanted?.resolve(null);
    if (state === "full") this.#wanted.delete(name) && wanted?.reject(new Full(name));
  }
}
