// Picture news: one picture a page on a dark ground, its words below; the first page carries the headline.
import { picture } from "./blocks.js";
import { clausesOf, el, phrases, styled } from "./dom.js";
import { columnLabel, dateLabel } from "./labels.js";
import { geometryOf, titleSize } from "./geometry.js";

const FEW = 2; // pictures
const WORDS = 80; // characters a picture: more is an article with pictures in it
const UPRIGHT = 0.9; // a picture less wide than this for its height fills a portrait screen

const wordsOf = (text) => (typeof text === "string" ? text : (text ?? []).map(({ t }) => t).join(""));

/** [{asset, words}]: each picture with its caption, or the text after it. */
function picturesIn(content) {
  const found = [];
  for (const block of content.body?.blocks ?? []) {
    if (block.type === "image") found.push({ asset: block.asset, words: wordsOf(block.caption) });
    else if (found.length > 0 && wordsOf(block.text)) {
      const last = found[found.length - 1];
      last.words = last.words && last.words !== wordsOf(block.text) ? `${last.words}　${wordsOf(block.text)}` : wordsOf(block.text);
    }
  }
  return found;
}

export function isGallery(content) {
  if (content.class !== "news") return false;
  const blocks = content.body?.blocks ?? [];
  const isPlain = blocks.every(({ type }) => type === "image" || type === "paragraph");
  const pictures = picturesIn(content);
  const length = blocks.reduce((sum, block) => sum + (block.type === "paragraph" ? wordsOf(block.text).length : 0), 0);
  return isPlain && pictures.length >= FEW && length <= pictures.length * WORDS;
}

export function galleryFrames(content, assets, size) {
  const drawn = picturesIn(content).filter(({ asset }) => assets[asset]);
  if (drawn.length === 0) drawn.push({ asset: null, words: content.summary });
  return drawn.map((one, page) => pageOf(content, assets, size, { ...one, isFirst: page === 0, of: drawn.length, page }));
}

function pageOf(content, assets, size, { asset, words, isFirst, page, of }) {
  const { shape, unit, width, height } = geometryOf(size);
  const file = assets[asset];
  const isFull = Boolean(file) && (shape === "landscape" ? file.width / file.height > 1.2 : file.width / file.height < UPRIGHT);
  const title = styled(el(isFirst ? "h1" : "p", "frame__title", ...phrases(content.title)), {
    "--title": String(isFirst ? Math.min(88, titleSize(clausesOf(content.title), shape)) : 44),
  });
  const meta = [content.byline?.source, dateLabel(content.byline?.date)].filter(Boolean);
  const head = el("header", "frame__head", el("div", "frame__label", columnLabel(content)), title, isFirst && meta.length > 0 && el("p", "frame__meta", ...meta.map((text) => el("span", "", text))));
  const foot = el(
    "div",
    "gallery__words",
    el("b", "gallery__count", el("span", "", String(page + 1)), ` / ${of}`),
    words && el("p", "gallery__caption", words),
  );
  const frame = el(
    "article",
    `frame frame--gallery frame--${shape} ${isFull ? "is-full" : "is-set"} ${isFirst ? "is-lead" : ""}`,
    el("div", "gallery__picture", file && picture(file)),
    el("div", "gallery__shade"),
    head,
    foot,
    el("footer", "frame__rail", el("div", "frame__dots")),
  );
  frame.lang = "zh-CN";
  return styled(frame, { "--u": `${unit}px`, width: `${width}px`, height: `${height}px` });
}
