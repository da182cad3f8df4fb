// Asks the gateway for its time while the screen is in step with others; alone it needs no more than the welcome says.
import { pause } from "./waiting.js";

const BURST = 5; // probes at once after a welcome
const GAP = 250; // ms between them: inside what a screen may say
const EVERY = 10_000; // ms

export class Probing {
  #pace;
  #send;
  #round = null;

  /** `send(message)`: whether the link took it. */
  constructor(pace, send) {
    this.#pace = pace;
    this.#send = send;
  }

  /** A link is up: `at` is what the server's clock said when it wrote, `arrived` our monotonic clock. */
  begin({ at, arrived }, isWanted) {
    this.#pace.told(at, arrived);
    this.stop();
    this.#round = new AbortController();
    this.#asks(isWanted, this.#round.signal).catch(() => {});
  }

  stop() {
    this.#round?.abort();
    this.#pace.lost();
  }

  heard({ sent, got, left, arrived }) {
    this.#pace.probed({ sent: sent / 1000, got: got / 1000, left: left / 1000, back: arrived });
  }

  async #asks(isWanted, signal) {
    for (let asked = 0; ; ) {
      const isAsked = isWanted() && this.#send({ t: "tick", sent: Math.round(performance.now() * 1000) });
      if (isAsked) asked += 1;
      await pause(asked < BURST ? (isAsked ? GAP : 1_000) : EVERY, signal);
    }
  }
}
