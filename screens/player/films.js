// Films from the disk: every MiB is hashed each time it is read, and read only while its release may be drawn.
import { Film } from "./film.js";
import { filmOf } from "./drawing.js";
import { sha256 } from "./trust/crypto.js";
import { CHUNK } from "./trust/limits.js";

const AT_ONCE = 2; // chunks in one answer: what a stopped worker or a recall can leave in flight stays small
const START = 5_000; // ms the worker has to take over the page
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

  async open() {
    if (!document.createElement("video").canPlayType(PLAYS) || !navigator.serviceWorker) return;
    navigator.serviceWorker.onmessage = ({ data, ports }) => this.#answer(data, ports[0]);
    this.isAble = await controlled();
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

/** The page's policy takes script addresses from this one name only. */
function trusted(url) {
  const policy = self.trustedTypes?.createPolicy("yunping-worker", { createScriptURL: (given) => given });
  return policy ? policy.createScriptURL(url) : url;
}

/** Whether the worker took over in time; an old browser or a full disk has none, and pictures go on. */
async function controlled() {
  const { serviceWorker } = navigator;
  const isTaken = new Promise((resolve) => {
    if (serviceWorker.controller) resolve(true);
    serviceWorker.addEventListener("controllerchange", () => resolve(true), { once: true });
    serviceWorker.register(trusted("worker.js"), { updateViaCache: "none" }).catch(() => resolve(Boolean(serviceWorker.controller)));
    setTimeout(() => resolve(Boolean(serviceWorker.controller)), START);
  });
  return isTaken;
}
