// A lecture as one frame: headline, the film across the whole width, what it is about and who answers for it below.
//
// The film itself is the player's; without one (the desk's preview, an old browser) its poster stands.
import { picture } from "./blocks.js";
import { clausesOf, el, phrases, styled } from "./dom.js";
import { CREDITS, columnLabel, dateLabel } from "./labels.js";
import { geometryOf, titleSize } from "./geometry.js";

const filmIn = (content) => (content.body?.blocks ?? []).find(({ type }) => type === "video");

/** Whether this piece is drawn around a film. */
export const isLecture = (content) => content.class === "lecture" && Boolean(filmIn(content));

export function lectureFrame(content, assets, size) {
  const { shape, unit, width, height } = geometryOf(size);
  const frame = el(
    "article",
    `frame frame--lecture frame--${shape} is-first is-last`,
    headOf(content, shape),
    el("div", "frame__film", posterOf(content, assets)),
    el("div", "frame__elapsed", el("i", "")),
    aboutOf(content),
    el("footer", "frame__rail", el("div", "frame__dots")),
  );
  frame.lang = "zh-CN";
  Object.assign(frame.dataset, { page: "0", pages: "1" });
  return styled(frame, { "--u": `${unit}px`, width: `${width}px`, height: `${height}px` });
}

function headOf(content, shape) {
  const title = styled(el("h1", "frame__title", ...phrases(content.title)), {
    "--title": String(Math.min(84, titleSize(clausesOf(content.title), shape))),
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

function posterOf(content, assets) {
  const { asset, poster } = filmIn(content);
  const found = [assets[poster], assets[asset], assets[content.cover]].find((one) => one?.width);
  return found && picture(found);
}

function aboutOf(content) {
  const text = content.summary || firstWords(content);
  const named = CREDITS.filter(([name]) => name !== "source" && content.byline?.[name]);
  const credits = named.map(([name, label]) => el("span", "", el("em", "", label), content.byline[name]));
  return el(
    "div",
    "frame__about",
    text && el("p", "frame__lead", text),
    credits.length > 0 && el("footer", "frame__credits", ...credits),
  );
}

function firstWords(content) {
  const paragraph = content.body.blocks.find(({ type }) => type === "paragraph");
  return (paragraph?.text ?? []).map(({ t }) => t).join("");
}
