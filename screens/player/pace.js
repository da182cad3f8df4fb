// The clock of screens in step: the server's, by NTP's four timestamps, and never far from what a guard has said.
//
//   screen ── tick {sent} ─▶ gateway        offset = ((got − sent) + (left − back)) / 2
//   screen ◀─ tock {sent, got, left} ──     of the latest probes, the one with the shortest way counts
//
// The gateway's word is not signed, so it moves the time only inside what the last beacon leaves open: a beacon is as
// old as the ten seconds between two of them, never from the future. Pure; times in ms.

const KEPT = 8; // probes
const EARLY = 2_000; // ms the server's clock may be behind a guard's
const LATE = 90_000; // ms a guard's beacon may be old
const STEP = 250; // ms: a larger error is set right at once
const SLEW = 0.02; // ms for each ms: a smaller one little by little

export class Pace {
  #probes = [];
  #offset = null;
  #wanted = 0;
  #at = 0;

  /** One probe: `sent` and `back` by the screen's monotonic clock, `got` and `left` by the server's. */
  probed({ sent, got, left, back }) {
    const way = back - sent - (left - got);
    if (!(way >= 0) || !(way < 5_000)) return;
    this.#probes = [...this.#probes.slice(1 - KEPT), { offset: (got - sent + left - back) / 2, way }];
    this.#aim(this.best.offset, back);
  }

  /** A first guess from a message that was on its way for an unknown time; probes outdo it. */
  told(at, back) {
    if (this.#probes.length === 0 && at > 0) this.#aim(at - back, back);
  }

  /** The link ended: what was measured over it says nothing about the next one. */
  lost() {
    this.#probes = [];
  }

  /** {offset, way} of the shortest probe, or null. */
  get best() {
    return this.#probes.reduce((best, one) => (best && best.way <= one.way ? best : one), null);
  }

  /** The server's time at a monotonic instant; the trusted one where it is not known or not believed. */
  time(now, trusted) {
    if (this.#offset === null || trusted === 0) return trusted;
    this.#slewed(now);
    const time = now + this.#offset;
    return time >= trusted - EARLY && time <= trusted + LATE ? time : trusted;
  }

  #aim(offset, now) {
    this.#slewed(now);
    this.#wanted = offset;
    if (this.#offset === null || Math.abs(offset - this.#offset) > STEP) this.#offset = offset;
  }

  #slewed(now) {
    const most = Math.max(0, now - this.#at) * SLEW;
    this.#at = now;
    if (this.#offset !== null) this.#offset += Math.max(-most, Math.min(most, this.#wanted - this.#offset));
  }
}
