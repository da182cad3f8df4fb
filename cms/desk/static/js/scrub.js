// <yp-scrub>: the bar under a player: a picture of the moment above it, chapter marks on it, and times that lead there.
import { ready } from "./ready.js";

const WIDTH = 160;
const HEIGHT = 90;
const page = document;

/** `1:02`, or `1:02:03` from an hour on. */
export function clock(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (value) => String(value).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

class Scrub extends HTMLElement {
  connectedCallback() {
    this.number = (name) => Number(this.getAttribute(name));
    this.bar = this.querySelector("input");
    this.shot = this.querySelector("[data-shot]");
    this.film = page.querySelector("video[data-film]");
    for (const mark of this.querySelectorAll("[data-mark]")) {
      mark.style.left = `${100 * Number(mark.dataset.mark) / this.number("length")}%`;
    }
    this.bar.addEventListener("input", () => {
      this.show(Number(this.bar.value));
      this.film.currentTime = Number(this.bar.value) / 1000;
    });
    this.bar.addEventListener("pointermove", (event) => {
      const box = this.bar.getBoundingClientRect();
      this.show(Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.number("length"));
    });
    for (const name of ["pointerleave", "blur"]) this.bar.addEventListener(name, () => { this.shot.hidden = true; });
    this.film?.addEventListener("timeupdate", () => this.follow());
    this.follow();
  }

  follow() {
    const ms = Math.round((this.film?.currentTime ?? 0) * 1000);
    this.bar.value = ms;
    this.bar.setAttribute("aria-valuetext", clock(ms));
  }

  show(ms) {
    const number = Math.min(this.number("count") - 1, Math.floor(ms / this.number("every")));
    const columns = this.number("columns");
    this.shot.hidden = false;
    this.shot.dataset.clock = clock(ms);
    this.shot.style.backgroundImage = `url("${this.getAttribute("src")}")`;
    this.shot.style.backgroundPosition = `-${(number % columns) * WIDTH}px -${Math.floor(number / columns) * HEIGHT}px`;
    const width = this.clientWidth;
    const left = (ms / this.number("length")) * width - WIDTH / 2;
    this.shot.style.left = `${Math.max(0, Math.min(width - WIDTH, left))}px`;
  }
}

customElements.define("yp-scrub", Scrub);

page.addEventListener("click", (event) => {
  const lead = event.target.closest("[data-seek]");
  const film = page.querySelector("video[data-film]");
  if (lead && film) {
    film.currentTime = Number(lead.dataset.seek) / 1000;
    film.scrollIntoView({ block: "center" });
    return;
  }
  const here = event.target.closest("[data-chapter-here]");
  if (here && film) {
    const text = here.form.elements.chapters;
    text.value = `${text.value.replace(/\n+$/, "")}${text.value.trim() ? "\n" : ""}${clock(Math.floor(film.currentTime) * 1000)} `;
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
  }
});
if (page.querySelector("video[data-film]")) ready(...page.querySelectorAll("[data-seek], [data-chapter-here]"));
