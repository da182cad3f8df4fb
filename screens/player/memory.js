// The trust state on disk: written before it is used, read again and checked again after a start.
import { restarted, trustedTime } from "./trust/viewer.js";
import { awayFor } from "./clock.js";

const SLOW = ["root", "screen", "key", "audience", "delegations", "delegations_file", "recalls", "facts", "manifest"];

const sameReleases = (one, two) =>
  one.size === two.size && [...one].every(([name, held]) => two.get(name) === held);
const sameSlowly = (one, two) => SLOW.every((name) => one[name] === two[name]) && sameReleases(one.releases, two.releases);

/** The state that changes rarely, and beside it what each beacon changes: a flash disk lives longer so. */
export class Memory {
  #store;
  #written = null;
  #beacon = null;

  constructor(store) {
    this.#store = store;
  }

  /** {state, shown, away}: `away` is how long the box was off (ms), as far as its clock can be believed. */
  async load(now) {
    const [trust, pulse, shown] = await Promise.all(["trust", "pulse", "shown"].map((key) => this.#store.read(key)));
    if (!trust) return { state: null, shown: null, away: 0 };
    const { wall, ...seen } = pulse ?? { wall: 0 };
    this.#written = trust;
    this.#beacon = seen.beacon ?? null;
    return { state: restarted({ ...trust, ...seen }, now), shown: shown ?? null, away: awayFor(wall, Date.now()) };
  }

  /** Resolves when `state` (and `shown`, if given) is on disk; what is there already is not written again. */
  async keep(state, now, shown = null) {
    const { beacon, seqs } = state;
    const isNew = this.#written === null || !sameSlowly(state, this.#written);
    if (!isNew && !shown && beacon === this.#beacon) return;
    const values = { pulse: { beacon, seqs, time_at: trustedTime(state, now), wall: Date.now() } };
    if (isNew) values.trust = state;
    if (shown) values.shown = shown;
    await this.#store.write(values);
    this.#beacon = beacon;
    if (isNew) this.#written = state;
  }
}
