// What a server may say on a connection until its screen is live, and when; the port of `screens.protocol.ScreenSide`.
//
//   asked ─challenge─▶ waiting ─pairing…─paired─▶ proven ─welcome─▶ live ─welcome, state…
//         └─────────── a paired screen ─────────────▲
//
// Nothing here is signed, so little of it is believed: a code is a code and not a sentence, a screen that has a name is
// not given another, and a key signs once on a connection.
import { refuse } from "./trust/errors.js";
import { like, ms, uuid } from "./trust/shape.js";

const FIELDS = {
  challenge: { nonce: like(/^[A-Za-z0-9_-]{43}$/) },
  pairing: { code: like(/^[A-HJ-NP-Z2-9]{6}$/), expires_at: ms },
  paired: { screen: uuid },
  welcome: {},
  state: {},
};
const NEXT = {
  asked: { challenge: (isPaired) => (isPaired ? "proven" : "waiting") },
  waiting: { pairing: () => "waiting", paired: () => "proven" },
  proven: { welcome: () => "live" },
  live: { welcome: () => "live", state: () => "live" },
};

export class Handshake {
  phase = "asked";
  #isPaired;

  constructor(isPaired) {
    this.#isPaired = isPaired;
  }

  /** Throws for what is no message or comes at the wrong place: the connection ends and nothing of it is believed. */
  take(message) {
    if (!Object.hasOwn(FIELDS, message.t)) return false; // others are looked at by those whom they concern
    for (const [name, check] of Object.entries(FIELDS[message.t])) check(message[name], `${message.t}.${name}`);
    const next = NEXT[this.phase];
    if (!Object.hasOwn(next, message.t)) refuse("trust.schema", { field: message.t });
    this.phase = next[message.t](this.#isPaired);
    return true;
  }
}
