// What a screen's signed tags say of its place: a group it changes with, its tile of a wall, its layout. Pure.
//
//   step-hall                    changes together with every screen tagged so
//   wall-hall_0_0_500_1000       the same, and draws x, y, w, h (thousandths) of one picture across the wall
//   layout-zones                 main zone, list, notice bar and clock instead of one piece over the whole glass

const STEP = /^step-([a-z0-9-]{1,40})$/;
const WALL = /^wall-([a-z0-9-]{1,30})_(\d{1,4})_(\d{1,4})_(\d{1,4})_(\d{1,4})$/;
const WHOLE = 1_000;

/** {group, tile: {x, y, w, h}|null, layout} of tags; a tile outside its wall is none. */
export function placeOf(tags) {
  const wall = tags.map((tag) => WALL.exec(tag)).find(Boolean);
  const step = tags.map((tag) => STEP.exec(tag)).find(Boolean);
  const [x, y, w, h] = (wall ?? []).slice(2).map(Number);
  const isTile = wall && w > 0 && h > 0 && x + w <= WHOLE && y + h <= WHOLE;
  return {
    group: isTile ? wall[1] : (step?.[1] ?? null),
    tile: isTile ? { x, y, w, h } : null,
    layout: tags.includes("layout-zones") ? "zones" : "full",
  };
}

/** {width, height, left, top} in CSS pixels of the whole wall around a screen of this size. */
export function wallAround({ width, height }, { x, y, w, h }) {
  const whole = { width: Math.round((width * WHOLE) / w), height: Math.round((height * WHOLE) / h) };
  return { ...whole, left: Math.round((-x * width) / w), top: Math.round((-y * height) / h) };
}
