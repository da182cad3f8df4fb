// Autosave of a form with [data-autosave=url]: two seconds after the last change, one request at a time, never over
// somebody else's revision. What could not be saved is kept in this browser until it is, and offered at the next visit.
import { csrfToken, refusalOf } from "./http.js";

const QUIET = 2000;
const AGAIN = 8000;
const REVISION_GONE = 409;

class Autosave {
  constructor(form) {
    this.form = form;
    this.state = form.querySelector("[data-save-state] span");
    this.timer = 0;
    this.running = null;
    this.dirty = false;
    this.paused = !(form.querySelector("[data-conflict]")?.hidden ?? true);
    this.theirs = form.querySelector("[data-conflict]")?.dataset.theirs ?? "";
    form.addEventListener("input", (event) => { if (event.target.name) this.touch(); });
    form.addEventListener("yp-change", () => this.touch());
    form.addEventListener("submit", () => this.forget());
    form.querySelector("[data-keep-mine]")?.addEventListener("click", () => this.keepMine());
    window.addEventListener("beforeunload", (event) => {
      if (this.dirty && !this.leaving) event.preventDefault();
    });
    this.offerLocal();
  }

  get key() { return `yp-draft:${this.form.dataset.autosave}`; }

  say(name, detail = "") { this.state.textContent = this.form.dataset[name] + detail; }

  touch() {
    this.dirty = true;
    this.say("unsaved");
    clearTimeout(this.timer);
    if (!this.paused) this.timer = setTimeout(() => this.save(), QUIET);
  }

  /** Everything typed so far is on the server when this resolves; false when it could not be brought there. */
  async flush() {
    clearTimeout(this.timer);
    if (this.running) await this.running;
    if (this.dirty) await this.save();
    return !this.dirty;
  }

  save() {
    if (!this.running && !this.paused) this.running = this.send().finally(() => { this.running = null; });
    return this.running ?? Promise.resolve();
  }

  async send() {
    this.dirty = false;
    this.say("saving");
    const body = new FormData(this.form);
    try {
      const headers = { "X-CSRF-Token": csrfToken(), Accept: "application/json" };
      const answer = await fetch(this.form.dataset.autosave, { method: "POST", body, headers });
      if (answer.ok) this.saved(await answer.json());
      else await this.refused(answer, body);
    } catch {
      this.keep(body, true);
    }
  }

  async refused(answer, body) {
    const said = await answer.text();
    const problem = refusalOf(said, null);
    const theirs = answer.status === REVISION_GONE ? JSON.parse(said).revision : undefined;
    if (theirs) {
      this.keep(body, false);
      this.pause({ revision: theirs });
      return;
    }
    // A sentence that will be the same again is said once and waits for the next change; a server that is away is not.
    const final = answer.status >= 400 && answer.status < 500 && problem !== null;
    this.keep(body, !final);
    if (final) document.dispatchEvent(new CustomEvent("yp-toast", { detail: { ...problem, tone: "bad" } }));
  }

  /** `revision` and `version` in the answer are what the next save is based on. */
  saved({ revision, version, at }) {
    this.form.elements.revision.value = revision;
    if (version !== undefined && this.form.elements.version) this.form.elements.version.value = version;
    localStorage.removeItem(this.key);
    this.form.dispatchEvent(new CustomEvent("yp-saved", { bubbles: true }));
    if (!this.dirty) this.say("saved", at ? ` ${at}` : "");
    else this.touch();
  }

  /** Somebody saved meanwhile: stop, keep, let the person choose. */
  pause({ revision }) {
    this.paused = true;
    this.theirs = revision;
    const banner = this.form.querySelector("[data-conflict]");
    banner.hidden = false;
    banner.scrollIntoView({ block: "center" });
  }

  keepMine() {
    this.form.elements.revision.value = this.theirs;
    if (this.form.elements.version) this.form.elements.version.value = "0";
    this.form.querySelector("[data-conflict]").hidden = true;
    this.paused = false;
    this.dirty = true;
    this.save();
  }

  keep(body, again) {
    this.dirty = true;
    this.say("failed");
    const texts = [...body].filter(([name, value]) => typeof value === "string" && name !== "csrf");
    localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), texts }));
    clearTimeout(this.timer);
    if (again) this.timer = setTimeout(() => this.save(), AGAIN);
  }

  forget() {
    this.leaving = true;
    localStorage.removeItem(this.key);
  }

  // ---- what this browser kept while the server could not be reached
  offerLocal() {
    const kept = this.local();
    const banner = this.form.querySelector("[data-restore]");
    if (!kept || !banner) return;
    banner.hidden = false;
    banner.querySelector("[data-local-drop]").addEventListener("click", () => {
      localStorage.removeItem(this.key);
      banner.hidden = true;
    });
    banner.querySelector("[data-local-take]").addEventListener("click", () => {
      this.restore(kept);
      banner.hidden = true;
    });
  }

  local() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key));
      return Array.isArray(kept?.texts) ? kept : null;
    } catch {
      return null;
    }
  }

  restore({ texts }) {
    const given = new Map();
    for (const [name, value] of texts) given.set(name, [...(given.get(name) ?? []), value]);
    for (const element of this.form.elements) {
      const { name, type } = element;
      if (!name || ["csrf", "revision", "version"].includes(name)) continue;
      if (type === "checkbox") element.checked = (given.get(name) ?? []).includes(element.value);
      else if (element.localName === "yp-editor") element.value = JSON.parse(given.get(name)?.[0] ?? "null") ?? element.value;
      else if (given.has(name)) element.value = given.get(name)[0];
    }
    this.touch();
  }
}

for (const form of document.querySelectorAll("[data-autosave]")) {
  const autosave = new Autosave(form);
  // ---- a preview and a submission are of what stands on the page
  form.querySelector("[data-save-first]")?.addEventListener("click", async (event) => {
    if (!autosave.dirty && !autosave.running) return;
    event.preventDefault();
    const address = event.currentTarget.href;
    const opened = window.open("about:blank", "_blank");
    await autosave.flush();
    opened.location = address;
  });
  form.querySelector("[data-submit-open]")?.addEventListener("click", async (event) => {
    const address = event.currentTarget.dataset.submitOpen;
    if (!(await autosave.flush())) return;
    await window.htmx.ajax("GET", address, { target: "#submission", swap: "innerHTML" });
    document.getElementById("submit").showModal();
  });
  form.querySelector("[data-give-up]")?.addEventListener("click", () => autosave.forget());
}
