// What of a document the server would refuse, found while people write: with the block, so that one press leads there.
import { notesOf } from "./blocks.js";

// The bounds of cms/content/blocks.py; the server is who decides.
export const MAX_CELLS = 2000;
export const MAX_BLOCKS = 500;
export const MAX_CHARACTERS = 100_000;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

function charactersOf(block) {
  let sum = notesOf(block).reduce((all, note) => all + [...note.text].length, 0);
  const inlines = [block.text ?? [], ...(block.items ?? []).map((item) => item.text), ...(block.rows ?? []).flat()];
  for (const inline of inlines.flat()) sum += [...inline.t].length;
  return sum;
}

/** [{block, text}] in the order of the text. Pure. */
export function problemsOf({ blocks }, labels) {
  const found = [];
  let characters = 0;
  blocks.forEach((block, index) => {
    const say = (text, values) => found.push({ block: block.id, text: fill(text, values) });
    const cells = block.type === "table" ? block.rows.length * block.rows[0].length : 0;
    if (cells > MAX_CELLS) say(labels.problem_cells, { count: cells, most: MAX_CELLS });
    if (index === MAX_BLOCKS) say(labels.problem_blocks, { count: blocks.length, most: MAX_BLOCKS });
    const before = characters;
    characters += charactersOf(block);
    if (before <= MAX_CHARACTERS && characters > MAX_CHARACTERS) say(labels.problem_characters, { most: MAX_CHARACTERS });
  });
  return found;
}
