// A newspaper as frames: each page a sheet as large as the glass allows, under the paper's name and above a hint.
//
// What a touch on a sheet opens is the reader's (newspaper-reader.js); these are the frames the loop turns by itself.
import { picture } from "./blocks.js";
import { el, styled } from "./dom.js";
import { columnLabel } from "./labels.js";
import { geometryOf } from "./geometry.js";

export const pagesOf = (content) => (content.body?.blocks ?? []).filter(({ type }) => type === "page");

/** Whether this piece is drawn as pages of a paper. */
export const isNewspaper = (content) => content.class === "newspaper" && pagesOf(content).length > 0;

/** {paper, date, number} of the issue; a piece without one is called by its title. */
export function issueOf(content) {
  const { paper, date = "", number = "" } = (content.body?.blocks ?? []).find(({ type }) => type === "issue") ?? {};
  return { paper: paper ?? content.title, date, number };
}

/** "2026年11月26日" of "2026-11-26". */
export function dayLabel(date) {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date);
  return found ? `${found[1]}年${Number(found[2])}月${Number(found[3])}日` : date;
}

/** "第01版", "第02版 要闻"; a label that is no number stands as it is. */
export function pageLabel(label) {
  const [number, ...name] = label.split(" ");
  return /^\d+$/.test(number) ? [`第${number}版`, ...name].join(" ") : label;
}

export const newspaperFrames = (content, assets, size) =>
  pagesOf(content).map((_, page) => newspaperFrame(content, assets, size, page));

export function newspaperFrame(content, assets, size, page) {
  const pages = pagesOf(content);
  const at = Math.min(page, pages.length - 1);
  const { shape, unit, width, height } = geometryOf(size);
  const frame = el(
    "article",
    `frame frame--newspaper frame--${shape} is-first is-last`,
    mastheadOf(content, pages[at], at, pages.length),
    sheetOf(pages[at], assets, size),
    el("footer", "frame__rail", el("div", "frame__dots"), el("span", "np__hint", "轻触版面上的文章，放大阅读")),
  );
  frame.lang = "zh-CN";
  Object.assign(frame.dataset, { page: String(at), pages: String(pages.length), block: pages[at].id });
  return styled(frame, { "--u": `${unit}px`, width: `${width}px`, height: `${height}px` });
}

export function mastheadOf(content, page, at, count) {
  const { paper, date, number } = issueOf(content);
  const meta = [dayLabel(date), number].filter(Boolean);
  return el(
    "header",
    "np__head",
    el("div", "np__label", columnLabel(content)),
    el("h1", "np__paper", paper),
    el("p", "np__meta", ...meta.map((text) => el("span", "", text)), el("span", "np__at", `${pageLabel(page.label)}　${at + 1} / ${count}`)),
  );
}

/** The sheet fitted whole into its room, whose box is known before a byte of it is here. */
export function sheetOf(page, assets, size) {
  const asset = assets[page.asset];
  const room = roomOf(size);
  const sheet = el("div", "np__sheet");
  sheet.dataset.block = page.id;
  if (asset?.width) {
    const scale = Math.min(room.width / asset.width, room.height / asset.height);
    styled(sheet, { width: `${Math.round(asset.width * scale)}px`, height: `${Math.round(asset.height * scale)}px` });
    sheet.append(picture(asset));
  }
  return el("div", "np__room", sheet);
}

function roomOf(size) {
  const { shape, unit, width, height } = geometryOf(size);
  return shape === "portrait"
    ? { width: width - 40 * unit, height: height - (196 + 176) * unit }
    : { width: width - 620 * unit, height: height - 40 * unit };
}
