// A signed object as it travels: its text as a string, so nobody re-serialises what was signed.
import { decode, encode, utf8 } from "./canonical.js";
import { sha256 } from "./crypto.js";
import { refuse } from "./errors.js";
import { BASE64, DOMAIN, Fields, KEY_ID } from "./fields.js";
import { MAX_SIGNATURES, MAX_TEXT, MAX_TEXT_OF } from "./limits.js";

export const ALGORITHMS = ["ed25519", "webauthn-es256", "sm2"]; // the last two are reserved names
export const FORMAT = 1;

/** What a signature covers: the type keeps a signature of one kind from passing as another. */
export const signedBytes = (type, text) => utf8(`yunping/${type}/1\n${text}`);

/** The hash by which a release, a manifest, … is called. */
export const digest = (type, text) => sha256(signedBytes(type, text));

/** {text, signatures} from the decoded object, as inside a message of the screen protocol. */
export function readSigned(value) {
  const top = new Fields(value, "signed");
  const text = top.text("text", null, MAX_TEXT);
  const signatures = top.each("signatures", { most: MAX_SIGNATURES }).map((item) => {
    const alg = item.oneOf("alg", ALGORITHMS);
    const one = { key: item.text("key", KEY_ID), alg, signature: item.text("signature", BASE64) };
    item.done();
    return one;
  });
  top.done();
  return { text, signatures };
}

/** From the canonical JSON of `{"text","signatures"}`, as in a file `/a/{sha256}`. */
export const readSignedFile = (source) => readSigned(decode(source, MAX_TEXT));

/** The sha256 under which the signed object is stored as a file. */
export const fileOf = (signed) => sha256(utf8(encode(signed)));

/** The fields of a signed object's text, its domain and its epoch; the rest is the caller's to read. */
export function opened(text, type) {
  const top = new Fields(decode(text, MAX_TEXT_OF[type]), type);
  if (top.text("type") !== type) refuse("trust.type", { wanted: type });
  if (top.integer("format") !== FORMAT) refuse("trust.format", { known: FORMAT });
  return { top, head: { type, domain: top.text("domain", DOMAIN), epoch: top.integer("epoch", { least: 1 }) } };
}
