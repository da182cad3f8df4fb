// Places on a page as whole numbers of parts of SCALE; the same rules as cms/content/zones.py. Pure.

export const SCALE = 10_000;
export const LEAST = 100;
const NEAR = 60; // parts within which an edge jumps to that of printed text

const clamp = (value) => Math.max(0, Math.min(SCALE, Math.round(value)));

export function boxOf(points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

export function outline(points) {
  if (points.length !== 2) return points;
  const { left, top, right, bottom } = boxOf(points);
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

export function contains(points, x, y) {
  const around = outline(points);
  let inside = false;
  around.forEach(([x0, y0], at) => {
    const [x1, y1] = around[(at + 1) % around.length];
    if (y0 > y !== y1 > y && x < ((x1 - x0) * (y - y0)) / (y1 - y0) + x0) inside = !inside;
  });
  return inside;
}

/** The paragraphs of the blocks whose middle lies inside. */
export const wordsIn = (points, blocks) =>
  blocks
    .filter(([left, top, right, bottom]) => contains(points, (left + right) / 2, (top + bottom) / 2))
    .flatMap((block) => block[5].split("\n"))
    .map((line) => line.trim())
    .filter(Boolean);

/** Moved as a whole, as far as the page goes. */
export function moved(points, dx, dy) {
  const { left, top, right, bottom } = boxOf(points);
  const x = Math.max(-left, Math.min(SCALE - right, Math.round(dx)));
  const y = Math.max(-top, Math.min(SCALE - bottom, Math.round(dy)));
  return points.map(([px, py]) => [px + x, py + y]);
}

/** The places a hand can take hold of: corners and edges of a rectangle, the points of a polygon. */
export function handlesOf(points) {
  if (points.length !== 2) return points.map(([x, y], at) => ({ name: `p${at}`, x, y }));
  const { left, top, right, bottom } = boxOf(points);
  const [middle, centre] = [(left + right) / 2, (top + bottom) / 2];
  return [["nw", left, top], ["n", middle, top], ["ne", right, top], ["e", right, centre], ["se", right, bottom], ["s", middle, bottom], ["sw", left, bottom], ["w", left, centre]]
    .map(([name, x, y]) => ({ name, x, y }));
}

/** With one handle at another place; null where that would be no zone any more. */
export function pulled(points, name, x, y) {
  const [to, down] = [clamp(x), clamp(y)];
  if (points.length !== 2) {
    const next = points.map((point, at) => (`p${at}` === name ? [to, down] : point));
    return isGood(next) ? next : null;
  }
  const box = boxOf(points);
  if (name.includes("w")) box.left = Math.min(to, box.right - LEAST);
  if (name.includes("e")) box.right = Math.max(to, box.left + LEAST);
  if (name.includes("n")) box.top = Math.min(down, box.bottom - LEAST);
  if (name.includes("s")) box.bottom = Math.max(down, box.top + LEAST);
  return [[box.left, box.top], [box.right, box.bottom]];
}

/** A rectangle between two places. */
export const between = ([x0, y0], [x1, y1]) => {
  const box = boxOf([[clamp(x0), clamp(y0)], [clamp(x1), clamp(y1)]]);
  return [[box.left, box.top], [box.right, box.bottom]];
};

/** Large enough, and a polygon that does not cross itself. */
export function isGood(points) {
  const { left, top, right, bottom } = boxOf(points);
  if (right - left < LEAST || bottom - top < LEAST) return false;
  return points.length === 2 || (points.length >= 3 && points.length <= 40 && isSimple(points));
}

function isSimple(points) {
  const edges = points.map((point, at) => [point, points[(at + 1) % points.length]]);
  const turn = ([ax, ay], [bx, by], [cx, cy]) => Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));
  return edges.every(([a, b], one) =>
    edges.every(([c, d], two) => {
      if (two <= one + 1 || (one === 0 && two === edges.length - 1)) return true;
      return !(turn(a, b, c) * turn(a, b, d) <= 0 && turn(c, d, a) * turn(c, d, b) <= 0);
    }));
}

/** A place drawn to the nearest edges of printed text; `lines` are {x: [], y: []}. */
export function snapped([x, y], lines) {
  const near = (value, among) => among.reduce((best, one) => (Math.abs(one - value) < Math.abs(best - value) ? one : best), Infinity);
  const [nx, ny] = [near(x, lines.x), near(y, lines.y)];
  return [Math.abs(nx - x) <= NEAR ? nx : clamp(x), Math.abs(ny - y) <= NEAR ? ny : clamp(y)];
}

/** The edges of the text of a page, a breath outside it. */
export const linesOf = (blocks) => ({
  x: blocks.flatMap(([left, , right]) => [clamp(left - 40), clamp(right + 40)]),
  y: blocks.flatMap(([, top, , bottom]) => [clamp(top - 40), clamp(bottom + 40)]),
});
