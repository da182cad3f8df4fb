// Lists are one level deep and their items hold text directly, as in the block schema; these commands keep them so.
import { TextSelection } from "./tiptap.js";

const isList = (node) => node.type.name === "list";
const isPlain = (node) => ["paragraph", "heading", "quote"].includes(node.type.name);

/** The list around the cursor: {list, position, index, offset}, or null. */
export function listAround(state) {
  const { $from } = state.selection;
  if ($from.depth < 2 || $from.node(-1).type.name !== "list") return null;
  return {
    list: $from.node(-1),
    position: $from.before(-1),
    index: $from.index(-1),
    offset: $from.parentOffset,
  };
}

const listOf = (list, items, attrs) => (items.length ? [list.type.create(attrs, items)] : []);

/** Items `from` to `to` (exclusive) of a list become paragraphs; what stands before and after stays a list. */
function unwrapItems(state, found, from, to) {
  const { list, position } = found;
  const { paragraph } = state.schema.nodes;
  const items = list.content.content;
  const nodes = [
    ...listOf(list, items.slice(0, from), list.attrs),
    ...items.slice(from, to).map((item) => paragraph.create({ id: item.attrs.id }, item.content)),
    ...listOf(list, items.slice(to), { ...list.attrs, id: from === 0 ? list.attrs.id : null }),
  ];
  const transaction = state.tr.replaceWith(position, position + list.nodeSize, nodes);
  const before = nodes.slice(0, (from > 0 ? 1 : 0) + (found.index - from));
  const start = position + before.reduce((sum, node) => sum + node.nodeSize, 0);
  return transaction.setSelection(TextSelection.create(transaction.doc, start + 1 + found.offset)).scrollIntoView();
}

/** Enter in an empty item, or Backspace at its start: the item leaves the list. */
export const leaveList = (onlyEmpty) => ({ state, view }) => {
  const found = listAround(state);
  const { $from, empty } = state.selection;
  if (!found || !empty || $from.parentOffset > 0) return false;
  if (onlyEmpty && $from.parent.content.size > 0) return false;
  view.dispatch(unwrapItems(state, found, found.index, found.index + 1));
  return true;
};

/** Top-level blocks the selection touches, as {node, position}. */
function touchedBlocks(state) {
  const { from, to } = state.selection;
  const touched = [];
  state.doc.forEach((node, position) => {
    if (position < Math.max(to, from + 1) && position + node.nodeSize > from) touched.push({ node, position });
  });
  return touched;
}

function wrapBlocks(state, touched, ordered) {
  const { list, listItem } = state.schema.nodes;
  const items = touched.flatMap(({ node }) =>
    isList(node) ? node.content.content : [listItem.create({ id: node.attrs.id }, node.content)],
  );
  const last = touched[touched.length - 1];
  const start = touched[0].position;
  const transaction = state.tr.replaceWith(start, last.position + last.node.nodeSize, list.create({ ordered }, items));
  // Each wrapped text moved one level deeper; a single one keeps its cursor.
  const cursor = touched.length === 1 ? state.selection.from + 1 : start + transaction.doc.nodeAt(start).nodeSize - 2;
  return transaction.setSelection(TextSelection.create(transaction.doc, cursor)).scrollIntoView();
}

/** The selection becomes a list of the kind asked for; a list of that kind becomes paragraphs. */
export function toggleList(editor, ordered) {
  const { state, view } = editor;
  const touched = touchedBlocks(state);
  const found = listAround(state);
  if (found && touched.length === 1) {
    const change =
      Boolean(found.list.attrs.ordered) === ordered
        ? unwrapItems(state, found, 0, found.list.childCount)
        : state.tr.setNodeAttribute(found.position, "ordered", ordered);
    view.dispatch(change);
    return true;
  }
  if (!touched.length || !touched.every(({ node }) => isPlain(node) || isList(node))) return false;
  view.dispatch(wrapBlocks(state, touched, ordered));
  return true;
}
