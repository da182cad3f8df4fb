// Footnotes: a numbered mark in the text, and below it one line a note, in the order of the marks.
import { TextSelection } from "./tiptap.js";
import { newBlockId } from "./blocks.js";
import { element } from "./fields.js";

const MAX_NOTE = 2000;

/** Every mark of the document in order: {node, position}. */
export function marksOf(doc) {
  const found = [];
  doc.descendants((node, position) => {
    if (node.type.name === "footnote") found.push({ node, position });
  });
  return found;
}

/** Puts a mark at the cursor and asks for its text. */
export function addFootnote(editor) {
  const { state, view } = editor;
  const { $to } = state.selection;
  if (!$to.parent.inlineContent) return false;
  const id = newBlockId();
  const node = state.schema.nodes.footnote.create({ id, text: "" });
  view.dispatch(state.tr.insert($to.pos, node).scrollIntoView());
  view.dom.dispatchEvent(new CustomEvent("yp-note", { bubbles: true, detail: { id } }));
  return true;
}

/** The number is the stylesheet's counter, so that it is right while marks come and go. */
export function footnoteView({ node }) {
  const dom = element("sup", { className: "note-ref" });
  dom.dataset.noteRef = node.attrs.id ?? "";
  dom.addEventListener("click", () => {
    dom.dispatchEvent(new CustomEvent("yp-note", { bubbles: true, detail: { id: dom.dataset.noteRef } }));
  });
  return {
    dom,
    update(next) {
      if (next.type !== node.type) return false;
      dom.dataset.noteRef = next.attrs.id ?? "";
      return true;
    },
    ignoreMutation: () => true,
  };
}

/** The notes below the text: `box` is their place, `draw` brings it up to date. */
export class Notes {
  constructor({ editor, labels }) {
    Object.assign(this, { editor, labels });
    this.list = element("ol", { className: "editor-notes-list" });
    this.box = element("section", { className: "editor-notes", hidden: true }, element("h3", { textContent: labels.notes }), this.list);
    this.rows = new Map();
    editor.view.dom.addEventListener("yp-note", ({ detail }) => this.rows.get(detail.id)?.input.focus());
  }

  draw() {
    const marks = marksOf(this.editor.state.doc).filter(({ node }) => node.attrs.id);
    const wanted = new Set(marks.map(({ node }) => node.attrs.id));
    for (const [id, { row }] of this.rows) {
      if (wanted.has(id)) continue;
      row.remove();
      this.rows.delete(id);
    }
    marks.forEach(({ node }, index) => {
      const { row, input } = this.rows.get(node.attrs.id) ?? this.#made(node.attrs.id);
      if (input.value !== node.attrs.text) input.value = node.attrs.text;
      input.setAttribute("aria-label", this.labels.note_text.replace("{number}", index + 1));
      if (this.list.children[index] !== row) this.list.insertBefore(row, this.list.children[index] ?? null);
    });
    this.box.hidden = marks.length === 0;
  }

  #made(id) {
    const input = element("input", { type: "text", className: "block-field", maxLength: MAX_NOTE, placeholder: this.labels.note_hint });
    input.readOnly = !this.editor.isEditable;
    input.addEventListener("input", (event) => {
      event.stopPropagation();
      this.#at(id, (position) => this.editor.state.tr.setNodeAttribute(position, "text", input.value));
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      this.#back(id);
    });
    const row = element("li", {}, input);
    if (this.editor.isEditable) row.append(this.#button("↑", this.labels.note_back, () => this.#back(id)), this.#button("×", this.labels.note_remove, () => this.#remove(id)));
    const made = { row, input };
    this.rows.set(id, made);
    return made;
  }

  #button(text, label, act) {
    const made = element("button", { type: "button", className: "editor-tool", textContent: text, title: label });
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  }

  #at(id, change) {
    const found = marksOf(this.editor.state.doc).find(({ node }) => node.attrs.id === id);
    if (found) this.editor.view.dispatch(change(found.position, found.node));
  }

  /** The cursor goes behind the mark. */
  #back(id) {
    this.#at(id, (position) => {
      const { tr, doc } = this.editor.state;
      return tr.setSelection(TextSelection.create(doc, position + 1)).scrollIntoView();
    });
    this.editor.view.focus();
  }

  #remove(id) {
    this.#at(id, (position, node) => this.editor.state.tr.delete(position, position + node.nodeSize));
    this.editor.view.focus();
  }
}
