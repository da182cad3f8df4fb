// Sizes of a frame: one unit `u` is a pixel of the reference screen (1080×1920, or 1920×1080 lying).

const REFERENCE = {
  portrait: { width: 1080, height: 1920, flowWidth: 884, flowHeight: 1480, gap: 196 },
  landscape: { width: 1920, height: 1080, flowWidth: 880, flowHeight: 770, gap: 200 },
};

/**
 * {shape, unit, width, height, flowWidth, flowHeight, gap}; pages are exactly flowWidth + gap apart. `unit` is given for a
 * zone of a larger screen, whose type is as large as on the whole of it.
 */
export function geometryOf({ width, height, unit: given }) {
  const shape = width > height ? "landscape" : "portrait";
  const base = REFERENCE[shape];
  const unit = given ?? Math.min(width / base.width, height / base.height);
  // what the screen has beyond the reference's shape goes to the text, not to margins
  const flowWidth = Math.round(base.flowWidth * unit + (width - base.width * unit) * (shape === "portrait" ? 1 : 0.55));
  const flowHeight = Math.round(base.flowHeight * unit + (height - base.height * unit));
  return { shape, unit, width, height, flowWidth, flowHeight, gap: Math.round(base.gap * unit) };
}

// Longest title for each size, in units; 72 is the smallest a reader at three metres should meet.
const STEPS = {
  portrait: [[14, 112], [24, 98], [40, 84], [Infinity, 72]],
  landscape: [[14, 96], [30, 80], [Infinity, 72]],
};

const LEAST_TITLE = { portrait: 68, landscape: 52 }; // units: still above 3.5 % of the height
const MOST_HEAD = { portrait: 0.86, landscape: 0.84 }; // of the height text has; a longer headline is set smaller
const LINES = { portrait: 9, landscape: 8 }; // what is longer than any headline ends in an ellipsis

const LINE = { portrait: 884, landscape: 690 }; // units a line of the title has
const LEAST = 72;

const widthOf = (text) => [...text].reduce((sum, char) => sum + (char.codePointAt(0) < 0x2e80 ? 0.58 : 1.02), 0);

/** Units: by length, and smaller where that keeps each of several clauses whole on its line. */
export function titleSize(clauses, shape) {
  const length = [...clauses.join("")].length;
  const [, size] = STEPS[shape].find(([longest]) => length <= longest);
  const whole = Math.floor(LINE[shape] / Math.max(...clauses.map(widthOf)));
  return clauses.length > 1 && whole >= LEAST ? Math.min(size, whole) : size;
}

/**
 * Sets the headline of a frame that is laid out (unseen) smaller until its head has room and no line runs over; one that
 * is too long for the least size is cut at a stated number of lines.
 */
export function fitTitle(frame, head, { shape, flowHeight }) {
  const title = frame.querySelector(".frame__title");
  const isOver = () => title.scrollWidth > title.clientWidth + 1 || head.offsetHeight > flowHeight * MOST_HEAD[shape];
  let size = Number(title.style.getPropertyValue("--title"));
  for (; isOver() && size > LEAST_TITLE[shape]; size -= 4) title.style.setProperty("--title", String(Math.max(LEAST_TITLE[shape], size - 4)));
  if (!isOver()) return;
  title.style.setProperty("--lines", String(LINES[shape]));
  title.classList.add("is-cut");
}
