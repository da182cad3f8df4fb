// Pictures on their way in: a chip each with progress, kept in its place while others type; refusals stay until read.
import { Decoration, DecorationSet, Extension, Plugin, PluginKey } from "./tiptap.js";
import { upload } from "../http.js";
import { newBlockId } from "./blocks.js";

const key = new PluginKey("uploads");

const make = (tag, className, text = "") => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
};

function chipOf(file, labels) {
  const chip = make("div", "upload-chip");
  const bar = make("progress", "upload-progress");
  bar.max = 1;
  bar.value = 0;
  bar.setAttribute("aria-label", labels.upload_progress);
  const cancel = make("button", "upload-cancel", labels.upload_cancel);
  cancel.type = "button";
  chip.append(make("span", "upload-name", file.name), bar, cancel);
  chip.contentEditable = "false";
  return { chip, bar, cancel };
}

/** A refusal in the tray: sentence, next step, code, and what can be done about it. */
function refusalChip(name, refusal, labels, again) {
  const chip = make("div", "upload-refusal");
  chip.setAttribute("role", "alert");
  const words = make("div", "upload-refusal-words");
  words.append(make("strong", "", name ? `${name}：${refusal.text}` : refusal.text), make("span", "", refusal.next));
  words.append(make("code", "", refusal.code));
  chip.append(words);
  const button = (text, act) => {
    const made = make("button", "button button-small", text);
    made.type = "button";
    made.addEventListener("click", () => {
      chip.remove();
      act();
    });
    chip.append(made);
  };
  if (again) button(labels.upload_retry, again);
  button(labels.dismiss, () => {});
  return chip;
}

export class Uploads {
  constructor({ editor, tray, url, importUrl, labels, settled = () => {} }) {
    Object.assign(this, { editor, tray, url, importUrl, labels, settled });
    // Counted apart from their chips: the text around a chip may be replaced, and the chip with it.
    this.running = new Set();
  }

  get open() { return this.running.size; }

  /** Uploads each file and puts a picture where `position` has moved to by then. */
  take(files, position) {
    for (const file of files) this.#one(file, position);
  }

  /** Names the pictures and films that a paste could not bring along. */
  lost(names, films) {
    const { labels } = this;
    if (names.length) {
      const text = labels.pictures_lost.replace("{count}", names.length).replace("{names}", names.join("、"));
      const refusal = { code: "editor.pictures_lost", text, next: labels.pictures_lost_next };
      const chip = refusalChip("", refusal, labels, null);
      if (this.importUrl) chip.insertBefore(this.#importLink(), chip.lastChild);
      this.tray.append(chip);
    }
    if (films.length) {
      const text = labels.films_lost.replace("{count}", films.length);
      const refusal = { code: "editor.films_lost", text, next: `${labels.films_lost_next} ${films.filter(Boolean).join(" ")}` };
      this.tray.append(refusalChip("", refusal, labels, null));
    }
  }

  #importLink() {
    const link = make("a", "button button-small", this.labels.import_word);
    link.href = this.importUrl;
    link.target = "_blank";
    return link;
  }

  async #one(file, position) {
    const { view } = this.editor;
    const token = {};
    const { chip, bar, cancel } = chipOf(file, this.labels);
    const abort = new AbortController();
    cancel.addEventListener("click", () => {
      abort.abort();
      this.#settle(token);
    });
    this.running.add(token);
    view.dispatch(view.state.tr.setMeta(key, { add: { token, position, chip } }));
    try {
      const offline = { code: "editor.network", text: this.labels.network_text, next: this.labels.network_next };
      const answer = await upload(this.url, file, {
        progress: (share) => { bar.value = share; },
        signal: abort.signal,
        offline,
      });
      this.#place(token, answer);
    } catch (refusal) {
      const at = positionOf(view.state, token) ?? view.state.doc.content.size;
      this.tray.append(refusalChip(file.name, refusal, this.labels, () => this.#one(file, at)));
    } finally {
      this.#settle(token);
    }
  }

  #place(token, answer) {
    const { view } = this.editor;
    const at = positionOf(view.state, token);
    if (at === null) return;
    const { image, paragraph } = view.state.schema.nodes;
    const node = image.create({ id: newBlockId(), asset: answer.asset, alt: answer.alt ?? "", caption: "" });
    const $at = view.state.doc.resolve(at);
    const transaction = view.state.tr;
    if ($at.depth === 1 && $at.parent.type === paragraph && $at.parent.content.size === 0) {
      transaction.replaceWith($at.before(1), $at.after(1), [node, paragraph.create({ id: $at.parent.attrs.id })]);
    } else {
      transaction.insert($at.depth ? $at.after(1) : at, node);
    }
    view.dispatch(transaction.scrollIntoView());
  }

  #settle(token) {
    const { view } = this.editor;
    if (!this.running.delete(token)) return;
    view.dispatch(view.state.tr.setMeta(key, { remove: token }));
    this.settled();
  }
}

function positionOf(state, token) {
  const found = key.getState(state).find(undefined, undefined, (spec) => spec.token === token);
  return found.length ? found[0].from : null;
}

/** Keeps each chip at its place while the text around it changes. */
export const UploadPlaces = Extension.create({
  name: "uploadPlaces",
  addProseMirrorPlugins: () => [
    new Plugin({
      key,
      state: {
        init: () => DecorationSet.empty,
        apply(transaction, chips) {
          const moved = chips.map(transaction.mapping, transaction.doc);
          const change = transaction.getMeta(key);
          if (change?.add) {
            const { token, position, chip } = change.add;
            return moved.add(transaction.doc, [Decoration.widget(position, chip, { token, side: 1 })]);
          }
          if (change?.remove) {
            return moved.remove(moved.find(undefined, undefined, (spec) => spec.token === change.remove));
          }
          return moved;
        },
      },
      props: { decorations: (state) => key.getState(state) },
    }),
  ],
});
