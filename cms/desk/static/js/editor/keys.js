// Keyboard: what Enter, Backspace and the shortcuts do in our blocks, and the Markdown-like beginnings of a line.
import { Extension, InputRule, TextSelection, tableEditing, textblockTypeInputRule } from "./tiptap.js";
import { leaveList, shiftItems, toggleList } from "./lists.js";
import { addFootnote } from "./notes.js";
import { TABLE_KEYS, tabInTable } from "./tables.js";

const BREAKS_INSIDE = new Set(["quote", "notice"]);

/** A quote or notice card is left by Enter on an empty last line. */
function leaveBlock(state, view) {
  const { $from } = state.selection;
  const { parent } = $from;
  const before = $from.nodeBefore;
  const atEmptyEnd = $from.parentOffset === parent.content.size && (!before || before.type.name === "hardBreak");
  if (!atEmptyEnd) return false;
  const transaction = state.tr;
  if (before) transaction.delete($from.pos - before.nodeSize, $from.pos);
  const after = transaction.mapping.map($from.after());
  transaction.insert(after, state.schema.nodes.paragraph.create());
  view.dispatch(transaction.setSelection(TextSelection.create(transaction.doc, after + 1)).scrollIntoView());
  return true;
}

function enter({ editor }) {
  const { state, view } = editor;
  if (leaveList(true)({ state, view })) return true;
  const parent = state.selection.$from.parent.type.name;
  if (parent === "tableCell") return editor.commands.setHardBreak();
  if (BREAKS_INSIDE.has(parent)) return leaveBlock(state, view) || editor.commands.setHardBreak();
  return false;
}

/** Backspace at the start of a heading or quote makes it a paragraph first; nothing is joined by surprise. */
function backspace({ editor }) {
  const { state, view } = editor;
  if (leaveList(false)({ state, view })) return true;
  const { $from, empty } = state.selection;
  if (!empty || $from.parentOffset > 0) return false;
  if (!["heading", "quote", "notice"].includes($from.parent.type.name)) return false;
  return editor.commands.setNode("paragraph", { id: $from.parent.attrs.id });
}

/** Moves the top-level block of the cursor up (-1) or down (+1) past its neighbour. */
export function moveBlock(editor, direction) {
  const { state, view } = editor;
  const { $from } = state.selection;
  const index = $from.index(0);
  const other = index + direction;
  if (other < 0 || other >= state.doc.childCount) return false;
  const start = $from.depth > 0 ? $from.before(1) : $from.pos;
  const block = state.doc.child(index);
  const neighbour = state.doc.child(other);
  const from = direction < 0 ? start - neighbour.nodeSize : start;
  const pair = direction < 0 ? [block, neighbour] : [neighbour, block];
  const transaction = state.tr.replaceWith(from, from + block.nodeSize + neighbour.nodeSize, pair);
  const shift = direction * neighbour.nodeSize;
  if (state.selection instanceof TextSelection) {
    const { anchor, head } = state.selection;
    transaction.setSelection(TextSelection.create(transaction.doc, anchor + shift, head + shift));
  }
  view.dispatch(transaction.scrollIntoView());
  return true;
}

const setBlock = (name, attributes = {}) => ({ editor }) => {
  const { parent } = editor.state.selection.$from;
  if (parent.type.name === "listItem" || parent.type.name === "tableCell") return false;
  return editor.commands.setNode(name, { id: parent.attrs.id, ...attributes });
};

export const setParagraph = setBlock("paragraph");
export const setHeading = (level) => setBlock("heading", { level });
export const setQuote = setBlock("quote");

const listRule = (find, ordered) =>
  new InputRule({
    find,
    handler: ({ state, range, chain }) => {
      if (state.doc.resolve(range.from).parent.type.name !== "paragraph") return null;
      chain()
        .deleteRange(range)
        .command(({ editor }) => {
          // The rule's own transaction must be applied before the blocks are counted.
          queueMicrotask(() => toggleList(editor, ordered));
          return true;
        })
        .run();
      return undefined;
    },
  });

export const Keys = Extension.create({
  name: "blockKeys",
  priority: 1100,
  addKeyboardShortcuts: () => ({
    Enter: enter,
    Backspace: backspace,
    "Mod-Alt-0": setParagraph,
    "Mod-Alt-2": setHeading(2),
    "Mod-Alt-3": setHeading(3),
    "Mod-Shift-7": ({ editor }) => toggleList(editor, true),
    "Mod-Shift-8": ({ editor }) => toggleList(editor, false),
    "Mod-Shift-9": setQuote,
    "Alt-ArrowUp": ({ editor }) => moveBlock(editor, -1),
    "Alt-ArrowDown": ({ editor }) => moveBlock(editor, 1),
    Tab: ({ editor }) => shiftItems(editor, 1) || tabInTable(editor, 1),
    "Shift-Tab": ({ editor }) => shiftItems(editor, -1) || tabInTable(editor, -1),
    "Mod-Alt-f": ({ editor }) => addFootnote(editor),
    ...TABLE_KEYS,
  }),
  addInputRules() {
    const { heading, quote } = this.editor.schema.nodes;
    const keepId = () => ({ id: this.editor.state.selection.$from.parent.attrs.id });
    return [
      textblockTypeInputRule({ find: /^##\s$/, type: heading, getAttributes: () => ({ level: 2, ...keepId() }) }),
      textblockTypeInputRule({ find: /^###\s$/, type: heading, getAttributes: () => ({ level: 3, ...keepId() }) }),
      textblockTypeInputRule({ find: /^[>》]\s$/, type: quote, getAttributes: keepId }),
      listRule(/^[-*]\s$/, false),
      listRule(/^1[.．、]\s?$/, true),
    ];
  },
  addProseMirrorPlugins: () => [tableEditing()],
});
