// The node types of the block schema. Each block carries its stable id in the attribute `id`.
import { cardView } from "./card.js";
import { Node, mergeAttributes } from "./tiptap.js";
import { MAX_LEVEL } from "./blocks.js";
import { footnoteView } from "./notes.js";
import { pendingView } from "./pending.js";
import { videoView } from "./video.js";
import { attributionView, figureView, noticeView } from "./views.js";

const id = {
  default: null,
  parseHTML: (element) => element.getAttribute("data-block"),
  renderHTML: (attributes) => (attributes.id ? { "data-block": attributes.id } : {}),
};

/** An attribute kept in `data-<name>` when a block travels through the clipboard. */
const data = (name, fallback = "") => ({
  default: fallback,
  parseHTML: (element) => element.getAttribute(`data-${name}`) ?? fallback,
  renderHTML: (attributes) => (attributes[name] ? { [`data-${name}`]: attributes[name] } : {}),
});

const textBlock = { group: "block", content: "inline*", defining: true };

const Paragraph = Node.create({
  ...textBlock,
  name: "paragraph",
  priority: 1000,
  defining: false,
  addAttributes: () => ({ id }),
  parseHTML: () => [{ tag: "p" }],
  renderHTML: ({ HTMLAttributes }) => ["p", HTMLAttributes, 0],
});

const Heading = Node.create({
  ...textBlock,
  name: "heading",
  addAttributes: () => ({ id, level: { default: 2, rendered: false } }),
  // h1 is the title of the piece; deeper levels than three have no form on a street screen.
  parseHTML: () => [
    { tag: "h1", attrs: { level: 2 } },
    { tag: "h2", attrs: { level: 2 } },
    { tag: "h3", attrs: { level: 3 } },
    { tag: "h4", attrs: { level: 3 } },
    { tag: "h5", attrs: { level: 3 } },
    { tag: "h6", attrs: { level: 3 } },
  ],
  renderHTML: ({ node, HTMLAttributes }) => [`h${node.attrs.level}`, HTMLAttributes, 0],
});

const List = Node.create({
  name: "list",
  group: "block",
  content: "listItem+",
  addAttributes: () => ({ id, ordered: { default: false, rendered: false } }),
  parseHTML: () => [
    { tag: "ul", attrs: { ordered: false } },
    { tag: "ol", attrs: { ordered: true } },
  ],
  renderHTML: ({ node, HTMLAttributes }) => [node.attrs.ordered ? "ol" : "ul", HTMLAttributes, 0],
});

const ListItem = Node.create({
  name: "listItem",
  content: "inline*",
  defining: true,
  // Items are stored flat with a level, so that a reader without levels still shows every item.
  addAttributes: () => ({
    id,
    level: {
      default: 0,
      parseHTML: (element) => Math.min(MAX_LEVEL, Number(element.getAttribute("data-level")) || 0),
      renderHTML: ({ level }) => (level ? { "data-level": level } : {}),
    },
    ordered: {
      default: false,
      parseHTML: (element) => element.hasAttribute("data-ordered"),
      renderHTML: ({ ordered }) => (ordered ? { "data-ordered": "" } : {}),
    },
  }),
  parseHTML: () => [{ tag: "li" }],
  renderHTML: ({ HTMLAttributes }) => ["li", HTMLAttributes, 0],
});

const Quote = Node.create({
  ...textBlock,
  name: "quote",
  addAttributes: () => ({ id, cite: data("cite") }),
  parseHTML: () => [{ tag: "blockquote" }],
  renderHTML: ({ HTMLAttributes }) => ["blockquote", HTMLAttributes, 0],
  addNodeView: () => attributionView,
});

const Notice = Node.create({
  ...textBlock,
  name: "notice",
  isolating: true,
  addAttributes: () => ({ id, title: data("title") }),
  parseHTML: () => [{ tag: "aside[data-notice]" }],
  renderHTML: ({ HTMLAttributes }) => ["aside", mergeAttributes({ "data-notice": "" }, HTMLAttributes), 0],
  addNodeView: () => noticeView,
});

const Divider = Node.create({
  name: "divider",
  group: "block",
  selectable: true,
  addAttributes: () => ({ id }),
  parseHTML: () => [{ tag: "hr" }],
  renderHTML: ({ HTMLAttributes }) => ["hr", HTMLAttributes],
});

const Image = Node.create({
  name: "image",
  group: "block",
  atom: true,
  draggable: true,
  addAttributes: () => ({ id, asset: data("asset", null), alt: data("alt"), caption: data("caption") }),
  // A foreign <img> names no asset of ours: it is not a picture of the piece until it has been uploaded.
  parseHTML: () => [{ tag: "figure[data-asset]" }],
  renderHTML: ({ HTMLAttributes }) => ["figure", HTMLAttributes],
  addOptions: () => ({ assetUrl: "", labels: {} }),
  addNodeView() {
    return figureView(this.options);
  },
});

/** A picture of a pasted page while the server fetches it; it never gets into the piece as such. */
const Pending = Node.create({
  name: "pending",
  group: "block",
  atom: true,
  draggable: true,
  addAttributes: () => ({ key: data("pending", null) }),
  parseHTML: () => [{ tag: "figure[data-pending]" }],
  renderHTML: ({ node }) => ["figure", { "data-pending": node.attrs.key }],
  addOptions: () => ({ pictures: null }),
  addNodeView() {
    return pendingView(this.options);
  },
});

/** The mark of a footnote; its text stands in the list below the article while people write. */
const Footnote = Node.create({
  name: "footnote",
  group: "inline",
  inline: true,
  atom: true,
  selectable: true,
  marks: "",
  addAttributes: () => ({ id, text: { default: "", rendered: false, parseHTML: (e) => e.getAttribute("data-note") ?? "" } }),
  parseHTML: () => [{ tag: "sup[data-note]" }],
  renderHTML: ({ node, HTMLAttributes }) => ["sup", mergeAttributes({ "data-note": node.attrs.text }, HTMLAttributes)],
  addNodeView: () => footnoteView,
});

const Video = Node.create({
  name: "video",
  group: "block",
  atom: true,
  draggable: true,
  addAttributes: () => ({ id, asset: data("video", null), title: data("title"), poster: data("poster") }),
  parseHTML: () => [{ tag: "div[data-video]" }],
  renderHTML: ({ node, HTMLAttributes }) => ["div", HTMLAttributes, node.attrs.title],
  addOptions: () => ({ assetUrl: "", videosUrl: "", labels: {} }),
  addNodeView() {
    return videoView(this.options);
  },
});

/** Its fields travel with it: a card that is moved or pasted stays the card that it was. */
const DataCard = Node.create({
  name: "data",
  group: "block",
  atom: true,
  draggable: true,
  addAttributes: () => ({
    id,
    feed: data("feed"),
    title: data("title"),
    fields: {
      default: [],
      parseHTML: (element) => listed(element.getAttribute("data-fields")),
      renderHTML: ({ fields }) => ({ "data-fields": JSON.stringify(fields) }),
    },
  }),
  parseHTML: () => [{ tag: "figure[data-feed]" }],
  renderHTML: ({ HTMLAttributes }) => ["figure", HTMLAttributes],
  addOptions: () => ({ feedsUrl: "" }),
  addNodeView() {
    return cardView(this.options);
  },
});

/** A list out of what a foreign page may have written. */
function listed(text) {
  try {
    const found = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

const Table = Node.create({
  name: "table",
  group: "block",
  content: "tableRow+",
  isolating: true,
  tableRole: "table",
  addAttributes: () => ({
    id,
    header: {
      default: false,
      parseHTML: (element) => element.querySelector("tr:first-child th") !== null,
      renderHTML: (attributes) => (attributes.header ? { "data-header": "" } : {}),
    },
  }),
  parseHTML: () => [{ tag: "table" }],
  renderHTML: ({ HTMLAttributes }) => ["table", HTMLAttributes, ["tbody", 0]],
  extendNodeSchema: (extension) => ({ tableRole: extension.config.tableRole }),
});

const TableRow = Node.create({
  name: "tableRow",
  // A row that merged cells of the rows above cover whole has no cell of its own.
  content: "tableCell*",
  tableRole: "row",
  parseHTML: () => [{ tag: "tr" }],
  renderHTML: () => ["tr", 0],
});

// No table of ours is larger: a foreign page may say anything.
const MOST_SPANNED = 100;
const span = (name) => ({
  default: 1,
  parseHTML: (element) => Math.min(MOST_SPANNED, Math.max(1, Number.parseInt(element.getAttribute(name), 10) || 1)),
  renderHTML: (attributes) => (attributes[name] > 1 ? { [name]: attributes[name] } : {}),
});

const TableCell = Node.create({
  name: "tableCell",
  content: "inline*",
  isolating: true,
  tableRole: "cell",
  addAttributes: () => ({ colspan: span("colspan"), rowspan: span("rowspan"), colwidth: { default: null, rendered: false } }),
  parseHTML: () => [{ tag: "td" }, { tag: "th" }],
  renderHTML: ({ HTMLAttributes }) => ["td", HTMLAttributes, 0],
});

/** Every node of the schema, for an editor whose pictures come from `assetUrl` and whose videos are told by
 * `videosUrl` (patterns with `{asset}`). */
export const blockNodes = (options) => [
  Paragraph,
  Heading,
  List,
  ListItem,
  Quote,
  Notice,
  Divider,
  Footnote,
  Image.configure(options),
  Pending.configure(options),
  Video.configure(options),
  DataCard.configure(options),
  Table,
  TableRow,
  TableCell,
];
