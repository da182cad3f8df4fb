// The times of a screen: a monotonic one for the trust state, and a guess while the server is away after a start.
//
// A box may start with any date. What a guard said is never undone; the box's own clock is believed only for how long
// the box was off, only forwards, and only until the first beacon.

const BELIEVED = 92 * 86_400_000; // ms: longer than this off is a broken clock, not a long holiday

export const monotonic = () => Math.round(performance.timeOrigin > 0 ? performance.now() : 0);

/** How long the box was off, by its own clock; 0 where that clock cannot be believed. */
export function awayFor(savedWall, wall) {
  const away = wall - savedWall;
  return savedWall > 0 && away > 0 && away <= BELIEVED ? away : 0;
}
