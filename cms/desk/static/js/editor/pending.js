// Pictures of a pasted page on their way in: each stands in its place as a card with its progress, then as a picture.
// What cannot be fetched says why and what to do; nothing but a finished picture ever gets into the piece.
import { element } from "./fields.js";
import { send, upload } from "../http.js";
import { newBlockId } from "./blocks.js";

const AT_ONCE = 3;

/** The jobs of one editor. A job is {key, name, url or file, alt, caption, state, refusal, asset}. */
export class PendingPictures {
  #jobs = new Map();
  #waiting = [];
  #running = 0;
  #watchers = new Map();

  constructor({ uploadUrl, fetchUrl, labels, settled }) {
    Object.assign(this, { uploadUrl, fetchUrl, labels, settled });
  }

  /** How many are not there yet and have not failed. */
  get open() { return [...this.#jobs.values()].filter(({ state }) => state === "waiting" || state === "running").length; }

  /** The key under which a picture was announced; the work begins when `begin` is called. */
  hold(source) {
    const key = newBlockId();
    this.#jobs.set(key, { key, state: "held", refusal: null, ...source });
    return key;
  }

  job(key) { return this.#jobs.get(key) ?? null; }

  /** The same address twice in one paste is fetched once. */
  find(url) { return [...this.#jobs.values()].find((job) => job.url === url && job.state !== "failed")?.key ?? null; }

  watch(key, draw) {
    const watchers = this.#watchers.get(key) ?? new Set();
    watchers.add(draw);
    this.#watchers.set(key, watchers);
    return () => watchers.delete(draw);
  }

  begin(key) {
    const job = this.#jobs.get(key);
    if (!job || !["held", "failed"].includes(job.state)) return;
    this.#say(job, { state: "waiting", refusal: null, share: 0 });
    this.#waiting.push(job);
    this.#next();
  }

  #next() {
    while (this.#running < AT_ONCE && this.#waiting.length) {
      const job = this.#waiting.shift();
      this.#running += 1;
      this.#run(job).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }

  async #run(job) {
    this.#say(job, { state: "running" });
    const offline = { code: "editor.network", text: this.labels.network_text, next: this.labels.network_next };
    try {
      const answer = job.file
        ? await upload(this.uploadUrl, job.file, { progress: (share) => this.#say(job, { share }), offline })
        : await send(this.fetchUrl, { url: job.url }, { offline });
      this.#say(job, { state: "done", asset: answer.asset });
      this.settled(job);
    } catch (refusal) {
      this.#say(job, { state: "failed", refusal });
      this.settled(job);
    }
  }

  #say(job, change) {
    Object.assign(job, change);
    for (const draw of this.#watchers.get(job.key) ?? []) draw();
  }
}

/** Replaces every card of a finished picture by the picture, wherever the card has moved to by then. */
export function settle(editor, job) {
  const { state, view } = editor;
  const places = [];
  state.doc.descendants((node, position) => {
    if (node.type.name === "pending" && node.attrs.key === job.key) places.push(position);
    return !node.isTextblock;
  });
  const transaction = state.tr;
  for (const position of places.reverse()) {
    const attrs = { id: newBlockId(), asset: job.asset, alt: job.alt ?? "", caption: job.caption ?? "" };
    transaction.replaceWith(position, position + 1, state.schema.nodes.image.create(attrs));
  }
  // Not a step of its own in the history: undo takes the paste back, not the picture into a card.
  if (places.length) view.dispatch(transaction.setMeta("addToHistory", false));
}

function buttonOf(text, act) {
  const made = element("button", { type: "button", className: "button button-small", textContent: text });
  made.addEventListener("click", act);
  return made;
}

export const pendingView = ({ pictures }) => ({ node, editor, getPos }) => {
  const { key } = node.attrs;
  const labels = pictures.labels;
  const dom = element("figure", { className: "pending", contentEditable: "false" });
  const remove = () => {
    const position = getPos();
    editor.view.dispatch(editor.state.tr.delete(position, position + 1));
    editor.view.focus();
  };
  const draw = () => {
    const job = pictures.job(key);
    const name = element("span", { className: "upload-name", textContent: job?.name ?? "" });
    if (!job || job.state === "failed") {
      const refusal = job?.refusal ?? { code: "editor.pending", text: labels.pending_gone, next: labels.pending_gone_next };
      const words = element("div", { className: "upload-refusal-words" }, element("strong", { textContent: refusal.text }),
        element("span", { textContent: refusal.next }), element("code", { textContent: refusal.code }));
      const again = job ? [buttonOf(labels.upload_retry, () => pictures.begin(key))] : [];
      dom.className = "pending upload-refusal";
      dom.setAttribute("role", "alert");
      dom.replaceChildren(name, words, ...again, buttonOf(labels.pending_remove, remove));
      return;
    }
    const bar = element("progress", { className: "upload-progress", max: 1 });
    if (job.file && job.share) bar.value = job.share;
    bar.setAttribute("aria-label", labels.upload_progress);
    const said = element("span", { className: "pending-state", textContent: labels[`pending_${job.state}`] ?? labels.pending_waiting });
    dom.className = "pending upload-chip";
    dom.removeAttribute("role");
    dom.replaceChildren(name, bar, said, buttonOf(labels.upload_cancel, remove));
  };
  const stop = pictures.watch(key, draw);
  draw();
  // After the transaction that brought the card: a job must not change the document while it is being drawn.
  queueMicrotask(() => pictures.begin(key));
  return {
    dom,
    update: (next) => next.type === node.type && next.attrs.key === key,
    stopEvent: (event) => event.target.closest?.("button") !== null,
    ignoreMutation: () => true,
    selectNode: () => dom.classList.add("is-selected"),
    deselectNode: () => dom.classList.remove("is-selected"),
    destroy: stop,
  };
};
