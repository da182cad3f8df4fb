// The rail of a day: slots to pixels and back, the hours, the line of now, and the ghost of what is being moved.
export const SLOT_MS = 3840;
export const DAY_SLOTS = 22_500;
const HOUR_SLOTS = DAY_SLOTS / 24;
const ZOOMS = [60, 120, 240, 480, 960];
const KEY = "yp-day-zoom";
// Lower blocks have one line, and lower still none.
const LOW = 36;
const THIN = 12;
const EDGE = 60;

const two = (number) => String(number).padStart(2, "0");

/** The wall time of a slot of the day, to the millisecond. */
export function wall(slot) {
  const ms = Math.min(slot, DAY_SLOTS - 1) * SLOT_MS;
  const seconds = Math.floor(ms / 1000);
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${String(ms % 1000).padStart(3, "0")}`;
}

/** How long slots take. */
export function shown(slots) {
  const seconds = Math.round((slots * SLOT_MS) / 1000);
  const hours = Math.floor(seconds / 3600);
  return `${hours ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

export class Rail {
  constructor(day) {
    this.day = day;
    this.scroll = day.querySelector("[data-day-scroll]");
    const kept = Number(window.localStorage.getItem(KEY));
    this.hour = ZOOMS.includes(kept) ? kept : 240;
    day.classList.add("is-drawn");
  }

  get track() {
    return this.day.querySelector("[data-day-track]");
  }

  px(slots) {
    return (slots / HOUR_SLOTS) * this.hour;
  }

  draw() {
    const tracks = [...this.day.querySelectorAll(".day-track")];
    for (const track of tracks) track.style.blockSize = `${24 * this.hour}px`;
    this.day.style.setProperty("--day-hour", `${this.hour}px`);
    for (const block of this.day.querySelectorAll(".day-block")) {
      const height = Math.max(3, this.px(Number(block.dataset.for)) - 1);
      block.style.insetBlockStart = `${this.px(Number(block.dataset.from))}px`;
      block.style.blockSize = `${height}px`;
      block.classList.toggle("is-low", height < LOW);
      block.classList.toggle("is-thin", height < THIN);
    }
    const hours = this.day.querySelector("[data-day-hours]");
    hours.style.blockSize = `${24 * this.hour}px`;
    const parts = this.hour >= 480 ? 4 : 1;
    hours.replaceChildren(...Array.from({ length: 24 * parts }, (_, number) => {
      const mark = document.createElement("span");
      mark.className = "day-hour";
      mark.textContent = `${two(Math.floor(number / parts))}:${two((number % parts) * (60 / parts))}`;
      mark.style.insetBlockStart = `${(number * this.hour) / parts}px`;
      return mark;
    }));
    this.drawNow();
  }

  /** What is over or cannot be changed any more lies under a veil; the line is now. */
  drawNow() {
    const rail = this.day.querySelector("[data-day-rail]");
    const now = Number(rail.dataset.now);
    const edge = Number(rail.dataset.edge);
    if (edge > 0) {
      const veil = document.createElement("li");
      veil.setAttribute("aria-hidden", "true");
      veil.className = "day-veil";
      veil.style.blockSize = `${this.px(edge)}px`;
      this.track.append(veil);
    }
    if (now < 0) return;
    const line = document.createElement("div");
    line.className = "day-line-now";
    line.dataset.said = wall(now).slice(0, 5);
    line.style.insetBlockStart = `${this.px(now) + this.head()}px`;
    rail.append(line);
  }

  head() {
    return this.track.offsetTop;
  }

  toNow() {
    const now = Number(this.day.querySelector("[data-day-rail]").dataset.now);
    const first = this.day.querySelector(".day-entry")?.dataset.from;
    const slot = now >= 0 ? now : Number(first ?? 7 * HOUR_SLOTS);
    this.scroll.scrollTop = Math.max(0, this.px(slot) - 120);
  }

  zoom(by) {
    const middle = (this.scroll.scrollTop + this.scroll.clientHeight / 2) / this.hour;
    this.hour = ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, ZOOMS.indexOf(this.hour) + by))];
    window.localStorage.setItem(KEY, String(this.hour));
    for (const old of this.day.querySelectorAll(".day-veil, .day-line-now")) old.remove();
    this.draw();
    this.scroll.scrollTop = middle * this.hour - this.scroll.clientHeight / 2;
  }

  /** The slot under a point of the window, or null beside the column. */
  slotAt(x, y, count) {
    const column = this.track.getBoundingClientRect();
    const view = this.scroll.getBoundingClientRect();
    if (x < column.left || x > column.right || y < view.top - 40 || y > view.bottom) return null;
    const slot = Math.round(((y - column.top) / this.hour) * HOUR_SLOTS);
    return Math.min(Math.max(0, slot), DAY_SLOTS - Math.min(count, DAY_SLOTS));
  }

  /** A hand near the edge scrolls on. */
  scrollAt(y) {
    const view = this.scroll.getBoundingClientRect();
    if (y < view.top + EDGE) this.scroll.scrollTop -= 12;
    else if (y > view.bottom - EDGE) this.scroll.scrollTop += 12;
  }

  ghost(slot, count, text) {
    let ghost = this.track.querySelector(".day-ghost");
    if (!ghost) {
      ghost = document.createElement("li");
      ghost.className = "day-ghost";
      ghost.setAttribute("aria-hidden", "true");
      this.track.append(ghost);
    }
    ghost.textContent = text;
    ghost.style.insetBlockStart = `${this.px(slot)}px`;
    ghost.style.blockSize = `${Math.max(18, this.px(count))}px`;
    const edge = Number(this.day.querySelector("[data-day-rail]").dataset.edge);
    ghost.classList.toggle("is-wrong", slot < edge);
    const top = this.px(slot) + this.head();
    if (top < this.scroll.scrollTop || top > this.scroll.scrollTop + this.scroll.clientHeight - EDGE) {
      if (!this.day.classList.contains("is-dragging")) this.scroll.scrollTop = top - this.scroll.clientHeight / 2;
    }
  }

  noGhost() {
    this.track.querySelector(".day-ghost")?.remove();
  }
}
