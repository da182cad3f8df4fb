// An article of a newspaper in large type: a linked piece, the words of a zone, or the zone itself enlarged.
import { drawBlock } from "./blocks.js";
import { el, styled } from "./dom.js";
import { CREDITS, dateLabel } from "./labels.js";
import { dayLabel } from "./newspaper.js";
import { boxOf, SCALE } from "./zones.js";

/** A piece with its own signatures. */
export function articleOf(content, assets) {
  const from = [content.byline?.source, dateLabel(content.byline?.date)].filter(Boolean).join("　");
  const named = CREDITS.filter(([name]) => name !== "source" && content.byline?.[name]);
  const body = (content.body?.blocks ?? []).map((block) => drawBlock(block, assets)).filter(Boolean);
  return [
    el("h1", "", content.title),
    el("p", "reader__from", from),
    ...(body.length > 0 ? body : [el("p", "b-paragraph", content.summary)]),
    el("p", "reader__note", named.map(([name, label]) => `${label}：${content.byline[name]}`).join("　")),
  ];
}

/** The words that were taken from the page. */
export const passageOf = (zone, { paper, date }) => [
  el("h1", "", zone.title || paper),
  el("p", "reader__from", [paper, dayLabel(date)].filter(Boolean).join("　")),
  ...zone.text.map((text) => el("p", "b-paragraph", text)),
];

/** The part of the page, as wide as the glass. */
export function cropOf(zone, image, note) {
  const head = [zone.title && el("h1", "", zone.title), el("p", "reader__note", note)].filter(Boolean);
  if (!image) return head;
  const { left, top, right, bottom } = boxOf(zone.points);
  const width = Math.min(innerWidth * 0.82, (image.width * (right - left)) / SCALE * 2);
  const scale = (width / (right - left)) * SCALE / image.width;
  const crop = styled(el("div", "reader__crop", image), {
    width: `${Math.round(width)}px`,
    height: `${Math.round((image.height * scale * (bottom - top)) / SCALE)}px`,
  });
  styled(image, {
    width: `${Math.round(image.width * scale)}px`,
    left: `${Math.round((-left / SCALE) * image.width * scale)}px`,
    top: `${Math.round((-top / SCALE) * image.height * scale)}px`,
  });
  return [...head, crop];
}
