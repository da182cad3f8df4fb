// Tap zones of a newspaper's page: what a touch at a place means; the same arithmetic as cms/content/zones.py.
//
// A place is a whole number of parts of SCALE across or down the page; two points are a rectangle, more a polygon.

export const SCALE = 10_000;

/** A polygon's points, also of a rectangle. */
export function outline(points) {
  if (points.length !== 2) return points;
  const { left, top, right, bottom } = boxOf(points);
  return [[left, top], [right, top], [right, bottom], [left, bottom]];
}

export function boxOf(points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return { left: Math.min(...xs), top: Math.min(...ys), right: Math.max(...xs), bottom: Math.max(...ys) };
}

/** Whether a place is inside or on the edge. */
export function contains(points, x, y) {
  const around = outline(points);
  let inside = false;
  for (let at = 0; at < around.length; at += 1) {
    const [x0, y0] = around[at];
    const [x1, y1] = around[(at + 1) % around.length];
    const turn = (x1 - x0) * (y - y0) - (x - x0) * (y1 - y0);
    const isBetween = Math.min(x0, x1) <= x && x <= Math.max(x0, x1) && Math.min(y0, y1) <= y && y <= Math.max(y0, y1);
    if (turn === 0 && isBetween) return true;
    if (y0 > y !== y1 > y && turn > 0 === y1 > y0) inside = !inside;
  }
  return inside;
}

export function area2(points) {
  const around = outline(points);
  return Math.abs(around.reduce((sum, [x0, y0], at) => {
    const [x1, y1] = around[(at + 1) % around.length];
    return sum + x0 * y1 - x1 * y0;
  }, 0));
}

/** The zone a touch means: of those there the smallest, which lies on the others; or null. */
export const hit = (zones, x, y) =>
  zones.filter(({ points }) => contains(points, x, y)).sort((one, two) => area2(one.points) - area2(two.points))[0] ?? null;

/** What a zone opens: itself, or the one of the issue that it continues. */
export const opened = (pages, zone) =>
  zone.of ? (pages.flatMap(({ zones }) => zones).find(({ id }) => id === zone.of) ?? zone) : zone;
