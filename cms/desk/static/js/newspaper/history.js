// What was drawn, with every step back and forth. A step is the whole list of pages: a few kilobytes, shared where equal.

const MOST = 200;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";

export const newZoneId = () =>
  `b_${Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => ALPHABET[byte % ALPHABET.length]).join("")}`;

export class History {
  #past = [];
  #future = [];
  #merged = "";

  constructor(pages) {
    this.pages = pages;
  }

  get canUndo() { return this.#past.length > 0; }
  get canRedo() { return this.#future.length > 0; }

  /** Puts other pages in place; changes with the same `merge` that follow each other are one step. */
  change(pages, merge = "") {
    if (!merge || merge !== this.#merged) {
      this.#past = [...this.#past.slice(1 - MOST), this.pages];
    }
    this.#merged = merge;
    this.#future = [];
    this.pages = pages;
  }

  /** The next change is a step of its own. */
  settle() { this.#merged = ""; }

  undo() { return this.#step(this.#past, this.#future); }
  redo() { return this.#step(this.#future, this.#past); }

  #step(from, to) {
    if (from.length === 0) return false;
    to.push(this.pages);
    this.pages = from.pop();
    this.#merged = "";
    return true;
  }
}

/** The pages with the zones of one of them changed by `act`; a zone that continues a removed one goes with it. */
export function withZones(pages, page, act) {
  const next = pages.map((one) => (one.id === page ? { ...one, zones: act(one.zones) } : one));
  const firsts = new Set(next.flatMap(({ zones }) => zones).filter((zone) => !zone.of).map(({ id }) => id));
  return next.map((one) => ({ ...one, zones: one.zones.filter((zone) => !zone.of || firsts.has(zone.of)) }));
}

/** One zone with other fields; null takes one out. */
export const withFields = (zone, fields) =>
  Object.fromEntries(Object.entries({ ...zone, ...fields }).filter(([, value]) => value !== null));
