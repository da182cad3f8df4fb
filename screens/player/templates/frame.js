// A piece as frames: pages of one size, cut where the text flows over; the desk's preview draws with the same modules.
//
//   renderFrames(content, assets, size) -> [element]      every page
//   renderFrame(content, assets, size, page = 0) -> element     one page; `dataset.pages` says of how many
//
// content: a release's `content`, with its `class` beside it. assets: by the sha256 of the master
// {url, width, height, cover?: {url, width, height}}. size: {width, height} in CSS pixels. Needs templates/frame.css.
import { drawBlock, picture } from "./blocks.js";
import { clausesOf, el, phrases, styled } from "./dom.js";
import { CREDITS, columnLabel, dateLabel } from "./labels.js";
import { geometryOf, titleSize } from "./geometry.js";
import { isLecture, lectureFrame } from "./lecture.js";
import { isNewspaper, newspaperFrame, newspaperFrames, pagesOf } from "./newspaper.js";

const FITS = [1, 0.96, 0.92, 0.88]; // of the body's type; the least is still read at three metres
const MAX_DOTS = 12; // more pages than this are counted in figures

export function renderFrames(content, assets, size) {
  if (isLecture(content)) return [lectureFrame(content, assets, size)];
  if (isNewspaper(content)) return newspaperFrames(content, assets, size);
  const first = build(content, assets, size);
  const pages = measured(first, geometryOf(size), size);
  return Array.from({ length: pages }, (_, page) => turned(page === 0 ? first : first.cloneNode(true), page, pages));
}

export const renderFrame = (content, assets, size, page = 0) => {
  if (isLecture(content)) return lectureFrame(content, assets, size);
  if (isNewspaper(content)) return newspaperFrame(content, assets, size, page);
  const frame = build(content, assets, size);
  const pages = measured(frame, geometryOf(size), size);
  return turned(frame, Math.min(page, pages - 1), pages);
};

/** How many pages the piece has at this size; no picture needs to be loaded. */
export function countPages(content, assets, size) {
  if (isLecture(content)) return 1;
  return isNewspaper(content) ? pagesOf(content).length : measured(build(content, assets, size), geometryOf(size), size);
}

function build(content, assets, size) {
  const geometry = geometryOf(size);
  const cover = content.class === "notice" ? null : assets[content.cover];
  const kind = content.class === "notice" ? "notice" : "news";
  const names = ["frame", `frame--${kind}`, `frame--${geometry.shape}`, cover ? "has-cover" : "no-cover"];
  const head = headOf(content, geometry);
  const flow = el("div", "frame__flow", ...bodyOf(content, assets, cover), creditsOf(content));
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
 * Lays the frame out unseen and gives its number of pages. Slightly smaller type is taken where it saves a page, so that
 * no last page carries two lines; the cover grows with the head that stands on it.
 */
function measured(frame, geometry, size) {
  const bench = styled(el("div", "frame-bench", frame), { width: `${size.width}px`, height: `${size.height}px` });
  document.body.append(bench);
  frame.classList.add("is-first");
  const sizes = FITS.map((fit) => ({ fit, pages: pagesAt(frame, geometry, fit) }));
  const fewest = Math.min(...sizes.map(({ pages }) => pages));
  const { fit, pages } = sizes.find((one) => one.pages === fewest);
  pagesAt(frame, geometry, fit);
  frame.remove();
  bench.remove();
  return pages;
}

function pagesAt(frame, geometry, fit) {
  styled(frame, { "--fit": String(fit) });
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
  frame.querySelector(".frame__dots").replaceChildren(...dots(page, pages));
  return frame;
}

function dots(page, pages) {
  if (pages === 1) return [];
  if (pages > MAX_DOTS) return [el("span", "frame__count", `${page + 1} / ${pages}`)];
  return Array.from({ length: pages }, (_, index) =>
    el("i", index === page ? "is-now" : index < page ? "is-past" : "", index === page && el("b")),
  );
}
