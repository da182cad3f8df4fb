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
  #fed = null;

  constructor(store) {
    this.#store = store;
  }

  /** {state, shown, away}: `away` is how long the box was off (ms), as far as its clock can be believed. */
  async load(now) {
    const keys = ["trust", "pulse", "shown", "fed"];
    const [trust, pulse, shown, fed] = await Promise.all(keys.map((key) => this.#store.read(key)));
    if (!trust) return { state: null, shown: null, away: 0 };
    const { wall, ...seen } = pulse ?? { wall: 0 };
    this.#written = trust;
    this.#beacon = seen.beacon ?? null;
    this.#fed = fed ?? null;
    return { state: restarted({ ...trust, ...seen, feeds: fed ?? trust.feeds ?? new Map() }, now), shown: shown ?? null, away: awayFor(wall, Date.now()) };
  }

  /** Resolves when `state` (and `shown`, if given) is on disk; what is there already is not written again. */
  async keep(state, now, shown = null) {
    const { beacon, seqs } = state;
    const isNew = this.#written === null || !sameSlowly(state, this.#written);
    const isFed = state.feeds !== this.#fed; // by itself: values come every minute, what they are checked by does not
    if (!isNew && !shown && !isFed && beacon === this.#beacon) return;
    const values = { pulse: { beacon, seqs, time_at: trustedTime(state, now), wall: Date.now() } };
    if (isNew) values.trust = state;
    if (isFed) values.fed = state.feeds;
    if (shown) values.shown = shown;
    await this.#store.write(values);
    this.#beacon = beacon;
    this.#fed = state.feeds;
    if (isNew) this.#written = state;
  }
}
