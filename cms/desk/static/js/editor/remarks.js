// What reviewers wrote about single blocks, beside the block it is about, for as long as the block is there.
import { Decoration, DecorationSet, Extension, Plugin, PluginKey } from "./tiptap.js";

export const Remarks = Extension.create({
  name: "remarks",
  addOptions: () => ({ by: {} }),
  addProseMirrorPlugins() {
    const { by } = this.options;
    if (!Object.keys(by).length) return [];
    const decorations = ({ doc }) => {
      const found = [];
      doc.descendants((node, position) => {
        const text = by[node.attrs.id];
        if (text) {
          const shown = { class: "has-remark", "data-remark": text };
          found.push(Decoration.node(position, position + node.nodeSize, shown));
        }
        return !node.isTextblock;
      });
      return DecorationSet.create(doc, found);
    };
    return [new Plugin({ key: new PluginKey("remarks"), props: { decorations } })];
  },
});
