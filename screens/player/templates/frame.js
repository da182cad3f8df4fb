// A piece as frames: pages of one size, cut where the text flows over; the desk's preview draws with the same modules.
//
//   renderFrames(content, assets, size) -> [element]      every page
//   renderFrame(content, assets, size, page = 0) -> element     one page; `dataset.pages` says of how many
//
// content: a release's `content`, with its `class` beside it. assets: by the sha256 of the master
// {url, width, height, cover?: {url, width, height}}. size: {width, height, unit?} in CSS pixels. Needs templates/frame.css.
// KINDS are the pieces that are not text in pages; the first that says it is one draws it.
import { activityParts } from "./activity.js";
import { drawBlock, picture } from "./blocks.js";
import { cardFrames, isCard } from "./card.js";
import { galleryFrames, isGallery } from "./gallery.js";
import { clausesOf, el, phrases, styled } from "./dom.js";
import { CREDITS, columnLabel, dateLabel } from "./labels.js";
import { fitTitle, geometryOf, titleSize } from "./geometry.js";
import { isLecture, lectureFrame } from "./lecture.js";
import { isNewspaper, newspaperFrames } from "./newspaper.js";

// Of the body's type; the least is still 3.5 % of the screen's height, which is read at three metres.
const FITS = { portrait: [1, 0.99], landscape: [1, 0.98, 0.96] };
const COVER = [0.6, 0.52, 0.44]; // of the height text has, on a portrait screen
const KINDS = [
  { is: isLecture, draw: (...piece) => [lectureFrame(...piece)] },
  { is: isCard, draw: cardFrames },
  { is: isGallery, draw: galleryFrames },
  { is: isNewspaper, draw: newspaperFrames, numbersItself: true },
];
const NAMES = { notice: "notice", urgent: "notice", activity: "activity" };
const MAX_DOTS = 12; // more pages than this are counted in figures

export function renderFrames(content, assets, size) {
  const kind = KINDS.find(({ is }) => is(content));
  if (kind) return kind.numbersItself ? kind.draw(content, assets, size) : numbered(kind.draw(content, assets, size));
  const first = build(content, assets, size);
  const pages = measured(first, geometryOf(size), size);
  return Array.from({ length: pages }, (_, page) => turned(page === 0 ? first : first.cloneNode(true), page, pages));
}

export const renderFrame = (content, assets, size, page = 0) => {
  if (KINDS.some(({ is }) => is(content))) {
    const frames = renderFrames(content, assets, size);
    return frames[Math.min(page, frames.length - 1)];
  }
  const frame = build(content, assets, size);
  const pages = measured(frame, geometryOf(size), size);
  return turned(frame, Math.min(page, pages - 1), pages);
};

/** How many pages the piece has at this size; no picture needs to be loaded. */
export const countPages = (content, assets, size) => {
  const kind = KINDS.find(({ is }) => is(content));
  return kind ? kind.draw(content, assets, size).length : measured(build(content, assets, size), geometryOf(size), size);
};

const numbered = (frames) => frames.map((frame, page) => turned(frame, page, frames.length));

function build(content, assets, size) {
  const geometry = geometryOf(size);
  const cover = content.class === "notice" ? null : assets[content.cover];
  const kind = NAMES[content.class] ?? "news";
  const names = ["frame", `frame--${kind}`, `frame--${geometry.shape}`, cover ? "has-cover" : "no-cover"];
  const head = headOf(content, geometry);
  const { facts, rest } = kind === "activity" ? activityParts(content) : { facts: null, rest: content };
  const flow = el("div", "frame__flow", facts, ...bodyOf(rest, assets, cover), creditsOf(content));
  if (geometry.shape === "portrait") flow.prepend(head);
  const frame = el(
    "article",
    names.join(" "),
    cover ? el("div", "frame__cover", picture(cover.cover ?? cover), el("div", "frame__shade")) : el("div", "frame__ground"),
    geometry.shape === "landscape" && head,
    runningHead(content),
    el("div", "frame__window", flow),
    el("footer", "frame__rail", el("div", "frame__dots")),
  );
  frame.lang = "zh-CN";
  const { unit, width, height, flowWidth, flowHeight } = geometry;
  return styled(frame, {
    "--u": `${unit}px`,
    "--flow-width": `${flowWidth}px`,
    "--flow-height": `${flowHeight}px`,
    width: `${width}px`,
    height: `${height}px`,
  });
}

function headOf(content, geometry) {
  const title = styled(el("h1", "frame__title", ...phrases(content.title)), {
    "--title": String(titleSize(clausesOf(content.title), geometry.shape)),
  });
  const meta = [content.byline?.source, dateLabel(content.byline?.date)].filter(Boolean);
  return el(
    "header",
    "frame__head",
    el("div", "frame__label", columnLabel(content)),
    title,
    content.subtitle && el("p", "frame__subtitle", ...phrases(content.subtitle)),
    meta.length > 0 && el("p", "frame__meta", ...meta.map((text) => el("span", "", text))),
  );
}

function runningHead(content) {
  return el(
    "header",
    "frame__running",
    el("span", "frame__running-label", columnLabel(content)),
    el("span", "frame__running-title", content.title),
  );
}

function bodyOf(content, assets, cover) {
  const blocks = content.body?.blocks ?? [];
  // the cover stands full-bleed already; the same picture again as first block would be shown twice
  const repeats = cover && blocks[0]?.type === "image" && blocks[0].asset === content.cover;
  const drawn = (repeats ? blocks.slice(1) : blocks).map((block) => drawBlock(block, assets)).filter(Boolean);
  if (drawn.length === 0 && content.summary) drawn.push(el("p", "b-paragraph", content.summary));
  return drawn;
}

function creditsOf(content) {
  const byline = content.byline ?? {};
  const named = CREDITS.filter(([name]) => byline[name]);
  if (content.class === "notice") {
    const lines = [byline.sponsor || byline.source, dateLabel(byline.date)].filter(Boolean);
    return el("footer", "frame__seal", ...lines.map((line) => el("p", "", line)));
  }
  const items = named.map(([name, label]) => el("span", "", el("em", "", label), byline[name]));
  return items.length > 0 && el("footer", "frame__credits", ...items);
}

/**
 * Lays the frame out unseen and gives its number of pages. Slightly smaller type, or a lower cover, is taken where it saves
 * a page, so that no last page carries two lines; the cover grows with the head that stands on it.
 */
function measured(frame, geometry, size) {
  const bench = styled(el("div", "frame-bench", frame), { width: `${size.width}px`, height: `${size.height}px` });
  document.body.append(bench);
  frame.classList.add("is-first");
  fitTitle(frame, frame.querySelector(".frame__head"), geometry);
  const hasShares = geometry.shape === "portrait" && frame.classList.contains("has-cover");
  const tries = FITS[geometry.shape].map((fit) => ({ fit, share: COVER[0] }));
  if (hasShares) tries.push(...COVER.slice(1).map((share) => ({ fit: FITS.portrait[0], share })));
  const sizes = tries.map((one) => ({ ...one, pages: pagesAt(frame, geometry, one) }));
  const fewest = Math.min(...sizes.map(({ pages }) => pages));
  const chosen = sizes.find((one) => one.pages === fewest);
  const pages = pagesAt(frame, geometry, chosen);
  frame.remove();
  bench.remove();
  return pages;
}

function pagesAt(frame, geometry, { fit, share }) {
  styled(frame, { "--fit": String(fit), "--cover": String(share) });
  const flow = frame.querySelector(".frame__flow");
  if (geometry.shape === "portrait") {
    const top = frame.querySelector(".frame__window").offsetTop;
    styled(frame, { "--head": `${top + frame.querySelector(".frame__head").offsetHeight}px` });
  }
  return Math.max(1, Math.round((flow.scrollWidth + geometry.gap) / (geometry.flowWidth + geometry.gap)));
}

function turned(frame, page, pages) {
  const { dataset } = frame;
  dataset.page = String(page);
  dataset.pages = String(pages);
  frame.classList.toggle("is-first", page === 0);
  frame.classList.toggle("is-last", page === pages - 1);
  styled(frame, { "--page": String(page) });
  frame.querySelector(".frame__dots")?.replaceChildren(...dots(page, pages));
  return frame;
}

function dots(page, pages) {
  if (pages === 1) return [];
  if (pages > MAX_DOTS) return [el("span", "frame__count", `${page + 1} / ${pages}`)];
  return Array.from({ length: pages }, (_, index) =>
    el("i", index === page ? "is-now" : index < page ? "is-past" : "", index === page && el("b")),
  );
}
