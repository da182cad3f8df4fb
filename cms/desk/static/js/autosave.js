// Autosave of a form with [data-autosave=url]: two seconds after the last change, one request at a time, never over
// somebody else's revision. Each change is kept in this browser first, until the server has it.
import { csrfToken, refusalOf } from "./http.js";
import { LocalCopy } from "./local.js";
import { Conflict } from "./conflict.js";
import { Presence } from "./presence.js";
import { markFields } from "./problems.js";

const QUIET = 2000;
const AT_HAND = 300;
const AGAIN = 8000;
const CONFLICT = 409;

class Autosave {
  constructor(form) {
    this.form = form;
    this.state = form.querySelector("[data-save-state]");
    this.timer = 0;
    this.localTimer = 0;
    this.running = null;
    // A refused form comes back as it was typed: the server has nothing of it yet.
    this.dirty = form.hasAttribute("data-typed");
    this.local = new LocalCopy(form.dataset.localKey);
    this.conflict = new Conflict(form, this);
    this.paused = this.conflict.isShown;
    form.addEventListener("input", (event) => { if (event.target.name) this.touch(); });
    form.addEventListener("yp-change", () => this.touch());
    form.addEventListener("submit", () => this.forget("submitted"));
    window.addEventListener("beforeunload", (event) => {
      const pictures = form.querySelector("yp-editor")?.uploading ?? false;
      if ((this.dirty || pictures) && !this.leaving) event.preventDefault();
    });
    window.addEventListener("online", () => { if (this.dirty) this.save(); });
    this.offerLocal();
  }

  say(name, detail = "") {
    this.state.lastElementChild.textContent = this.form.dataset[name] + detail;
    this.state.classList.toggle("is-failed", name === "failed" || name === "refused" || name === "paused");
    this.state.classList.toggle("is-unsaved", name === "unsaved" || name === "saving"); // no tick before it is true
  }

  touch() {
    this.dirty = true;
    this.say(this.paused ? "paused" : "unsaved");
    clearTimeout(this.localTimer);
    this.localTimer = setTimeout(() => this.keepLocal(), AT_HAND);
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
      else await this.refused(answer);
    } catch {
      this.failed();
    }
  }

  async refused(answer) {
    const said = await answer.text();
    const problem = refusalOf(said, null);
    if (answer.status === CONFLICT && problem) {
      this.dirty = true;
      this.keepLocal();
      await this.pause();
      return;
    }
    // A sentence that will be the same again is said once and waits for the next change; a server that is away is not.
    const final = answer.status >= 400 && answer.status < 500 && problem !== null;
    if (!final) {
      this.failed();
      return;
    }
    this.dirty = true;
    this.keepLocal();
    this.say("refused");
    const { fields = {}, block = "" } = JSON.parse(said);
    markFields(this.form, fields);
    document.dispatchEvent(new CustomEvent("yp-toast", { detail: { ...problem, tone: "bad", block } }));
  }

  /** `revision` and `version` in the answer are what the next save is based on. */
  saved({ revision, version, at }) {
    this.form.elements.revision.value = revision;
    if (version !== undefined && this.form.elements.version) this.form.elements.version.value = version;
    markFields(this.form, {});
    this.form.dispatchEvent(new CustomEvent("yp-saved", { bubbles: true }));
    if (this.dirty) {
      this.touch();
      return;
    }
    clearTimeout(this.localTimer);
    this.local.remove();
    this.say("saved", at ? ` ${at}` : "");
  }

  failed() {
    this.dirty = true;
    this.say("failed");
    this.keepLocal();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), AGAIN);
  }

  /** Somebody saved meanwhile: stop, keep, show the difference, let the person choose. */
  async pause() {
    this.paused = true;
    clearTimeout(this.timer);
    this.say("paused");
    await this.conflict.show();
  }

  texts() {
    return [...new FormData(this.form)].filter(([name, value]) => typeof value === "string" && name !== "csrf");
  }

  keepLocal() {
    clearTimeout(this.localTimer);
    this.kept = true;
    return this.local.put({ texts: this.texts() });
  }

  /** The page is left. What was handed over stays here until the next page shows that it arrived; what was given up
   * until it is dropped by hand. */
  forget(how) {
    this.leaving = true;
    clearTimeout(this.localTimer);
    return this.local.put({ texts: this.texts(), how, base: this.form.elements.revision.value });
  }

  /** Whether the page shows what was kept, or a revision that came after it was handed over. */
  arrived({ texts, how, base }) {
    if (how === "submitted" && base !== this.form.elements.revision.value && !this.form.hasAttribute("data-typed")) return true;
    const plain = (entries) => JSON.stringify(entries.filter(([name]) => !["revision", "version"].includes(name)));
    return plain(texts) === plain(this.texts());
  }

  // ---- what this browser kept while the server could not be reached
  async offerLocal() {
    const kept = await this.local.get();
    const banner = this.form.querySelector("[data-restore]");
    if (!kept || !banner || this.kept) return;
    if (this.arrived(kept)) {
      if (!this.dirty) this.local.remove();
      return;
    }
    const { givenUp } = banner.dataset;
    if (kept.how === "given-up") banner.querySelector("strong, .banner-title, p")?.replaceChildren(givenUp);
    banner.hidden = false;
    banner.querySelector("[data-local-drop]").addEventListener("click", () => {
      this.local.remove();
      banner.hidden = true;
    });
    banner.querySelector("[data-local-take]").addEventListener("click", () => {
      this.restore(kept);
      banner.hidden = true;
    });
  }

  restore({ texts }) {
    const given = new Map();
    for (const [name, value] of texts) given.set(name, [...(given.get(name) ?? []), value]);
    // What is made on demand is made first, so that its words find a place.
    this.form.dispatchEvent(new CustomEvent("yp-restore", { detail: given }));
    for (const element of this.form.elements) {
      const { name, type } = element;
      if (!name || ["csrf", "revision", "version"].includes(name)) continue;
      if (type === "checkbox") element.checked = (given.get(name) ?? []).includes(element.value);
      else if (element.localName === "yp-editor") element.value = JSON.parse(given.get(name)?.[0] ?? "null") ?? element.value;
      else if (given.has(name)) element.value = given.get(name)[0];
    }
    this.form.dispatchEvent(new CustomEvent("yp-restored", { bubbles: true }));
    this.touch();
  }
}

/** Pictures on their way belong to what is handed over: nothing is submitted around them. */
function settled(form) {
  const editor = form.querySelector("yp-editor");
  if (!editor?.uploading) return Promise.resolve();
  return new Promise((resolve) => { editor.addEventListener("yp-settled", resolve, { once: true }); });
}

for (const form of document.querySelectorAll("[data-autosave]")) {
  const autosave = new Autosave(form);
  if (form.dataset.presence) new Presence(form, autosave).start();
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
    await settled(form);
    if (!(await autosave.flush())) return;
    await window.htmx.ajax("GET", address, { target: "#submission", swap: "innerHTML" });
    document.getElementById("submit").showModal();
  });
}
