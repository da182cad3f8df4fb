// Elements from data: text only ever becomes text nodes, so no signed or unsigned string is parsed as markup.

/** An element with a class and children (elements, strings; null and false are left out). */
export function el(tag, className = "", ...children) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...children.filter((child) => child !== null && child !== false && child !== undefined && child !== ""));
  return made;
}

/** Custom properties and styles through the object model, which a strict content policy allows. */
export function styled(element, properties) {
  for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, value);
  return element;
}

const WORDS = new Intl.Segmenter("zh-CN", { granularity: "word" });
const CLOSING = /^[\p{Pe}\p{Pf}\p{Po}\s]/u;
const OPENING = /[\p{Ps}\p{Pi}]$/u;
const CLAUSE = /[^：；！？，—\s]+(?:[：；！？，]|——|\s|—)*/gu;

/** The parts of a headline that end with a colon, a comma, a dash, a space. */
export const clausesOf = (text) => text.match(CLAUSE) ?? [text];

/**
 * A headline as clauses that stay on one line where they fit, with break chances between words only:
 * 文明 is not torn, and a line ends at the colon rather than two characters before it.
 */
export const phrases = (text) => clausesOf(text).map((clause) => el("span", "clause", ...wordsOf(clause)));

function wordsOf(clause) {
  const parts = [];
  let before = "";
  for (const { segment } of WORDS.segment(clause)) {
    if (before && !CLOSING.test(segment) && !OPENING.test(before)) parts.push(document.createElement("wbr"));
    parts.push(segment);
    before = segment;
  }
  return parts;
}
