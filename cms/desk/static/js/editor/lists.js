// Lists hold items with text directly, each with a level, as in the block schema; these commands keep them so.
import { TextSelection } from "./tiptap.js";
import { MAX_LEVEL } from "./blocks.js";

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

/** The items the selection touches, with their positions. */
function touchedItems(state) {
  const found = [];
  const { from, to } = state.selection;
  state.doc.nodesBetween(from, to, (node, position) => {
    if (node.type.name === "listItem") found.push({ node, position });
    return !node.isTextblock;
  });
  return found;
}

/** Moves the items of the selection one level in (+1) or out (-1), what hangs below them with them. False outside of
 * lists, so that Tab keeps its other meanings; true at the ends, so that it does not leave the text by surprise. */
export function shiftItems(editor, step) {
  const { state, view } = editor;
  const found = listAround(state);
  if (!found) return false;
  const transaction = state.tr;
  const touched = new Set(touchedItems(state).map(({ position }) => position));
  let shifting = null;
  let before = -1;
  found.list.forEach((item, offset) => {
    const position = found.position + 1 + offset;
    const { level, ordered } = item.attrs;
    if (shifting !== null && level <= shifting && !touched.has(position)) shifting = null;
    if (touched.has(position) && shifting === null) shifting = level;
    const next = shifting === null ? level : Math.max(0, Math.min(level + step, MAX_LEVEL));
    const placed = Math.min(next, before + 1);
    before = placed;
    if (placed === level) return;
    // A level that begins takes the kind of the list around it.
    const kind = placed > 0 && (level === 0 ? found.list.attrs.ordered : ordered);
    transaction.setNodeMarkup(position, null, { ...item.attrs, level: placed, ordered: Boolean(kind) });
  });
  if (transaction.docChanged) view.dispatch(transaction);
  return true;
}

/** Enter in an empty item, or Backspace at its start: the item leaves the list. */
export const leaveList = (onlyEmpty) => ({ state, view }) => {
  const found = listAround(state);
  const { $from, empty } = state.selection;
  if (!found || !empty || $from.parentOffset > 0) return false;
  if (onlyEmpty && $from.parent.content.size > 0) return false;
  if ($from.parent.attrs.level > 0) return shiftItems({ state, view }, -1);
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

/** Inside a nested level the kind of that level changes: the neighbours on it, up to the item they hang below. */
function kindOfLevel(state, found, ordered) {
  const transaction = state.tr;
  const items = [];
  found.list.forEach((item, offset) => items.push({ item, position: found.position + 1 + offset }));
  const { level } = items[found.index].item.attrs;
  const mark = (index) => {
    const { item, position } = items[index];
    if (item.attrs.level === level) transaction.setNodeAttribute(position, "ordered", ordered);
  };
  for (let index = found.index; index >= 0 && items[index].item.attrs.level >= level; index -= 1) mark(index);
  for (let index = found.index + 1; index < items.length && items[index].item.attrs.level >= level; index += 1) mark(index);
  return transaction;
}

/** The selection becomes a list of the kind asked for; a list of that kind becomes paragraphs. */
export function toggleList(editor, ordered) {
  const { state, view } = editor;
  const touched = touchedBlocks(state);
  const found = listAround(state);
  if (found && touched.length === 1 && state.selection.$from.parent.attrs.level > 0) {
    view.dispatch(kindOfLevel(state, found, ordered));
    return true;
  }
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
