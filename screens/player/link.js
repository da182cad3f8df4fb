// The screen protocol (docs/formats.md §6): one socket to the gateway, reopened for ever; says who we are and what came.
import { Handshake } from "./handshake.js";
import { signWith } from "./trust/crypto.js";
import { utf8 } from "./trust/canonical.js";
import { pause, spread } from "./waiting.js";

const PROTOCOLS = { "yunping.screen.2": 2, "yunping.screen.1": 1 }; // newest first; an older gateway takes the other
// ms: beacons come every 10 s, and SP/2 says something when they do not; a link this quiet is dead whatever the socket says
const SILENT = { "yunping.screen.2": 28_000, "yunping.screen.1": 45_000 };
const RETRY = { min: 500, max: 2_000 };
const LONGEST = 10_000; // ms: a server that is back has news, perhaps a recall; being refused costs it nothing
export const VERSION = "1.0.0";
const MAX_FRAME = 64 * 1024;

/**
 * `to`: {identity() -> {screen, pair}, have(), caps(), beat(), onWelcome, onState, onPairing, onPaired, onLink, told: {kind: handler}}:
 * `told` takes what else a server of a newer version says to a screen it welcomed.
 * Handlers are called one at a time, in the order of the messages.
 */
export class Link {
  #url;
  #to;
  #socket = null;
  #retry = RETRY;
  #beat = 20_000;

  constructor(url, to) {
    this.#url = url;
    this.#to = to;
  }

  async run(signal) {
    for (let failures = 0; !signal.aborted; ) {
      const { lived, wait } = await this.#session(signal);
      this.#to.onLink(false);
      await pause(wait, signal);
      failures = lived ? 0 : failures + 1;
      await pause(this.#waitAfter(failures), signal);
    }
  }

  /** The version spoken on the present connection; 0 without one. */
  get protocol() {
    return PROTOCOLS[this.#socket?.protocol] ?? 0;
  }

  /** Whether it could be handed over. */
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Evenly between the bounds the server gave, and longer each time it does not answer. */
  #waitAfter(failures) {
    const { min, max } = this.#retry;
    const wait = min + Math.random() * (max - min);
    return failures === 0 ? wait : Math.max(wait, spread(Math.min(LONGEST, min * 2 ** Math.min(failures, 10))));
  }

  /** One connection from opening to its end: whether it got as far as a welcome, and how long its `bye` asks to wait. */
  async #session(signal) {
    const socket = new WebSocket(this.#url, Object.keys(PROTOCOLS));
    const inbox = new Inbox(socket, signal);
    let lived = false;
    let wait = 0;
    let beating = null;
    try {
      const handshake = new Handshake(Boolean((await this.#to.identity()).screen));
      for await (const message of inbox) {
        handshake.take(message);
        if (message.t === "challenge") await this.#answer(socket, message);
        else if (message.t === "pairing") this.#to.onPairing(message);
        else if (message.t === "paired") await this.#to.onPaired(message);
        else if (message.t === "welcome") {
          lived = true;
          this.#retry = bounded(message.retry);
          this.#beat = Math.min(Math.max(message.beat ?? 20_000, 1_000), 300_000);
          this.#socket = socket;
          await this.#to.onWelcome(message);
          beating ??= this.#beats(inbox.signal);
        } else if (message.t === "state") await this.#to.onState(message);
        else if (lived && this.#to.told?.[message.t]) await this.#to.told[message.t](message);
        else if (message.t === "bye") {
          if (message.retry > 0) wait = spread(Math.min(message.retry, 300_000));
          break;
        }
      }
    } catch (error) {
      if (!signal.aborted) this.#to.onTrouble?.(error);
    } finally {
      inbox.close();
      this.#socket = null;
    }
    return { lived, wait };
  }

  async #answer(socket, { nonce }) {
    const { screen, pair } = await this.#to.identity();
    const host = new URL(this.#url).host;
    const protocol = PROTOCOLS[socket.protocol];
    const [kind, who] = screen ? ["hello", screen] : ["pair", pair.public];
    const sig = await signWith(pair, utf8(`yunping/${kind}/${protocol}\n${nonce}\n${who}\n${host}`));
    const caps = this.#to.caps();
    const message = screen
      ? { t: "hello", screen, key: pair.public, protocol, have: this.#to.have(), sig, player: this.#to.version ?? VERSION, caps }
      : { t: "pair", key: pair.public, protocol, sig, player: this.#to.version ?? VERSION, caps };
    socket.send(JSON.stringify(message));
  }

  async #beats(signal) {
    try {
      for (;;) {
        this.send({ t: "beat", ...this.#to.beat() });
        await pause(this.#beat * (0.9 + Math.random() / 5), signal);
      }
    } catch {
      // the connection ended
    }
  }
}

const bounded = (retry) => ({
  min: Math.min(Math.max(retry?.min ?? RETRY.min, 100), 60_000),
  max: Math.min(Math.max(retry?.max ?? RETRY.max, 200), 300_000),
});

/** The messages of a socket in order; ends when it closes or falls silent. */
class Inbox {
  #queue = [];
  #wake = null;
  #over = false;
  #timer;
  #ended = new AbortController();

  constructor(socket, signal) {
    this.socket = socket;
    this.signal = AbortSignal.any([signal, this.#ended.signal]);
    socket.onmessage = ({ data }) => this.#take(data);
    socket.onclose = () => this.#end();
    socket.onerror = () => this.#end();
    signal.addEventListener("abort", () => this.close(), { once: true, signal: this.#ended.signal });
    this.#listen();
  }

  close() {
    this.#end();
    this.socket.close();
  }

  async *[Symbol.asyncIterator]() {
    for (;;) {
      while (this.#queue.length > 0) yield this.#queue.shift();
      if (this.#over) return;
      await new Promise((resolve) => (this.#wake = resolve));
    }
  }

  #take(data) {
    this.#listen();
    if (typeof data !== "string" || data.length > MAX_FRAME) return;
    try {
      const message = JSON.parse(data);
      if (typeof message?.t !== "string") return;
      message.arrived = performance.now(); // before it waits for those before it
      this.#queue.push(message);
    } catch {
      return; // not a message of this protocol
    }
    this.#wake?.();
  }

  #listen() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.close(), SILENT[this.socket.protocol] ?? SILENT["yunping.screen.1"]);
  }

  #end() {
    clearTimeout(this.#timer);
    this.#over = true;
    this.#ended.abort(new DOMException("the link ended", "AbortError"));
    this.#wake?.();
  }
}
