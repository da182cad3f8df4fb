// A data card: what people approved says which numbers and words may stand here, a signed feed says which do now.
//
// The values come later than the frame: `fill` writes them into one that stands, so nothing is drawn anew for a number.
import { clausesOf, el, phrases, styled } from "./dom.js";
import { columnLabel } from "./labels.js";
import { geometryOf, titleSize } from "./geometry.js";

const NONE = "—"; // no reading, or one nobody vouches for any more
const TIME = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

const blockOf = (content) => (content.body?.blocks ?? []).find(({ type }) => type === "data");

export const isCard = (content) => Array.isArray(blockOf(content)?.fields);

export function cardFrames(content, assets, size) {
  const { shape, unit, width, height } = geometryOf(size);
  const block = blockOf(content);
  const [first, ...others] = block.fields;
  const title = styled(el("h1", "frame__title", ...phrases(content.title)), { "--title": String(Math.min(84, titleSize(clausesOf(content.title), shape))) });
  const words = textOf(content);
  const frame = el(
    "article",
    `frame frame--card frame--${shape} is-of-${Math.min(9, block.fields.length)}`,
    el("header", "frame__head", el("div", "frame__label", columnLabel(content)), title, content.subtitle && el("p", "frame__subtitle", ...phrases(content.subtitle))),
    el("div", "card__grid", fieldOf(first, "card__field is-main"), ...others.map((field) => fieldOf(field, "card__field"))),
    el("footer", "card__foot", words && el("p", "card__words", words), el("p", "card__at", el("span", "", content.byline?.source), el("time", ""))),
    el("footer", "frame__rail", el("div", "frame__dots")),
  );
  frame.lang = "zh-CN";
  frame.dataset.feed = block.feed;
  fill(frame, block.fields, null);
  return [styled(frame, { "--u": `${unit}px`, width: `${width}px`, height: `${height}px` })];
}

function textOf(content) {
  const paragraph = (content.body?.blocks ?? []).find(({ type }) => type === "paragraph");
  return (paragraph?.text ?? []).map(({ t }) => t).join("") || content.summary;
}

function fieldOf(field, name) {
  const made = el(
    "section",
    `${name} is-${field.kind}`,
    el("h2", "card__label", field.label),
    el("p", "card__value", el("b", ""), field.kind === "number" && field.unit && el("span", "card__unit", field.unit)),
    field.kind === "number" && field.most > field.least && el("div", "card__scale", el("i", "")),
  );
  made.dataset.field = field.name;
  return made;
}

/** The card's block and what it lets be said: {feed, fields}; null for a piece without one. */
export const cardOf = (content) => (isCard(content) ? blockOf(content) : null);

/** The text of a value of a field; whole numbers carry `decimals` of their digits behind the point. */
export function shownAs(field, value) {
  if (value === null || value === undefined) return NONE;
  if (field.kind === "word") return field.words.find(({ code }) => code === value)?.label ?? NONE;
  return (value / 10 ** field.decimals).toFixed(field.decimals);
}

/** Writes {values, at, isOver} into a frame that may stand already; null: nothing to show. Whether anything changed. */
export function fill(frame, fields, told) {
  let isNew = false;
  for (const field of fields) {
    const section = [...frame.querySelectorAll("[data-field]")].find(({ dataset }) => dataset.field === field.name);
    const value = told?.values[field.name] ?? null;
    const text = shownAs(field, value);
    const shown = section?.querySelector(".card__value b");
    if (!shown || shown.textContent === text) continue;
    isNew = true;
    shown.textContent = text;
    section.classList.toggle("is-none", value === null);
    section.querySelector(".card__value").style.setProperty("--long", String(Math.max(2, [...text].length)));
    const share = field.kind === "number" && value !== null ? (value - field.least) / (field.most - field.least || 1) : 0;
    section.querySelector(".card__scale i")?.style.setProperty("--share", Math.max(0, Math.min(1, share)).toFixed(3));
  }
  const time = frame.querySelector(".card__at time");
  const said = told ? `数据截至 ${TIME.format(told.at)}${told.isOver ? "，已过期" : ""}` : "等待数据";
  isNew ||= time.textContent !== said;
  if (time.textContent !== said) time.textContent = said;
  frame.classList.toggle("is-over", Boolean(told?.isOver));
  return isNew;
}
