// What may be read at the screen: the pieces that are due or were, by column, and the search over them. Pure.
import { coverOf, spoken } from "../drawing.js";
import { columnLabel, dateLabel } from "../templates/labels.js";

const MOST_FOUND = 60;

/** One entry a piece: what a list shows of it and what it is found by. */
export function entryOf(digest, release) {
  const content = { ...spoken(release.content), class: release.class };
  return {
    digest,
    title: content.title,
    summary: content.summary,
    column: columnLabel(content),
    date: dateLabel(content.byline?.date),
    at: typeof content.byline?.date === "number" ? content.byline.date : 0,
    initials: String(content.pinyin ?? "").toLowerCase(),
    isFilm: content.body.blocks.some((block) => block.type === "video"),
    isUrgent: release.class === "urgent",
    hasPicture: coverOf(release) !== null,
  };
}

/** [{name, entries}] in the order in which columns come in the line-up; within one the newest first. */
export function shelve(entries) {
  const columns = new Map();
  for (const entry of entries) columns.set(entry.column, [...(columns.get(entry.column) ?? []), entry]);
  return [...columns].map(([name, of]) => ({ name, entries: [...of].sort((one, two) => two.at - one.at) }));
}

/**
 * The entries whose title's pinyin initials hold what was typed, those that begin with it first: 吴江新闻 is found by
 * wj, jx and xw. Nothing typed finds everything.
 */
export function search(entries, typed) {
  const wanted = typed.toLowerCase();
  const at = (entry) => entry.initials.indexOf(wanted);
  const found = entries.filter((entry) => at(entry) >= 0);
  return found.sort((one, two) => Number(at(one) > 0) - Number(at(two) > 0) || two.at - one.at).slice(0, MOST_FOUND);
}

/** The letters that lead on from what was typed: the others' keys are dimmed, so that nobody types into nothing. */
export function leading(entries, typed) {
  const wanted = typed.toLowerCase();
  const letters = new Set();
  for (const { initials } of entries) {
    for (let at = 0; at + wanted.length < initials.length; at += 1) {
      if (initials.startsWith(wanted, at)) letters.add(initials[at + wanted.length]);
    }
  }
  return letters;
}

/** What is read aloud, in parts a voice can begin with at once: the title, then each block's text. */
export function partsToRead(content) {
  const text = (inline) => (typeof inline === "string" ? inline : (inline ?? []).map(({ t }) => t ?? "").join(""));
  const SAID = {
    paragraph: (block) => [text(block.text)],
    heading: (block) => [text(block.text)],
    quote: (block) => [text(block.text)],
    notice: (block) => [text(block.title), text(block.text)],
    list: (block) => block.items.map((item) => text(item.text)),
    image: (block) => [text(block.caption)],
    table: (block) => block.rows.map((row) => row.map(text).filter(Boolean).join("，")),
  };
  const blocks = (content.body?.blocks ?? []).flatMap((block) => (SAID[block.type]?.(block) ?? []).map((said) => ({ said, block: block.id })));
  const parts = [{ said: content.title, block: TITLE }, ...(blocks.length > 0 ? blocks : [{ said: content.summary ?? "", block: null }])];
  return parts.flatMap(({ said, block }) => sentences(said.trim()).map((one) => ({ said: one, block })));
}

export const TITLE = "title"; // what the headline is called among the blocks
const LONGEST = 120; // characters: what a voice makes in well under a second

/** Cut after full stops, and a sentence that is too long after its commas. */
function sentences(said) {
  const whole = said.match(/[^。！？；!?;\n]+[。！？；!?;\n]*/gu) ?? [];
  return whole.flatMap((one) => (one.length <= LONGEST ? [one] : (one.match(/[^，,、：:]+[，,、：:]*/gu) ?? [one]).flatMap(cut)));
}

const cut = (one) => one.match(new RegExp(`.{1,${LONGEST}}`, "gsu")) ?? [];
