// Our block tree <-> ProseMirror JSON, pure: no DOM, no editor. Schema 1 of docs/formats.md section 5.

export const SCHEMA = 1;
export const MAX_LEVEL = 3;

const ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
const ID_LENGTH = 12;
const ID_FORM = /^b_[a-z0-9]{12}$/;
// One order for marks, so that equal text has one form.
const MARK_ORDER = ["b", "i", "u", "s"];
const MARK_NAMES = { b: "bold", i: "italic", u: "underline", s: "strike" };
const MARK_CODES = { bold: "b", italic: "i", underline: "u", strike: "s" };

/** A new block id: 12 random characters; 36^12 leaves no room for chance. */
export function newBlockId() {
  let id = "b_";
  while (id.length < ID_LENGTH + 2) {
    for (const byte of crypto.getRandomValues(new Uint8Array(24))) {
      // 252 = 7 × 36: larger bytes would favour the first letters.
      if (byte < 252 && id.length < ID_LENGTH + 2) id += ID_ALPHABET[byte % 36];
    }
  }
  return id;
}

export const isBlockId = (id) => typeof id === "string" && ID_FORM.test(id);

export const emptyDocument = () => ({ schema: SCHEMA, blocks: [] });

// ---------------------------------------------------------------- blocks -> ProseMirror

function marksOf(inline) {
  const marks = (inline.m ?? []).map((code) => ({ type: MARK_NAMES[code] }));
  if (inline.href) marks.push({ type: "link", attrs: { href: inline.href } });
  return marks;
}

function inlineNodes(text) {
  const nodes = [];
  for (const inline of text) {
    if (inline.note) {
      nodes.push({ type: "footnote", attrs: { id: inline.note.id, text: inline.note.text } });
      continue;
    }
    const marks = marksOf(inline);
    const withMarks = (node) => (marks.length ? { ...node, marks } : node);
    inline.t.split("\n").forEach((line, index) => {
      if (index > 0) nodes.push(withMarks({ type: "hardBreak" }));
      if (line) nodes.push(withMarks({ type: "text", text: line }));
    });
  }
  return nodes;
}

const textNode = (type, attrs, text) => {
  const content = inlineNodes(text);
  return content.length ? { type, attrs, content } : { type, attrs };
};

const WRITERS = {
  paragraph: (block) => textNode("paragraph", { id: block.id }, block.text),
  heading: (block) => textNode("heading", { id: block.id, level: block.level }, block.text),
  quote: (block) => textNode("quote", { id: block.id, cite: block.cite ?? "" }, block.text),
  notice: (block) => textNode("notice", { id: block.id, title: block.title }, block.text),
  divider: (block) => ({ type: "divider", attrs: { id: block.id } }),
  list: (block) => ({
    type: "list",
    attrs: { id: block.id, ordered: block.ordered },
    content: block.items.map(({ id, text, level = 0, ordered = false }) =>
      textNode("listItem", { id, level, ordered }, text)),
  }),
  image: (block) => ({
    type: "image",
    attrs: { id: block.id, asset: block.asset, alt: block.alt, caption: block.caption ?? "" },
  }),
  video: (block) => ({
    type: "video",
    attrs: { id: block.id, asset: block.asset, title: block.title, poster: block.poster ?? "" },
  }),
  data: ({ id, feed, fields, title = "" }) => ({ type: "data", attrs: { id, feed, fields, title } }),
  table: (block) => ({
    type: "table",
    attrs: { id: block.id, header: block.header },
    content: gridOf(block),
  }),
};

/** The ProseMirror document of a block document. Throws on a block type this editor does not know: dropping it
 * silently would lose somebody's work. */
export function toDoc(document) {
  if (document.schema !== SCHEMA) throw new Error(`unknown block schema ${document.schema}`);
  const content = document.blocks.map((block) => {
    const write = WRITERS[block.type];
    if (!write) throw new Error(`unknown block type ${block.type}`);
    return write(block);
  });
  return { type: "doc", content: content.length ? content : [{ type: "paragraph", attrs: { id: null } }] };
}

// ---------------------------------------------------------------- ProseMirror -> blocks

function inlineOf(node) {
  if (node.type === "footnote") return { t: "", note: { id: idOf(node), text: node.attrs.text ?? "" } };
  const inline = { t: node.type === "hardBreak" ? "\n" : node.text };
  const codes = new Set((node.marks ?? []).map((mark) => MARK_CODES[mark.type]));
  const marks = MARK_ORDER.filter((code) => codes.has(code));
  if (marks.length) inline.m = marks;
  const link = (node.marks ?? []).find((mark) => mark.type === "link");
  if (link?.attrs?.href) inline.href = link.attrs.href;
  return inline;
}

/** The footnotes of a block, in order. */
export const notesOf = (block) =>
  [block.text ?? [], ...(block.items ?? []).map((item) => item.text), ...(block.rows ?? []).flat()]
    .flat()
    .flatMap((inline) => (inline.note ? [inline.note] : []));

const sameStyle = (one, other) =>
  one.href === other.href && (one.m ?? []).join() === (other.m ?? []).join();

/** Inline text in its one form: no empty runs, equal neighbours joined. */
export function joinInlines(inlines) {
  const joined = [];
  for (const inline of inlines) {
    const last = joined[joined.length - 1];
    if (!inline.t && !inline.note) continue;
    if (last && !last.note && !inline.note && sameStyle(last, inline)) last.t += inline.t;
    else joined.push({ ...inline });
  }
  return joined;
}

const textOf = (node) => joinInlines((node.content ?? []).map(inlineOf));

const idOf = (node) => node.attrs?.id ?? newBlockId();

/** Only fields that say something are stored. */
const optional = (field, value) => (value ? { [field]: value } : {});

/** Items with their levels: none deeper than one below the item before it. */
function itemsOf(list) {
  let deepest = 0;
  return list.content.map((item) => {
    const level = Math.min(item.attrs?.level ?? 0, deepest, MAX_LEVEL);
    deepest = level + 1;
    const ordered = level > 0 && item.attrs?.ordered;
    return { id: idOf(item), text: textOf(item), ...optional("level", level), ...(ordered ? { ordered: true } : {}) };
  });
}

/** Rows of cells as the editor has them: what a merged cell covers has no cell of its own. */
function gridOf({ rows, spans = [] }) {
  const merged = new Map(spans.map((span) => [`${span.row}/${span.column}`, span]));
  const covered = new Set();
  for (const span of spans) {
    for (let i = 0; i < span.rows; i += 1) {
      for (let j = 0; j < span.columns; j += 1) if (i || j) covered.add(`${span.row + i}/${span.column + j}`);
    }
  }
  return rows.map((row, i) => ({
    type: "tableRow",
    content: row.flatMap((cell, j) => {
      if (covered.has(`${i}/${j}`)) return [];
      const span = merged.get(`${i}/${j}`);
      return [textNode("tableCell", span ? { rowspan: span.rows, colspan: span.columns } : {}, cell)];
    }),
  }));
}

/** The full grid and its merged cells: covered places are empty, short rows are filled up. */
function tableOf(table) {
  const { content } = table;
  const rows = content.map(() => []);
  const spans = [];
  content.forEach((row, i) => {
    let column = 0;
    for (const cell of row.content ?? []) {
      while (rows[i][column]) column += 1;
      const tall = Math.min(cell.attrs?.rowspan ?? 1, rows.length - i);
      const wide = cell.attrs?.colspan ?? 1;
      for (let k = 0; k < tall; k += 1) for (let j = 0; j < wide; j += 1) rows[i + k][column + j] = [];
      rows[i][column] = textOf(cell);
      if (tall * wide > 1) spans.push({ row: i, column, rows: tall, columns: wide });
      column += wide;
    }
  });
  const width = Math.max(...rows.map((row) => row.length));
  const full = rows.map((row) => Array.from({ length: width }, (_, column) => row[column] ?? []));
  // A header row that goes into the rows below it is no header row any more.
  const header = Boolean(table.attrs.header) && !spans.some((span) => span.row === 0 && span.rows > 1);
  return { type: "table", header, rows: full, ...(spans.length ? { spans } : {}) };
}

const READERS = {
  paragraph: (node) => ({ type: "paragraph", text: textOf(node) }),
  heading: (node) => ({ type: "heading", level: node.attrs.level, text: textOf(node) }),
  quote: (node) => ({ type: "quote", text: textOf(node), ...optional("cite", node.attrs.cite) }),
  notice: (node) => ({ type: "notice", title: node.attrs.title ?? "", text: textOf(node) }),
  divider: () => ({ type: "divider" }),
  list: (node) => ({
    type: "list",
    ordered: Boolean(node.attrs.ordered),
    items: itemsOf(node),
  }),
  image: (node) => ({
    type: "image",
    asset: node.attrs.asset,
    alt: node.attrs.alt ?? "",
    ...optional("caption", node.attrs.caption),
  }),
  video: (node) => ({
    type: "video",
    asset: node.attrs.asset,
    title: node.attrs.title ?? "",
    ...optional("poster", node.attrs.poster),
  }),
  data: ({ attrs: { feed, fields, title } }) => ({ type: "data", feed, fields, ...optional("title", title) }),
  table: tableOf,
};

/** The block document of a ProseMirror document's JSON. */
export function fromDoc(doc) {
  // A picture that is still on its way is no block of the piece yet.
  const settled = (doc.content ?? []).filter((node) => node.type !== "pending");
  const blocks = settled.map((node) => ({ id: idOf(node), ...READERS[node.type](node) }));
  return { schema: SCHEMA, blocks };
}

// ---------------------------------------------------------------- counting

function textsOf(block) {
  return [...ownTexts(block), ...notesOf(block).map((note) => note.text)];
}

function ownTexts(block) {
  const plain = (inlines) => inlines.map((inline) => inline.t).join("");
  switch (block.type) {
    case "list":
      return block.items.map((item) => plain(item.text));
    case "table":
      return block.rows.flat().map(plain);
    case "notice":
      return [block.title, plain(block.text)];
    case "quote":
      return [plain(block.text), block.cite ?? ""];
    case "image":
      return [block.caption ?? ""];
    case "data":
    case "divider":
    case "video":
      return [];
    default:
      return [plain(block.text)];
  }
}

// 字数 as editors here count it: a Han character or a full-width mark is one, a run of Latin letters or digits is one.
const WIDE = /[\p{Script=Han}\u3000-\u303f\uff01-\uff60\u2014\u2018\u2019\u201c\u201d\u2026]/gu;
const GRAPHEMES = new Intl.Segmenter("zh-CN", { granularity: "grapheme" });
const RUN = /[\p{Script=Latin}\p{Nd}]+(?:[.,'-][\p{Script=Latin}\p{Nd}]+)*/gu;

/** The number of words of a text as a Chinese word processor counts them. */
export function countWords(text) {
  return (text.match(WIDE) ?? []).length + (text.match(RUN) ?? []).length;
}

/** Characters as people count them: an emoji of several parts and a rare character are one each; line breaks none. */
export function countCharacters(text) {
  let count = 0;
  for (const { segment } of GRAPHEMES.segment(text)) if (segment !== "\n") count += 1;
  return count;
}

/** Words, characters and pictures of a block document. */
export function measure(document) {
  const texts = document.blocks.flatMap(textsOf);
  const words = texts.reduce((sum, text) => sum + countWords(text), 0);
  const characters = texts.reduce((sum, text) => sum + countCharacters(text), 0);
  const pictures = document.blocks.filter((block) => block.type === "image").length;
  return { words, characters, pictures };
}
