// Stable block ids: opinions, comparisons, tap zones and read-aloud hold on to them, so an id follows its content.
import { Extension, Fragment, Plugin, PluginKey, Slice } from "./tiptap.js";
import { isBlockId, newBlockId } from "./blocks.js";

const carriesId = (node) => "id" in (node.type.spec.attrs ?? {});

function idsOf(doc) {
  const found = new Set();
  doc.descendants((node) => {
    if (node.attrs.id) found.add(node.attrs.id);
    return !node.isAtom;
  });
  return found;
}

/** Blocks of `doc` whose id must be made new: none, malformed, or held twice. Of two holders made by a split at the
 * very beginning the empty one gives way, because the text is what an opinion was written about. */
function blocksWithoutOwnId(doc) {
  const holders = new Map();
  const renewed = [];
  doc.descendants((node, position) => {
    // Rows and cells carry none, but the footnotes in them do.
    if (!carriesId(node)) return !node.isAtom;
    const id = node.attrs.id;
    const holder = holders.get(id);
    if (!isBlockId(id)) renewed.push(position);
    else if (!holder) holders.set(id, { node, position });
    else if (holder.node.isTextblock && holder.node.content.size === 0 && node.content.size > 0) {
      renewed.push(holder.position);
      holders.set(id, { node, position });
    } else renewed.push(position);
    return !node.isAtom;
  });
  return renewed;
}

function withNewIds(state) {
  const positions = blocksWithoutOwnId(state.doc);
  if (!positions.length) return null;
  const transaction = state.tr;
  for (const position of positions) transaction.setNodeAttribute(position, "id", newBlockId());
  return transaction;
}

/** A pasted copy gets ids of its own, even when it lands before the original; cut and paste keeps them. */
function renewCopies(slice, taken) {
  const renew = (fragment) => {
    const nodes = [];
    fragment.forEach((node) => {
      const inner = node.isText ? node : node.copy(renew(node.content));
      const copied = carriesId(node) && taken.has(node.attrs.id);
      nodes.push(copied ? node.type.create({ ...node.attrs, id: null }, inner.content, node.marks) : inner);
    });
    return Fragment.from(nodes);
  };
  return new Slice(renew(slice.content), slice.openStart, slice.openEnd);
}

export const Identity = Extension.create({
  name: "identity",
  addProseMirrorPlugins: () => [
    new Plugin({
      key: new PluginKey("identity"),
      appendTransaction: (transactions, _before, state) =>
        transactions.some((transaction) => transaction.docChanged) ? withNewIds(state) : null,
      props: {
        transformPasted: (slice, view) => (view.dragging?.move ? slice : renewCopies(slice, idsOf(view.state.doc))),
      },
    }),
  ],
});
