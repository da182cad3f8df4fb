// Plain inputs inside blocks: what the views of quotes, notice cards, pictures and videos share.

export const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};

/** An input bound to one attribute of the node at `getPos()`. */
export function field({ editor, getPos, name, value, label, className }) {
  const input = element("input", { type: "text", value, placeholder: label, className });
  input.setAttribute("aria-label", label);
  input.readOnly = !editor.isEditable;
  input.addEventListener("input", () => {
    editor.view.dispatch(editor.state.tr.setNodeAttribute(getPos(), name, input.value));
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      editor.commands.focus(getPos() + editor.state.doc.nodeAt(getPos()).nodeSize - 1);
    }
  });
  return input;
}

export const keepValue = (input, value) => {
  if (input.value !== value) input.value = value;
};

/** The parts every view of ours shares: events inside inputs are theirs, not ProseMirror's. */
export const shell = (dom, contentDOM, inputs) => ({
  dom,
  contentDOM,
  stopEvent: (event) => inputs.includes(event.target) || event.target.closest?.("button") !== null,
  ignoreMutation: (mutation) => mutation.type !== "selection" && !contentDOM?.contains(mutation.target),
});

export const labelsOf = (editor) => editor.storage.labels.texts;
