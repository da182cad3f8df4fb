// When the page is loaded anew: at night when the loop ends, and before its memory grows past what the box has.
//
// A page that runs for months meets faults nobody tests. Loading it again costs nothing when the loop begins anyway: the
// browser leaves the last frame standing until the new page paints.

const HOUR = 3_600_000; // ms
const NIGHT = { from: 3, to: 5 }; // hours of the screen's own zone
const LATE = 4; // from this hour on any gap between two pieces is as good as the end of the loop
const AWAKE = 6 * HOUR; // a page younger than this was loaded tonight already
const LONGEST = 30 * HOUR; // without a time anybody vouches for
const BREATH = 10 * 60_000; // ms between two rests for memory: what grows faster is no leak, but a piece too large

/** `zone`: the screen's; `ceiling`: MB of the page's heap; `heap()`: its size now in MB, 0 where the browser keeps it to itself. */
export class Rest {
  #hours;
  #ceiling;
  #heap;

  constructor({ zone = "Asia/Shanghai", ceiling = 600, heap = heapSize } = {}) {
    this.#hours = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", hourCycle: "h23" });
    this.#ceiling = ceiling;
    this.#heap = heap;
  }

  /** "night", "memory" or null: why to load the page anew now, after `up` ms of life; `isTurn`: the loop begins again. */
  due({ time, up, isTurn }) {
    if (up > BREATH && this.#heap() > this.#ceiling) return "memory";
    if (up < AWAKE) return null;
    if (time <= 0) return up > LONGEST && isTurn ? "night" : null;
    const hour = Number.parseInt(this.#hours.format(time), 10);
    const isNight = hour >= NIGHT.from && hour < NIGHT.to;
    return isNight && (isTurn || hour >= LATE) ? "night" : null;
  }
}

export const heapSize = () => (performance.memory?.usedJSHeapSize ?? 0) / 2 ** 20;
