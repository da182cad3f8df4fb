// Proof of play: what stood on the glass, as rows that are only ever appended. Each row's hash takes in the one before
// (docs/formats.md §6), so nothing can be left out or slipped in later; rows stay on the disk until the server has them.
import { sha256 } from "./trust/crypto.js";
import { utf8 } from "./trust/canonical.js";
import { Line, pause, spread } from "./waiting.js";

const NAME = "yunping-proof"; // a database of its own: the player's state must never wait for it
const LOOK = 500; // ms between looks at what stands there
const LONGEST = 300_000; // ms: a piece that stands for hours becomes several rows, or a power cut would take them all
const LEAST = 500; // ms: what flashed by was not shown
const BATCH = 480; // rows of a message
const RELEASES = 100; // of different pieces in one
const MOST = 200_000; // rows on the disk: four months without a server
const EVERY = 20 * 60_000; // ms between messages
const SOON = 45_000; // ms within which a link that is back sends what has gathered
const PATIENCE = 90_000; // ms a batch may stay without an answer
const GENESIS = "0".repeat(64);

export const hashOf = (prev, { seq, release, start, ms }) =>
  sha256(utf8(`yunping/proof/1\n${prev}\n${seq}\n${release}\n${start}\n${ms}`));

/** Consecutive rows as the message that sends them; `prev` is the hash of the row before the first. */
export function messageOf(chain, prev, rows) {
  const releases = [];
  const taken = [];
  for (const row of rows.slice(0, BATCH)) {
    let place = releases.indexOf(row.release);
    if (place < 0) {
      if (releases.length === RELEASES) break;
      place = releases.push(row.release) - 1;
    }
    taken.push([place, row.start, row.ms]);
  }
  const last = rows[taken.length - 1];
  return { t: "proof", chain, first: rows[0].seq, prev, head: last.hash, releases, rows: taken };
}

const isWhole = ({ start, ms }) => Number.isInteger(start) && Number.isInteger(ms);
const whole = ({ release, start, ms }) => ({ release, start: Math.floor(start), ms: Math.floor(start + ms) - Math.floor(start) });

const newChain = () =>
  btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16)))).replaceAll("+", "-").replaceAll("/", "_").slice(0, 22);

const asked = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export class Proof {
  #db = null;
  #meta = null;
  #line = new Line();
  #standing = null;
  #sentAt = 0;
  #dueAt = 0;

  /** `time()` is the trusted time or 0, `showing()` the release on the glass or null, `send(message)` says if it went. */
  constructor({ time, showing, send }) {
    Object.assign(this, { time, showing, send });
  }

  async open(name = NAME) {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("rows", { keyPath: "seq" });
      request.result.createObjectStore("meta");
    };
    this.#db = await asked(request);
    this.#meta = (await asked(this.#db.transaction("meta").objectStore("meta").get("chain"))) ?? {
      chain: newChain(),
      head: { seq: 0, hash: GENESIS },
      proved: { seq: 0, hash: GENESIS },
      until: 0,
    };
  }

  /** Looks and sends until `signal` ends; trouble with the disk must not stop the screen. */
  async run(signal) {
    for (;;) {
      await pause(LOOK, signal);
      await this.look().catch(() => {});
      if (Date.now() >= this.#dueAt) await this.flush().catch(() => {});
    }
  }

  /** The link is back: what has gathered goes out soon, and not at the moment everybody else is back. */
  linked() {
    this.#sentAt = 0;
    this.#dueAt = Date.now() + spread(SOON);
  }

  /** Notes what stands on the glass; a row is written when it changes or has stood long. */
  async look() {
    const at = Math.floor(this.time()); // rows are whole milliseconds: a server takes no others
    const release = this.showing();
    const was = this.#standing;
    if (was && (was.release !== release || at - was.start >= LONGEST || at < was.start)) {
      this.#standing = null;
      if (at - was.start >= LEAST) await this.append(was.release, was.start, at - was.start);
    }
    // Without trusted time nobody could say when it was.
    if (!this.#standing && release && at > 0) this.#standing = { release, start: Math.max(at, Math.ceil(this.#meta.until)) };
  }

  /** One row more, on the disk before it counts. */
  append(release, start, ms) {
    return this.#line.run(async () => {
      const { head, proved } = this.#meta;
      if (head.seq - proved.seq >= MOST) return;
      const row = { seq: head.seq + 1, release, start, ms };
      row.hash = await hashOf(head.hash, row);
      const meta = { ...this.#meta, head: { seq: row.seq, hash: row.hash }, until: Math.max(this.#meta.until, start + ms) };
      await this.#write((rows) => rows.add(row), meta);
    });
  }

  /** Sends the oldest rows that are not proved, unless an answer is still awaited. */
  async flush() {
    const { chain, head, proved } = this.#meta;
    const isWaiting = this.#sentAt > 0 && Date.now() - this.#sentAt < PATIENCE;
    if (isWaiting || head.seq === proved.seq) return;
    const range = IDBKeyRange.bound(proved.seq + 1, proved.seq + BATCH);
    const rows = await asked(this.#db.transaction("rows").objectStore("rows").getAll(range));
    // Players until 1.0.0 noted fractions: such a chain would end the connection each time it is sent.
    if (!rows.every(isWhole)) return this.#line.run(() => this.#chainAnew());
    if (rows.length > 0 && this.send(messageOf(chain, proved.hash, rows))) this.#sentAt = Date.now();
  }

  /** The server keeps rows up to `upto`, or has no use for this chain (0): what is left begins another. */
  proved({ chain, upto }) {
    return this.#line.run(async () => {
      if (chain !== this.#meta.chain) return;
      this.#sentAt = 0;
      if (upto === 0) await this.#chainAnew();
      else if (upto > this.#meta.proved.seq && upto <= this.#meta.head.seq) await this.#forget(upto);
      const isMore = this.#meta.head.seq - this.#meta.proved.seq >= BATCH;
      this.#dueAt = Date.now() + (isMore ? spread(2_000) : spread(EVERY));
    });
  }

  async #forget(upto) {
    const last = await asked(this.#db.transaction("rows").objectStore("rows").get(upto));
    if (!last) return;
    const meta = { ...this.#meta, proved: { seq: upto, hash: last.hash } };
    await this.#write((rows) => rows.delete(IDBKeyRange.upperBound(upto)), meta);
  }

  async #chainAnew() {
    const left = await asked(this.#db.transaction("rows").objectStore("rows").getAll());
    const made = [];
    let hash = GENESIS;
    for (const { release, start, ms } of left.map(whole)) {
      const row = { seq: made.length + 1, release, start, ms };
      row.hash = hash = await hashOf(hash, row);
      made.push(row);
    }
    const head = { seq: made.length, hash };
    const meta = { ...this.#meta, chain: newChain(), head, proved: { seq: 0, hash: GENESIS } };
    await this.#write((rows) => {
      rows.clear();
      made.forEach((row) => rows.add(row));
    }, meta);
  }

  #write(work, meta) {
    return new Promise((resolve, reject) => {
      const transaction = this.#db.transaction(["rows", "meta"], "readwrite", { durability: "strict" });
      transaction.oncomplete = () => {
        this.#meta = meta;
        resolve();
      };
      transaction.onabort = () => reject(transaction.error);
      work(transaction.objectStore("rows"));
      transaction.objectStore("meta").put(meta, "chain");
    });
  }
}
