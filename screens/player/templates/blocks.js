// One block of the article tree to DOM; an unknown block is left out, so an old player still shows a newer piece.
import { el } from "./dom.js";

const MARKS = { b: "strong", i: "em", u: "u", s: "s" };

/** Inline text: [{t, m?, href?}]; a link is not a link on a screen. */
export function inline(parts) {
  return (parts ?? []).map((part) =>
    (part.m ?? []).reduce((inner, mark) => (MARKS[mark] ? el(MARKS[mark], "", inner) : inner), part.t),
  );
}

const DRAW = {
  paragraph: (block) => el("p", "b-paragraph", ...inline(block.text)),
  heading: (block) => el(block.level === 3 ? "h3" : "h2", "b-heading", ...inline(block.text)),
  list: (block) =>
    el(block.ordered ? "ol" : "ul", "b-list", ...block.items.map((item) => el("li", "", ...inline(item.text)))),
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

function table(block) {
  const row = (tag) => (cells) => el("tr", "", ...cells.map((cell) => el(tag, "", ...inline(cell))));
  const [head, ...rest] = block.header ? block.rows : [null, ...block.rows];
  return el("table", "b-table", head && el("thead", "", row("th")(head)), el("tbody", "", ...rest.map(row("td"))));
}

export function drawBlock(block, assets) {
  const draw = DRAW[block.type];
  const drawn = draw ? draw(block, assets) : null;
  if (drawn) drawn.dataset.block = block.id;
  return drawn;
}
