// What helps whoever reads an article of the newspaper: larger type, high contrast, and a voice that reads it aloud.
import { partsToRead } from "./touch/shelf.js";

const SIZES = ["字大些", "字再大些", "字还原"];

/** `changed()` draws the keys anew; `failed(text)` says what could not be done. */
export class Aids {
  #size = 0;
  #isContrast = false;
  #aloud = null; // AbortController of what is being read

  constructor({ root, voice, films, changed }) {
    Object.assign(this, { root, voice, films, changed });
  }

  get isReading() {
    return this.#aloud !== null;
  }

  /** [text, act] of each key for an article; `article` is {content, digest, release}, the last two of a linked piece. */
  keys(article) {
    const able = this.voice?.isAble || this.#narration(article);
    return [
      [SIZES[this.#size], () => this.#set((this.#size + 1) % SIZES.length, this.#isContrast)],
      [this.#isContrast ? "普通对比" : "高对比", () => this.#set(this.#size, !this.#isContrast)],
      ...(able ? [[this.isReading ? "停止朗读" : "朗读", () => this.#aloudOrNot(article)]] : []),
    ];
  }

  quiet() {
    this.#aloud?.abort();
    this.#aloud = null;
  }

  /** The next person begins as everybody does. */
  reset() {
    this.quiet();
    this.#size = 0;
    this.#isContrast = false;
    this.root.classList.remove("is-contrast", "is-large", "is-largest");
  }

  #set(size, isContrast) {
    this.#size = size;
    this.#isContrast = isContrast;
    this.root.classList.toggle("is-large", size === 1);
    this.root.classList.toggle("is-largest", size === 2);
    this.root.classList.toggle("is-contrast", isContrast);
    this.changed();
  }

  #narration({ digest, release }) {
    return digest ? (this.films?.narration?.(digest, release) ?? null) : null;
  }

  async #aloudOrNot(article) {
    if (this.isReading) {
      this.quiet();
      return void this.changed();
    }
    const aloud = new AbortController();
    this.#aloud = aloud;
    this.changed();
    try {
      await this.voice.read(partsToRead(article.content), { narration: this.#narration(article), signal: aloud.signal });
    } catch {
      // Nothing to be heard: the key says 朗读 again, and the words stand there.
    }
    if (this.#aloud !== aloud) return;
    this.#aloud = null;
    this.changed();
  }
}

/** The words of a zone as a piece would have them. */
export const wordsOf = ({ title, text }) => ({ title: title ?? "", body: { blocks: (text ?? []).map((one) => ({ type: "paragraph", text: one })) } });
