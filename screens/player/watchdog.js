// Knows when a frame was last painted; a page that stopped painting while its timers run is loaded again.
//
// It asks for a frame once a second: asking for each would keep a screen on which nothing moves at work.

const LOOK = 5_000; // ms
const ASK = 1_000; // ms
const STUCK = 30_000; // ms without a painted frame

export class Watchdog {
  #paintedAt = 0;
  #paintedWall = 0;

  /** `onStuck` is called once; `report` every few seconds with the wall time (ms) of the last painted frame. */
  constructor({ onStuck, report }) {
    const painted = () => {
      this.#paintedAt = performance.now();
      this.#paintedWall = Date.now();
      setTimeout(() => requestAnimationFrame(painted), ASK);
    };
    painted();
    const timer = setInterval(() => {
      report(this.#paintedWall);
      const isStuck = !document.hidden && performance.now() - this.#paintedAt > STUCK;
      if (!isStuck) return;
      clearInterval(timer);
      onStuck();
    }, LOOK);
  }

  /** Device wall time in ms. */
  get paintedAt() {
    return this.#paintedWall;
  }
}
