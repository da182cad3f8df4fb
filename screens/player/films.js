// Films from the disk: every MiB is hashed each time it is read, and read only while its release may be drawn.
import { Film } from "./film.js";
import { filmOf } from "./drawing.js";
import { sha256 } from "./trust/crypto.js";
import { CHUNK } from "./trust/limits.js";

const AT_ONCE = 2; // chunks in one answer: what a stopped worker or a recall can leave in flight stays small
const PLAYS = 'video/mp4; codecs="avc1.64001f, mp4a.40.2"';

export class Films {
  #store;
  #release;
  #rotten;
  #sound;

  /** Whether this browser can show films checked; where it cannot, the poster stands. */
  isAble = false;

  /** `release(digest)` gives a verified release that may be drawn now, or null; `rotten(sha256)` is told of bad bytes. */
  constructor({ store, sound, release, rotten }) {
    this.#store = store;
    this.#release = release;
    this.#rotten = rotten;
    this.#sound = sound;
  }

  /** `controlled`: whether the worker that asks for ranges has taken over the page. */
  async open(controlled) {
    if (!document.createElement("video").canPlayType(PLAYS) || !navigator.serviceWorker) return;
    navigator.serviceWorker.onmessage = ({ data, ports }) => this.#answer(data, ports[0]);
    this.isAble = await controlled;
  }

  /** The film of a release, ready to be prepared; null where there is none or it cannot be shown. */
  of(digest, release) {
    const found = this.isAble ? filmOf(release) : null;
    return found && new Film(`film/${digest}/${found.file.sha256}`, { sound: this.#sound });
  }

  async #answer({ film, start }, port) {
    const told = film ? await this.#read(film, start).catch(() => null) : null;
    port.postMessage(told, told ? [told.bytes] : []);
  }

  /** {bytes, size, type} from `start` to the end of a chunk. Null for what may not be shown or is not what was signed. */
  async #read({ release, sha256: name }, start) {
    const file = filmOf(this.#release(release))?.file;
    if (file?.sha256 !== name || !(start < file.size)) return null;
    const blob = await this.#store.file(name);
    const first = Math.floor(start / CHUNK);
    const parts = [];
    for (let index = first; index < Math.min(first + AT_ONCE, file.chunks.length); index += 1) {
      const bytes = await blob?.slice(index * CHUNK, (index + 1) * CHUNK).arrayBuffer();
      if (!bytes || (await sha256(bytes)) !== file.chunks[index]) {
        if (parts.length > 0) break;
        this.#rotten(name);
        return null;
      }
      parts.push(index === first ? bytes.slice(start - first * CHUNK) : bytes);
    }
    const bytes = await new Blob(parts).arrayBuffer();
    return this.#release(release) && { bytes, size: file.size, type: file.media_type };
  }
}
