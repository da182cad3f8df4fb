// Lists of other programs as flat lists of items with a level, which is how ours are stored.

const MSO_LIST = /mso-list:\s*(?!ignore|none|skip)([a-z0-9]+)(?:\s+level(\d+))?/i;
const NUMBER = /^[\s(（]*(\d+|[a-z]{1,2}|[ivxlcdm]+|[一二三四五六七八九十百]+)\s*[.)．、）]/i;
const IGNORED = /mso-list:\s*ignore/i;
const MAX_LEVEL = 3;

/** Word writes items as paragraphs with a style, and the number as text in a part to be ignored. */
export function rebuildWordLists(root) {
  let list = null;
  for (const paragraph of [...root.querySelectorAll("p, h1, h2, h3, h4, h5, h6, li")]) {
    const found = MSO_LIST.exec(paragraph.getAttribute("data-style") ?? "");
    // A numbered heading keeps its number: it is text that people read, and a heading is no item.
    if (!found || paragraph.nodeName !== "P" || paragraph.closest("li, td, th, blockquote")) {
      if (paragraph.nodeName === "P") list = null;
      continue;
    }
    const marker = [...paragraph.querySelectorAll("[data-style]")].find((part) => IGNORED.test(part.dataset.style));
    const ordered = NUMBER.test(marker?.textContent ?? "");
    marker?.remove();
    const level = Math.min(MAX_LEVEL, Number(found[2] ?? 1) - 1);
    list = listFor(list, paragraph, { ordered, level, series: found[1] });
    list.element.append(itemOf(paragraph, level, ordered));
    paragraph.remove();
  }
}

/** The list an item goes on, or a new one: another kind at the first level, another series, or something between. */
function listFor(list, paragraph, { ordered, level, series }) {
  const follows = list && list.element.nextElementSibling === paragraph;
  const goesOn = follows && (level > 0 || (list.series === series && list.ordered === ordered));
  if (goesOn) return list;
  const element = paragraph.ownerDocument.createElement(ordered ? "ol" : "ul");
  paragraph.before(element);
  return { element, series, ordered };
}

function itemOf(paragraph, level, ordered) {
  const item = paragraph.ownerDocument.createElement("li");
  item.append(...paragraph.childNodes);
  mark(item, level, ordered);
  return item;
}

function mark(item, level, ordered) {
  if (!level) return;
  item.setAttribute("data-level", level);
  if (ordered) item.setAttribute("data-ordered", "");
}

/** Lists inside items, and lists right inside lists, become items of one list with their level. */
export function flattenLists(root) {
  for (const list of root.querySelectorAll("ul, ol")) {
    if (list.parentElement?.closest("ul, ol") || !list.querySelector("ul, ol")) continue;
    list.replaceChildren(...itemsOf(list, 0));
  }
}

function itemsOf(list, level) {
  const found = [];
  const ordered = list.nodeName === "OL";
  for (const child of [...list.children]) {
    if (child.matches("ul, ol")) {
      found.push(...itemsOf(child, level + 1));
      continue;
    }
    const below = [...child.querySelectorAll("ul, ol")].filter((inner) => inner.parentElement.closest("ul, ol") === list);
    const items = below.flatMap((inner) => {
      inner.remove();
      return itemsOf(inner, level + 1);
    });
    if (!child.hasAttribute("data-level")) mark(child, Math.min(level, MAX_LEVEL), ordered);
    // An item that only holds a list is how some programs write a deeper level.
    if (child.textContent.trim() || child.querySelector("figure") || !items.length) found.push(child);
    found.push(...items);
  }
  return found;
}
