// Which files of a line-up are not on the disk yet, in the order in which they are worth the line. Pure.
import { filmOf, narrationOf, neededBy } from "./drawing.js";

const isUrgent = (release) => release.value.class === "urgent"; // no rule of a thin line holds it back
const bySize = (one, two) => one.size - two.size;

/**
 * [{file, releases, isFilm}] of the pictures and films that `releases` (digest → {release}) draw and `stored` lacks: urgent ones
 * first, then the smallest, since an hour's film must not hold up a notice.
 */
export function missing(releases, stored, { films }) {
  const found = new Map();
  for (const [digest, { release }] of releases) {
    const film = films ? filmOf(release.value)?.file : null;
    for (const file of [...neededBy(release.value), ...(film ? [film] : [])].filter(({ sha256 }) => !stored.has(sha256))) {
      const known = found.get(file.sha256) ?? { file: { ...file, urgent: false }, releases: [], isFilm: file === film };
      known.file.urgent ||= isUrgent(release);
      known.releases.push(digest);
      found.set(file.sha256, known);
    }
  }
  return [...found.values()].sort((one, two) => two.file.urgent - one.file.urgent || bySize(one.file, two.file));
}

/** The recordings that are not on the disk, smallest first. */
export function unspoken(releases, stored) {
  const files = [...releases.values()].map(({ release }) => narrationOf(release.value));
  const lacking = files.filter((file) => file && !stored.has(file.sha256));
  return [...new Map(lacking.map((file) => [file.sha256, file])).values()].sort(bySize);
}
