// Files by hash from the media server: every MiB is checked as it comes, a broken line goes on where it stopped.
import { Full } from "./depot.js";
import { sha256 } from "./trust/crypto.js";
import { TrustError } from "./trust/errors.js";
import { CHUNK } from "./trust/limits.js";
import { pause, spread } from "./waiting.js";

const AT_ONCE = 3;
const HASHED_WHOLE = 16; // chunks; a longer file is what its signed chunks are, and is never in memory at once
const WRONG_BYTES = 3; // after so many wrong answers the file counts as unobtainable
const WAIT = { least: 400, most: 30_000 };
const STALLED = 20_000; // ms without a byte

/** The server does not have it, or not what was signed: asking again is no use. */
export class Unobtainable extends Error {}

export class Fetcher {
  #base;
  #depot;
  #running = 0;
  #waiting = [];

  /** `depot`: the box's own store, or null. */
  constructor(base, depot = null) {
    this.base = base;
    this.#depot = depot;
  }

  set base(url) {
    this.#base = url.replace(/\/$/, "");
  }

  /**
   * The bytes of {sha256, size?, chunks?} as a Blob, tried until the server answers or `signal` ends it; `held` is called
   * when the rules of the line keep it waiting. Throws Unobtainable, or the signal's reason.
   */
  async get(file, signal, held) {
    if (await this.#depot?.isFor(file)) {
      const blob = await this.#fromBox(file, signal, held);
      if (blob) return blob;
    }
    return this.#fromServer(file, signal);
  }

  /** By way of the box; null where it cannot, and the page asks the server itself. */
  async #fromBox(file, signal, held) {
    try {
      const path = await this.#depot.have(file, signal, held);
      if (path === null) throw new Unobtainable(file.sha256);
      const parts = { blobs: [], size: 0 };
      const answer = await fetch(path, { signal, cache: "no-store" });
      await read(answer.body, file, parts, new AbortController());
      return await whole(file, parts);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Unobtainable || error instanceof Full) throw error;
      return null;
    } finally {
      this.#depot.release(file);
    }
  }

  async #fromServer(file, signal) {
    const parts = { blobs: [], size: 0 };
    const isFirst = file.urgent || file.size === undefined; // a recall named by a beacon waits for no picture
    for (let attempt = 0, wrong = 0; ; attempt += 1) {
      if (!isFirst) await this.#slot();
      try {
        return await this.#once(file, parts, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof Unobtainable) throw error;
        if (error instanceof TrustError && (wrong += 1) >= WRONG_BYTES) throw new Unobtainable(file.sha256);
      } finally {
        if (!isFirst) this.#release();
      }
      await pause(spread(Math.min(WAIT.most, WAIT.least * 2 ** attempt)), signal);
    }
  }

  async #once(file, parts, signal) {
    const stall = new AbortController();
    const either = AbortSignal.any([signal, stall.signal]);
    const headers = parts.size > 0 ? { Range: `bytes=${parts.size}-` } : {};
    const answer = await fetch(`${this.#base}/a/${file.sha256}`, { headers, signal: either, cache: "no-store", credentials: "omit" });
    if (answer.status === 404 || answer.status === 410) throw new Unobtainable(file.sha256);
    if (!answer.ok) throw new Error(`answer ${answer.status}`);
    if (answer.status !== 206) Object.assign(parts, { blobs: [], size: 0 });
    await read(answer.body, file, parts, stall);
    return whole(file, parts);
  }

  async #slot() {
    if (this.#running >= AT_ONCE) await new Promise((resolve) => this.#waiting.push(resolve));
    this.#running += 1;
  }

  #release() {
    this.#running -= 1;
    this.#waiting.shift()?.();
  }
}

/** Keeps only whole, checked chunks in `parts`; what is after them is asked again. */
async function read(body, file, parts, stall) {
  const reader = body.getReader();
  let pending = [];
  let size = 0;
  for (;;) {
    const timer = setTimeout(() => stall.abort(), STALLED);
    const { done, value } = await reader.read().finally(() => clearTimeout(timer));
    if (done) break;
    pending.push(value);
    size += value.byteLength;
    if (parts.size + size > (file.size ?? 4 * CHUNK)) throw new TrustError("trust.size", { sha256: file.sha256 });
    while (size >= CHUNK) {
      const bytes = new Uint8Array(await new Blob(pending).arrayBuffer());
      await take(bytes.subarray(0, CHUNK), file, parts);
      pending = [bytes.slice(CHUNK)];
      size -= CHUNK;
    }
  }
  if (size > 0) await take(new Uint8Array(await new Blob(pending).arrayBuffer()), file, parts);
}

async function take(bytes, file, parts) {
  const wanted = file.chunks?.[parts.blobs.length];
  const isLast = file.size === undefined || parts.size + bytes.byteLength === file.size;
  if (!isLast && bytes.byteLength < CHUNK) throw new Error("the line broke");
  if (wanted && (await sha256(bytes)) !== wanted) throw new TrustError("trust.hash", { sha256: file.sha256 });
  parts.blobs.push(new Blob([bytes]));
  parts.size += bytes.byteLength;
}

async function whole(file, parts) {
  const blob = new Blob(parts.blobs);
  if (file.size !== undefined && blob.size !== file.size) throw new Error("the line broke");
  if (file.chunks?.length > HASHED_WHOLE && parts.blobs.length === file.chunks.length) return blob;
  if ((await sha256(await blob.arrayBuffer())) === file.sha256) return blob;
  Object.assign(parts, { blobs: [], size: 0 });
  throw new TrustError("trust.hash", { sha256: file.sha256 });
}
