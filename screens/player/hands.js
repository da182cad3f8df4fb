// Orders: verified here, written down, then done here or handed to the box, which verifies them once more.
//
//   order ─▶ signature, screen, time, number ─▶ disk ─▶ page (reload, cache) or box (all else) ─▶ disk ─▶ done
//
// How an order ended is kept and told until the server has it: a page that reloads itself answers after the reload.
import { codeOf } from "./trust/errors.js";
import { ended, heed, newLedger, verifyOrder } from "./trust/order.js";
import { readSigned } from "./trust/signed.js";
import { Line, pause } from "./waiting.js";

const BOX_WAIT = 90_000; // ms a box may take: a large picture over a thin line
const ROOTS = 16; // newest roots kept for a box that missed one; more would not fit beside an order
const LOOK = 3_000; // ms between two looks at what the box is still busy with
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The box's own door on the loopback; a page without such a box has no hands but its own. */
export class Box {
  can = [];
  isThere = false;

  async ask(path, body) {
    const post = { method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json" } };
    const answer = await fetch(path, { ...(body ? post : {}), signal: AbortSignal.timeout(BOX_WAIT), cache: "no-store" });
    if (!answer.ok) throw new Error(`box ${answer.status}`);
    return answer.status === 204 ? null : answer.json();
  }

  /** What the box can do, asked at start and before every hello. */
  async look() {
    try {
      const facts = await this.ask("hands");
      Object.assign(this, { can: facts.can ?? [], isThere: true });
      return facts;
    } catch {
      return null;
    }
  }
}

export class Hands {
  #ledger = newLedger();
  #untold = new Map();
  #busy = new Set();
  #changes = new Line(); // of the ledger: each is made of what the one before it left
  #line = new Line();
  #beacon = null;
  #at = null; // the server's time at this page's start
  #roots = [];

  /** `send(message)` says whether it could be handed over; `clear()` empties the page's cache; `reload()`. */
  constructor({ box, store, player, identity, version, send, clear, reload }) {
    Object.assign(this, { box, store, player, identity, version, send, clear, reload });
  }

  async open() {
    this.#ledger = (await this.store.read("orders")) ?? newLedger();
    for (const [order, end] of Object.entries(this.#ledger.ends)) if (!end.told) this.#untold.set(order, end);
    this.#roots = (await this.store.read("roots")) ?? [];
    await this.box.look();
    this.#believe();
  }

  /** For `hello`: one word for each action. */
  get caps() {
    const can = this.box.isThere ? new Set([...this.box.can, "reload", "cache"]) : new Set(["reload", "cache"]);
    return Object.fromEntries([...can].sort().map((action) => [`do_${action}`, true]));
  }

  /** What a guard signed last, for the box's clock. */
  heard({ beacon }) {
    this.#beacon = beacon;
  }

  /** Roots this screen has come to believe: the box walks the same chain, also if it was not there at the time. */
  async rooted(roots) {
    this.#roots = [...this.#roots, ...roots].slice(-ROOTS);
    this.#believe();
    await this.store.write({ roots: this.#roots }).catch(() => {});
  }

  #believe() {
    if (this.box.isThere && this.#roots.length > 0) this.box.ask("believe", { roots: this.#roots }).catch(() => {});
  }

  get beacon() {
    return this.#beacon;
  }

  /** The server's time where no guard has told one yet; and what was not told before the link broke. */
  welcomed({ at }) {
    this.#at = at - performance.now();
    for (const [order, end] of this.#untold) this.#tell(order, end);
  }

  /** What time it is by the server's word at the last welcome; 0 before. */
  #said() {
    return this.#at === null ? 0 : Math.round(this.#at + performance.now());
  }

  /** Done one after the other, beside whatever else comes over the link. */
  take({ order }) {
    return this.#line.run(() => this.#heed(order)).catch(() => {});
  }

  async #heed(wire) {
    let name = idOf(wire);
    try {
      const order = await verifyOrder(readSigned(wire), this.player.root);
      name = order.value.order;
      const known = this.#ledger.ends[name];
      if (known) return this.#tell(name, known);
      if (this.#busy.has(name)) return;
      // begun by the page before this one, and given again because it is not ended
      if (this.#ledger.open.includes(name)) return void this.#say(name, { state: "received" });
      const now = this.player.time() || this.#said();
      await this.#keep((ledger) => heed(ledger, order, { screen: this.identity.screen, now }));
      this.#busy.add(name);
      this.#say(name, { state: "received" });
      await this.#do(order.value, wire);
    } catch (error) {
      if (name) this.#say(name, { state: "refused", code: codeOf(error) });
    }
  }

  async #do(order, wire) {
    if (order.action === "reload") {
      await this.#end(order.order, { state: "done" });
      return this.reload();
    }
    if (order.action === "cache") {
      await this.clear();
      if (!this.box.can.includes("cache")) return this.#end(order.order, { state: "done" });
    }
    const end = await this.#box(wire);
    if (end.state !== "received") return this.#end(order.order, end);
    this.reload(); // a new player is on trial: this page makes room for it
  }

  async #box(order) {
    const screen = this.player.facts;
    const told = { order, screen, beacon: this.#beacon, roots: this.#roots, at: this.#said(), player: this.version };
    try {
      return await this.box.ask("order", told);
    } catch {
      return { state: "failed", code: "hands.no_limb" };
    }
  }

  /** How the box's longer work ended, also what it ended while this page was loaded again. */
  async follow(signal) {
    for (;;) {
      await pause(LOOK, signal);
      const { open } = this.#ledger; // of before the look: what is begun meanwhile is nobody's leftover
      if (open.length === 0) continue;
      const facts = await this.box.look();
      for (const name of open) {
        const end = facts?.ends?.[name];
        if (end) await this.#end(name, end);
        else if (!this.#busy.has(name) && !facts?.trial) await this.#end(name, { state: "failed", code: "hands.broken" });
      }
    }
  }

  async #end(name, end) {
    const isFirst = await this.#keep((ledger) => (ledger.ends[name] ? ledger : ended(ledger, name, end)))
      .finally(() => this.#busy.delete(name)); // not sooner: it would look like one that was left undone
    if (!isFirst) return;
    this.#untold.set(name, end);
    this.#tell(name, end);
  }

  #tell(name, { state, code, value }) {
    if (!this.#say(name, { state, code, value })) return;
    this.#untold.delete(name);
    const told = (ledger) => {
      const end = ledger.ends[name];
      return end ? ended(ledger, name, { ...end, told: true }) : ledger;
    };
    this.#keep(told).catch(() => {});
  }

  #say(order, { state, code, value }) {
    const more = { ...(code ? { code } : {}), ...(Number.isSafeInteger(value) ? { value } : {}) };
    return this.send({ t: "done", order, state, at: Date.now(), ...more });
  }

  /** Whether the change made another ledger, which is then in the store. */
  #keep(change) {
    return this.#changes.run(async () => {
      const ledger = change(this.#ledger);
      if (ledger === this.#ledger) return false;
      await this.store.write({ orders: ledger });
      this.#ledger = ledger;
      return true;
    });
  }
}

/** The id an order claims, to refuse it by name; nothing else of it is believed. */
function idOf(wire) {
  try {
    const { order } = JSON.parse(wire.text);
    return UUID.test(order) ? order : null;
  } catch {
    return null;
  }
}
