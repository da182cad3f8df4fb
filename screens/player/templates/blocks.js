// One block of the article tree to DOM; an unknown block is left out, so an old player still shows a newer piece.
import { el } from "./dom.js";

const MARKS = { b: "strong", i: "em", u: "u", s: "s", note: "sup" };

/** Inline text: [{t, m?, href?}]; a link is not a link on a screen. */
export function inline(parts) {
  return (parts ?? []).map((part) =>
    (part.note ? ["note"] : (part.m ?? [])).reduce((inner, mark) => (MARKS[mark] ? el(MARKS[mark], "", inner) : inner), part.t),
  );
}

const DRAW = {
  paragraph: (block) => el("p", "b-paragraph", ...inline(block.text)),
  heading: (block) => el(block.level === 3 ? "h3" : "h2", "b-heading", ...inline(block.text)),
  list: (block) => list(block.items, block.ordered, block.notes ? "b-list b-notes" : "b-list"),
  quote: (block) =>
    el("blockquote", "b-quote", el("p", "", ...inline(block.text)), block.cite && el("cite", "", block.cite)),
  image: (block, assets) => figure(assets[block.asset], block.caption),
  notice: (block) =>
    el("aside", "b-notice", el("strong", "b-notice__title", words(block.title)), el("p", "", ...inline(block.text))),
  table: (block) => table(block),
  divider: () => el("hr", "b-divider"),
  video: (block, assets) => figure(assets[block.poster], block.title),
};

const words = (text) => (typeof text === "string" ? text : inline(text).map((part) => part.textContent ?? part).join(""));

function figure(asset, caption) {
  if (!asset) return null;
  return el("figure", "b-image", picture(asset), caption && el("figcaption", "", words(caption)));
}

/** An image whose box is known before its bytes are, so that pages can be cut without loading anything. */
export function picture({ url, width, height }) {
  const image = el("img");
  image.alt = "";
  image.decoding = "sync";
  if (width && height) {
    image.width = width;
    image.height = height;
  }
  if (url) image.src = url;
  return image;
}

/** Items of one level; what is deeper becomes lists inside the item before it. */
function list(items, ordered, name) {
  const [{ level = 0 }] = items;
  const made = el(ordered ? "ol" : "ul", name);
  for (let at = 0; at < items.length; ) {
    const item = el("li", "", ...inline(items[at].text));
    for (at += 1; at < items.length && (items[at].level ?? 0) > level; ) {
      const start = at;
      const kind = Boolean(items[start].ordered);
      const same = ({ level: of = 0, ordered: how = false }) => of > level + 1 || (of > level && how === kind);
      while (at < items.length && same(items[at])) at += 1;
      item.append(list(items.slice(start, at), kind, "b-list"));
    }
    made.append(item);
  }
  return made;
}

function table(block) {
  const row = (tag) => (cells) => el("tr", "", ...cells.map((cell) => spanned(el(tag, "", ...inline(cell.text)), cell.span)));
  const rows = cellsOf(block);
  const [head, ...rest] = block.header ? rows : [null, ...rows];
  return el("table", "b-table", head && el("thead", "", row("th")(head)), el("tbody", "", ...rest.map(row("td"))));
}

/** Cells as they are drawn: what a merged one covers is left out, unless it has words. */
function cellsOf({ rows, spans = [] }) {
  const at = new Map(spans.map((span) => [`${span.row}/${span.column}`, span]));
  const isCovered = (row, column) =>
    spans.some((span) => !(span.row === row && span.column === column) && row >= span.row && row < span.row + span.rows && column >= span.column && column < span.column + span.columns);
  return rows.map((cells, row) =>
    cells
      .map((text, column) => ({ text, span: at.get(`${row}/${column}`), left: isCovered(row, column) && text.length === 0 }))
      .filter(({ left }) => !left));
}

function spanned(cell, span) {
  if (span?.rows > 1) cell.rowSpan = span.rows;
  if (span?.columns > 1) cell.colSpan = span.columns;
  return cell;
}

export function drawBlock(block, assets) {
  const draw = DRAW[block.type];
  const drawn = draw ? draw(block, assets) : null;
  if (drawn) drawn.dataset.block = block.id;
  return drawn;
}
