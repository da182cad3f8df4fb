// <yp-cues>: the cues of a video as a list beside it; each plays from its start, takes its times from the film, and is
// checked by the server when it is saved. A file is read by the server and kept only when the page is saved.
import { upload } from "./http.js";
import { refusalLine } from "./refusal.js";

const page = document;
const film = page.querySelector("[data-film]");
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

/** `00:01:02.500`. */
function clock(seconds) {
  const ms = Math.max(0, Math.round(seconds * 1000));
  const two = (value) => String(value).padStart(2, "0");
  return `${two(Math.floor(ms / 3600000))}:${two(Math.floor(ms / 60000) % 60)}:${two(Math.floor(ms / 1000) % 60)}.${String(ms % 1000).padStart(3, "0")}`;
}

/** Seconds of `1:02.5` or `01:02:03,450`; null for what is no time. */
function seconds(text) {
  const found = /^\s*(?:(\d+):)?(\d{1,2}):(\d{2})(?:[.,](\d{1,3}))?\s*$/.exec(text);
  if (!found) return null;
  const [, hours = "0", minutes, whole, part = "0"] = found;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(whole) + Number(part.padEnd(3, "0")) / 1000;
}

class Cues extends HTMLElement {
  connectedCallback() {
    this.texts = JSON.parse(this.getAttribute("texts"));
    this.form = this.closest("form");
    this.list = this.querySelector("[data-cues]");
    this.isReadonly = this.hasAttribute("readonly");
    this.count = page.querySelector("[data-cue-count]");
    this.dirty = false;
    this.show(JSON.parse(this.form.elements.cues.value));
    this.form.addEventListener("submit", () => {
      this.form.elements.cues.value = JSON.stringify(this.values());
      this.dirty = false;
    });
    this.addEventListener("input", () => { this.dirty = true; });
    this.addEventListener("keydown", (event) => this.key(event));
    page.querySelector("[data-cue-add]")?.addEventListener("click", () => this.insert(this.list.lastElementChild));
    window.addEventListener("beforeunload", (event) => this.dirty && event.preventDefault());
    film?.addEventListener("timeupdate", () => this.follow());
    this.wireImport();
  }

  values() {
    return [...this.list.children].map((row) => ["start", "end", "text"].map((name) => row.querySelector(`[data-${name}]`)?.value ?? ""))
      .filter((cue) => cue.some((part) => part.trim()));
  }

  show(cues) {
    this.list.replaceChildren(...cues.map((cue) => this.row(cue)));
    this.tally();
  }

  tally() {
    const { length } = this.list.children;
    this.list.dataset.empty = length ? "" : this.texts.empty;
    if (this.count) this.count.textContent = fill(this.texts.count, { count: length });
  }

  row([start, end, text]) {
    const row = Object.assign(page.createElement("li"), { className: "cue" });
    const field = (name, value, label) => {
      const input = page.createElement(name === "text" ? "textarea" : "input");
      Object.assign(input, { className: name === "text" ? "input cue-text" : "input cue-time", value, readOnly: this.isReadonly });
      if (name === "text") input.rows = 2;
      input.dataset[name] = "";
      input.setAttribute("aria-label", label);
      return input;
    };
    const times = Object.assign(page.createElement("div"), { className: "cue-times" });
    times.append(field("start", start, this.texts.start), field("end", end, this.texts.end));
    const acts = Object.assign(page.createElement("div"), { className: "cue-acts" });
    acts.append(this.button("play", this.texts.play, () => this.play(row)));
    if (!this.isReadonly) {
      acts.append(this.button("plus", this.texts.after, () => this.insert(row)), this.button("trash-2", this.texts.drop, () => this.drop(row)));
    }
    row.append(times, field("text", text, this.texts.text), acts);
    return row;
  }

  button(name, label, act) {
    const button = Object.assign(page.createElement("button"), { type: "button", className: "icon-button", title: label });
    button.setAttribute("aria-label", label);
    const svg = page.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    const use = page.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${this.getAttribute("sprite")}#${name}`);
    svg.append(use);
    button.append(svg);
    button.addEventListener("click", act);
    return button;
  }

  play(row) {
    const at = seconds(row.querySelector("[data-start]").value);
    if (!film || at === null) return;
    film.currentTime = at;
    film.play().catch(() => {});
  }

  insert(after) {
    const from = after ? seconds(after.querySelector("[data-end]").value) ?? 0 : film?.currentTime ?? 0;
    const row = this.row([clock(from), clock(from + 2), ""]);
    if (after) after.after(row);
    else this.list.append(row);
    this.dirty = true;
    this.tally();
    row.querySelector("[data-text]").focus();
  }

  drop(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.dirty = true;
    this.tally();
    next?.querySelector("[data-text]").focus();
  }

  key(event) {
    const row = event.target.closest(".cue");
    if (!row || !event.altKey) return;
    const take = (name) => {
      if (film && !this.isReadonly) row.querySelector(`[data-${name}]`).value = clock(film.currentTime);
    };
    const act = { KeyP: () => this.play(row), KeyS: () => take("start"), KeyE: () => take("end"), KeyN: () => !this.isReadonly && this.insert(row) }[event.code];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** Marks the cue that stands on the picture now, and shows its words below the film. */
  follow() {
    const at = film.currentTime;
    let words = "";
    for (const row of this.list.children) {
      const [start, end] = ["start", "end"].map((name) => seconds(row.querySelector(`[data-${name}]`).value));
      const isNow = start !== null && end !== null && start <= at && at < end;
      row.classList.toggle("cue-now", isNow);
      if (isNow) words = row.querySelector("[data-text]").value;
    }
    page.querySelector("[data-cue-now]").textContent = words;
  }

  wireImport() {
    const input = page.querySelector("[data-cue-file]");
    const says = page.querySelector("[data-cue-problems]");
    page.querySelector("[data-cue-import]")?.addEventListener("click", () => input.click());
    input?.addEventListener("change", async () => {
      const [file] = input.files;
      input.value = "";
      if (!file) return;
      const offline = { code: "editor.network", text: this.texts.failed, next: this.texts.offline };
      try {
        const found = await upload(this.getAttribute("read"), file, { offline });
        says.replaceChildren(this.told(file, found));
        if (found.problems.length > 0) return;
        this.show(found.cues);
        this.dirty = true;
      } catch (refusal) {
        says.replaceChildren(refusalLine(file.name, refusal));
      }
    });
  }

  told(file, { problems, words }) {
    const box = page.createElement("div");
    const head = Object.assign(page.createElement("strong"), {
      textContent: problems.length > 0 ? `${file.name}：${fill(this.texts.refused, { count: problems.length })}` : `${words} ${this.texts.unsaved}`,
    });
    const list = page.createElement("ul");
    for (const { line, text } of problems) {
      list.append(Object.assign(page.createElement("li"), { textContent: `${fill(this.texts.line, { line })}${text}` }));
    }
    box.className = problems.length > 0 ? "sub-refused" : "sub-read";
    box.append(head, list);
    return box;
  }
}

customElements.define("yp-cues", Cues);
