// Tables: what the toolbar and the keyboard do to rows, columns, the header row and merged cells.
import {
  addColumnAfter, addColumnBefore, addRowAfter, addRowBefore, deleteColumn, deleteRow, deleteTable, goToNextCell,
  isInTable, mergeCells, splitCell,
} from "./tiptap.js";

const apply = (command) => (editor) => command(editor.state, editor.view.dispatch);

/** A command on the table around the cursor; the cursor goes back into the text. */
const onTable = (command) => (editor) => {
  apply(command)(editor);
  editor.commands.focus();
};

const inTable = (command) => ({ editor }) => isInTable(editor.state) && apply(command)(editor);

/** Tab walks through the cells; after the last one it begins a new row, as in every office program. */
export function tabInTable(editor, direction) {
  if (!isInTable(editor.state)) return false;
  if (apply(goToNextCell(direction))(editor)) return true;
  if (direction > 0 && apply(addRowAfter)(editor)) apply(goToNextCell(1))(editor);
  return true;
}

export const TABLE_KEYS = {
  "Mod-Alt-ArrowUp": inTable(addRowBefore),
  "Mod-Alt-ArrowDown": inTable(addRowAfter),
  "Mod-Alt-ArrowLeft": inTable(addColumnBefore),
  "Mod-Alt-ArrowRight": inTable(addColumnAfter),
  "Mod-Alt-Backspace": inTable(deleteRow),
  "Mod-Alt-Delete": inTable(deleteColumn),
};

export function insertTable(editor) {
  const row = { type: "tableRow", content: Array.from({ length: 3 }, () => ({ type: "tableCell" })) };
  editor.chain().focus().insertContent({ type: "table", attrs: { header: true }, content: [row, row, row] }).run();
}

function toggleHeader(editor) {
  const { $from } = editor.state.selection;
  for (let depth = $from.depth; depth > 0; depth -= 1) {
    const node = $from.node(depth);
    if (node.type.name !== "table") continue;
    const change = editor.state.tr.setNodeAttribute($from.before(depth), "header", !node.attrs.header);
    editor.view.dispatch(change);
    return;
  }
}

// name, what it does, shortcut
export const TABLE_TOOLS = [
  ["row_before", onTable(addRowBefore), "Ctrl+Alt+↑"],
  ["row_add", onTable(addRowAfter), "Ctrl+Alt+↓"],
  ["column_before", onTable(addColumnBefore), "Ctrl+Alt+←"],
  ["column_add", onTable(addColumnAfter), "Ctrl+Alt+→"],
  ["row_remove", onTable(deleteRow), "Ctrl+Alt+Backspace"],
  ["column_remove", onTable(deleteColumn), "Ctrl+Alt+Delete"],
  ["cells_merge", onTable(mergeCells), ""],
  ["cell_split", onTable(splitCell), ""],
  ["table_header", toggleHeader, ""],
  ["table_remove", onTable(deleteTable), ""],
];
