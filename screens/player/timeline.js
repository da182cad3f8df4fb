// What is due: the manifest's timeline looked up by the trusted time; pure, so that screens side by side agree.

/**
 * The slot of an instant (ms). Outside the timeline the nearest slot with something in it goes on:
 * a screen whose server is gone for days shows the last good line-up, not an empty frame.
 */
export function slotAt(manifest, time) {
  const { timeline } = manifest;
  const found = timeline.find((slot) => slot.from <= time && time < slot.to);
  if (found) return found;
  if (timeline.length === 0) return null;
  return time < timeline[0].from ? timeline[0] : (timeline.findLast((slot) => slot.loop.length > 0) ?? null);
}

/** How long one run of an item is (ms): `lengths` may lengthen it so that every page of it can be read. */
export const lengthOf = (item, lengths) => Math.max(item.show, lengths.get(item.release) ?? 0);

/** The slot's items that may be drawn now. */
export const playable = (slot, isPlayable) => (slot ? slot.loop.filter((item) => isPlayable(item.release)) : []);

/**
 * {item, index, offset, length} of what is due in a loop at an instant; null when the loop is empty.
 * The loop turns from the slot's start, so the answer depends on nothing but the arguments.
 */
export function dueAt(slot, items, time, lengths) {
  if (!slot || items.length === 0) return null;
  const total = items.reduce((sum, item) => sum + lengthOf(item, lengths), 0);
  let rest = (((time - slot.from) % total) + total) % total;
  for (const [index, item] of items.entries()) {
    const length = lengthOf(item, lengths);
    if (rest < length) return { item, index, offset: rest, length };
    rest -= length;
  }
  return null; // not reached: rest < total
}

/**
 * {release, from, until}: what to start at an instant, and the instants between which the plan has it (ms).
 *
 * A screen alone starts the due item only if at least half of it is left, else the next one early, so that a reader never
 * meets a piece in its middle. Screens in step show what is due, wherever they come in.
 */
export function planAt(slot, items, time, lengths, { inStep = false } = {}) {
  const due = dueAt(slot, items, time, lengths);
  if (!due) return null;
  const from = time - due.offset;
  const end = from + due.length;
  if (inStep || due.offset * 2 <= due.length) return planned(slot, time, due.item, from, end);
  const next = items[(due.index + 1) % items.length];
  return planned(slot, time, next, end, end + lengthOf(next, lengths));
}

/** Nothing outlasts its slot: the loop of the next one turns from its own beginning. */
function planned({ to }, time, { release }, from, until) {
  return { release, from, until: time < to && from < to ? Math.min(until, to) : until };
}

/** The releases of a new line-up that the one before did not have, in the order of its loop. */
export function arrivals(before, after) {
  const known = new Set(before.map((item) => item.release));
  const fresh = after.map((item) => item.release).filter((release) => !known.has(release));
  return [...new Set(fresh)];
}
