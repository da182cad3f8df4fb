// Knows when a frame was last painted; a page that stopped painting while its timers run is loaded again.
//
// It asks for a frame once a second: asking for each would keep a screen on which nothing moves at work. What counts is
// how often it looked in vain, not the clock: a box that slept or was held up for a minute had no chance to paint.

const LOOK = 5_000; // ms
const ASK = 1_000; // ms
const STUCK = 6; // looks in a row without a painted frame

export class Watchdog {
  #isPainted = false; // since the last look
  #paintedWall = 0;

  /** `onStuck` is called once; `report` every few seconds with the wall time (ms) of the last painted frame. */
  constructor({ onStuck, report }) {
    const painted = () => {
      this.#isPainted = true;
      this.#paintedWall = Date.now();
      setTimeout(() => requestAnimationFrame(painted), ASK);
    };
    painted();
    let vain = 0;
    const timer = setInterval(() => {
      report(this.#paintedWall);
      vain = this.#isPainted || document.hidden ? 0 : vain + 1;
      this.#isPainted = false;
      if (vain <= STUCK) return;
      clearInterval(timer);
      onStuck();
    }, LOOK);
  }

  /** Device wall time in ms. */
  get paintedAt() {
    return this.#paintedWall;
  }
}
