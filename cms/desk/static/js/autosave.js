// Autosave of a form with [data-autosave=url]: two seconds after the last change, one request at a time, never over
// somebody else's revision. What could not be saved is kept in this browser until it is.
import { csrfToken } from "./http.js";

const QUIET = 2000;
const AGAIN = 8000;
const REVISION_GONE = 409;

class Autosave {
  constructor(form) {
    this.form = form;
    this.state = form.querySelector("[data-save-state] span");
    this.timer = 0;
    this.running = false;
    this.dirty = false;
    this.paused = false;
    form.addEventListener("input", () => this.touch());
    form.addEventListener("yp-change", () => this.touch());
    form.addEventListener("submit", () => this.forget());
    form.querySelector("[data-keep-mine]")?.addEventListener("click", () => this.keepMine());
    window.addEventListener("beforeunload", (event) => {
      if (this.dirty && !this.leaving) event.preventDefault();
    });
  }

  get key() { return `yp-draft:${this.form.dataset.autosave}`; }

  say(name, detail = "") { this.state.textContent = this.form.dataset[name] + detail; }

  touch() {
    this.dirty = true;
    this.say("unsaved");
    clearTimeout(this.timer);
    if (!this.paused) this.timer = setTimeout(() => this.save(), QUIET);
  }

  async save() {
    if (this.running || this.paused) return;
    this.running = true;
    this.dirty = false;
    this.say("saving");
    const body = new FormData(this.form);
    try {
      const headers = { "X-CSRF-Token": csrfToken(), Accept: "application/json" };
      const answer = await fetch(this.form.dataset.autosave, { method: "POST", body, headers });
      if (answer.status === REVISION_GONE) this.pause(await answer.json());
      else if (!answer.ok) throw new Error(String(answer.status));
      else this.saved(await answer.json());
    } catch {
      this.keep(body);
    } finally {
      this.running = false;
    }
    if (this.dirty && !this.paused && this.timer === 0) this.touch();
  }

  /** `revision` in the answer is what the next save is based on. */
  saved({ revision, at }) {
    this.form.elements.revision.value = revision;
    localStorage.removeItem(this.key);
    if (!this.dirty) this.say("saved", at ? ` ${at}` : "");
    else this.touch();
  }

  /** Somebody saved meanwhile: stop, keep, let the person choose. */
  pause({ revision }) {
    this.paused = true;
    this.dirty = true;
    this.theirs = revision;
    const banner = this.form.querySelector("[data-conflict]");
    banner.hidden = false;
    banner.scrollIntoView({ block: "center" });
  }

  keepMine() {
    this.form.elements.revision.value = this.theirs;
    this.form.querySelector("[data-conflict]").hidden = true;
    this.paused = false;
    this.save();
  }

  keep(body) {
    this.dirty = true;
    this.say("failed");
    const texts = [...body].filter(([, value]) => typeof value === "string");
    localStorage.setItem(this.key, JSON.stringify(Object.fromEntries(texts)));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), AGAIN);
  }

  forget() {
    this.leaving = true;
    localStorage.removeItem(this.key);
  }
}

for (const form of document.querySelectorAll("[data-autosave]")) new Autosave(form);
