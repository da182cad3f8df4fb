// HTML of other programs as HTML our schema reads: Word, WPS, web pages, WeChat articles. Works on an inert document:
// nothing of it is loaded or run. Words are never dropped here; what has no place in the schema becomes plain text.
import { rebuildWordLists, flattenLists } from "./clean-lists.js";
import { takePictures } from "./clean-pictures.js";

// Even an inert document reports inline styles and handlers to the content security policy, so that real breaches
// would drown among them: they are renamed before parsing.
const defused = (html) =>
  html
    .replace(/<(\/?)style\b/gi, "<$1x-style")
    .replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\s(style|on[a-z]+)\s*=/gi, " data-$1="));

const styleOf = (node) => node.getAttribute("data-style") ?? "";
const HIDDEN = /(^|;)\s*(display\s*:\s*none|mso-hide\s*:\s*all|visibility\s*:\s*hidden)/i;
// What carries no words a reader sees.
const SILENT = "x-style, script, template, noscript, object, embed, title, meta, link, svg, audio, canvas, button, input, select, textarea";
const STYLES = [
  ["b", /font-weight\s*:\s*(bold|[6-9]00)/i],
  ["i", /font-style\s*:\s*italic/i],
  ["u", /text-decoration(-line)?\s*:[^;]*underline/i],
  ["s", /text-decoration(-line)?\s*:[^;]*line-through/i],
];
const PLAIN = { B: /font-weight\s*:\s*(normal|[1-4]00)/i, STRONG: /font-weight\s*:\s*(normal|[1-4]00)/i, I: /font-style\s*:\s*normal/i, EM: /font-style\s*:\s*normal/i };
// Blocks whose content is one line of text in our schema.
const TEXT_ONLY = "li, td, th, blockquote, dt, dd, caption";
const BLOCKS = "p, div, section, article, h1, h2, h3, h4, h5, h6, pre, address, center, ul, ol, dl, table, figure, blockquote";

const unwrap = (node) => node.replaceWith(...node.childNodes);

/** Hidden text, and text that only a browser of long ago would have shown. */
function dropHidden(root) {
  for (const node of root.querySelectorAll("[data-style]")) if (HIDDEN.test(styleOf(node))) node.remove();
}

/** Marks written as styles become marks; marks that their own style takes back go. */
function marksFromStyles(root) {
  for (const node of root.querySelectorAll("b[data-style], strong[data-style], i[data-style], em[data-style]")) {
    if (PLAIN[node.nodeName].test(styleOf(node))) unwrap(node);
  }
  for (const span of root.querySelectorAll("span[data-style]")) {
    if (span.closest("h1, h2, h3, h4, h5, h6")) continue;
    for (const [tag, form] of STYLES) {
      if (!form.test(styleOf(span)) || !span.textContent.trim()) continue;
      const mark = root.ownerDocument.createElement(tag);
      mark.append(...span.childNodes);
      span.append(mark);
    }
  }
}

/** Footnotes of Word: the mark in the text takes the words that stand at the end of the page. */
function wordFootnotes(root) {
  for (const mark of root.querySelectorAll("a[href*='#_ftn'], a[href*='#_edn']")) {
    const name = mark.getAttribute("href").split("#_")[1] ?? "";
    const note = /^(ftn|edn)\d+$/.test(name) ? root.querySelector(`[id="${name}"]`) : null;
    if (!note || note.contains(mark)) continue;
    for (const back of note.querySelectorAll("a[href*='#_ftnref'], a[href*='#_ednref']")) back.remove();
    const made = root.ownerDocument.createElement("sup");
    made.setAttribute("data-note", note.textContent.replace(/\s+/g, " ").trim());
    mark.replaceWith(made);
    note.remove();
  }
}

/** Tables inside cells become lines of text: a table in a table has no form on any of our screens. */
function flattenTables(root) {
  for (const inner of [...root.querySelectorAll("table table")].reverse()) {
    const lines = [...inner.querySelectorAll("tr")].map((row) => [...row.cells].map((cell) => cell.textContent.trim()).join(" "));
    inner.replaceWith(...lines.flatMap((line) => [root.ownerDocument.createElement("br"), line]));
  }
  for (const caption of root.querySelectorAll("table > caption")) {
    const line = root.ownerDocument.createElement("p");
    line.append(...caption.childNodes);
    caption.closest("table").before(line);
    caption.remove();
  }
}

const isEmpty = (node) => !node.textContent.trim() && !node.querySelector("img, figure, sup[data-note]");

/** Paragraphs inside cells, items and quotes become lines of one text. */
function flattenBlocks(root) {
  for (const holder of root.querySelectorAll(TEXT_ONLY)) {
    for (let inner = holder.querySelector(BLOCKS); inner; inner = holder.querySelector(BLOCKS)) {
      const { previousSibling: before, nextSibling: after } = inner;
      const says = (node) => node && (node.nodeName === "BR" ? false : node.textContent.trim() !== "");
      if (says(before)) inner.before(root.ownerDocument.createElement("br"));
      if (says(after) && !isEmpty(inner)) inner.after(root.ownerDocument.createElement("br"));
      unwrap(inner);
    }
  }
}

/** Line breaks of preformatted text are meant; everywhere else they are white space. */
function keepLines(root) {
  for (const node of root.querySelectorAll("pre")) {
    const lines = node.textContent.replace(/\n$/, "").split("\n");
    const line = root.ownerDocument.createElement("p");
    line.append(...lines.flatMap((text, index) => (index ? [root.ownerDocument.createElement("br"), text] : [text])));
    node.replaceWith(line);
  }
}

/** Links we cannot keep lose their address; those of before https are written as today's. */
function mendLinks(root) {
  for (const link of root.querySelectorAll("a")) {
    const href = link.getAttribute("href") ?? "";
    if (/^http:\/\//i.test(href)) link.setAttribute("href", href.replace(/^http:/i, "https:"));
    else if (!/^https:\/\//i.test(href)) unwrap(link);
  }
}

/** Films of other sites cannot come along; their addresses are named. */
function takeFilms(root) {
  const films = [];
  for (const frame of root.querySelectorAll("iframe, video")) {
    films.push(frame.getAttribute("data-src") ?? frame.getAttribute("src") ?? "");
    frame.remove();
  }
  return films;
}

/** Clean HTML for the schema. `hold(source)` takes a picture ({url} or {file}, name, alt, caption) and answers its key.
 * Answers {html, films, lost}: addresses of films and names of pictures that did not come along. */
export function cleanHtml(html, hold = () => null) {
  const inert = new DOMParser().parseFromString(defused(html), "text/html");
  // A saved or copied page of the platform: the article without what stands around it.
  const root = inert.querySelector("#js_content") ? articleOf(inert) : inert.body;
  for (const gone of root.querySelectorAll(SILENT)) gone.remove();
  for (const odd of root.querySelectorAll("o\\:p")) unwrap(odd);
  const films = takeFilms(root);
  wordFootnotes(root);
  rebuildWordLists(root);
  dropHidden(root);
  marksFromStyles(root);
  keepLines(root);
  flattenTables(root);
  const lost = takePictures(root, hold);
  flattenLists(root);
  flattenBlocks(root);
  mendLinks(root);
  for (const node of root.querySelectorAll("[data-style]")) node.removeAttribute("data-style");
  return { html: root.innerHTML, films, lost };
}

function articleOf(inert) {
  const article = inert.querySelector("#js_content");
  // The platform hides the text until its script has run.
  article.removeAttribute("data-style");
  return article;
}
