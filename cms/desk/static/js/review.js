// The reviewer's keys, and reading a piece aloud with the browser's own voice. Everything works without this too.

const page = document;

const isTyping = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

// ---- the queue: one row is current, and the keyboard goes from row to row
const rows = [...page.querySelectorAll("[data-queue-item]")];
let current = -1;

function stand(index) {
  if (!rows.length) return;
  rows[current]?.classList.remove("is-current");
  current = Math.max(0, Math.min(rows.length - 1, index));
  rows[current].classList.add("is-current");
  rows[current].querySelector("[data-queue-open]").focus();
  rows[current].scrollIntoView({ block: "nearest" });
}

for (const [index, row] of rows.entries()) {
  row.addEventListener("focusin", () => {
    rows[current]?.classList.remove("is-current");
    current = index;
    row.classList.add("is-current");
  });
}

const moves = {
  j: () => stand(current + 1),
  ArrowDown: () => stand(current + 1),
  k: () => stand(current - 1),
  ArrowUp: () => stand(current - 1),
  x: () => rows[current]?.querySelector("[data-queue-pick]")?.click(),
};

// ---- one key a thing: a link or button is pressed, a field is gone to
function act(key) {
  const found = page.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!found) return false;
  if (found.matches("input, textarea")) {
    found.focus();
    found.scrollIntoView({ block: "center" });
  } else found.click();
  return true;
}

page.addEventListener("keydown", (event) => {
  const open = page.querySelector("dialog[open]");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form[data-send]");
    if (!form) return;
    event.preventDefault();
    // Written without a password it is a return; with one it is a signature.
    const returned = form.querySelector("[formaction]");
    const signs = form.elements.password?.value;
    if (signs || !returned) form.requestSubmit(form.querySelector("button[type=submit]"));
    else form.requestSubmit(returned);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || open) return;
  if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
  if (isTyping(event.target)) return;
  if (rows.length && moves[event.key]) {
    event.preventDefault();
    moves[event.key]();
  } else if (act(event.key)) event.preventDefault();
});

// ---- reading aloud
const PIECE = 180;

/** Sentences of a text in pieces short enough for every voice: some stop in the middle of long ones. */
export function spoken(text) {
  const found = [];
  for (const sentence of text.match(/[^。！？!?；;\n]+[。！？!?；;]?/g) ?? []) {
    for (let at = 0; at < sentence.length; at += PIECE) {
      const part = sentence.slice(at, at + PIECE).trim();
      if (part) found.push(part);
    }
  }
  return found;
}

class Listen extends HTMLElement {
  #waiting = [];
  #at = null;
  #state = "still";

  connectedCallback() {
    if (!("speechSynthesis" in window)) return;
    this.hidden = false;
    this.querySelector("button").addEventListener("click", () => this.#press());
    window.addEventListener("pagehide", () => speechSynthesis.cancel());
  }

  #press() {
    if (this.#state === "reading") {
      speechSynthesis.pause();
      this.#show("resting");
    } else if (this.#state === "resting") {
      speechSynthesis.resume();
      this.#show("reading");
    } else {
      speechSynthesis.cancel();
      this.#waiting = [...page.querySelectorAll("[data-listen]")].flatMap((block) =>
        spoken(block.innerText).map((text) => ({ block, text })),
      );
      this.#show("reading");
      this.#next();
    }
  }

  #next() {
    const one = this.#waiting.shift();
    this.#at?.classList.remove("is-read");
    if (!one) {
      this.#show("still");
      return;
    }
    this.#at = one.block;
    one.block.classList.add("is-read");
    one.block.scrollIntoView({ block: "nearest" });
    const said = new SpeechSynthesisUtterance(one.text);
    said.lang = page.documentElement.lang;
    said.addEventListener("end", () => this.#next());
    said.addEventListener("error", (event) => {
      if (event.error === "canceled" || event.error === "interrupted") return;
      this.#waiting = [];
      this.#next();
    });
    speechSynthesis.speak(said);
  }

  #show(state) {
    this.#state = state;
    this.dataset.state = state;
    const text = { still: this.dataset.play, reading: this.dataset.pause, resting: this.dataset.goOn }[state];
    this.querySelector("span").textContent = text;
  }
}

customElements.define("yp-listen", Listen);
