// A signed object as it travels: its text as a string, so nobody re-serialises what was signed.
import { decode, encode, utf8 } from "./canonical.js";
import { sha256 } from "./crypto.js";
import { refuse } from "./errors.js";
import { MAX_SIGNATURES, MAX_TEXT, MAX_TEXT_OF } from "./limits.js";
import { among, anything, base64, keyId, like, list, object } from "./shape.js";

export const ALGORITHMS = ["ed25519", "webauthn-es256", "sm2"]; // the last is a reserved name
export const FORMAT = 1; // of every object that holds nothing a later format brought

export const anyText = like(/^/);
const SIGNATURE = object({ key: keyId, alg: among(ALGORITHMS), signature: base64 });
const SIGNED = object({ text: anyText, signatures: list(SIGNATURE, 0, MAX_SIGNATURES) });

/** What a signature covers: the type keeps a signature of one kind from passing as another. */
export const signedBytes = (type, text) => utf8(`yunping/${type}/1\n${text}`);

/** The hash by which a release, a manifest, … is called. */
export const digest = (type, text) => sha256(signedBytes(type, text));

/** {text, signatures} from the decoded object, as inside a message of the screen protocol. */
export const readSigned = (value) => SIGNED(value, "signed");

/** From the canonical JSON of `{"text","signatures"}`, as in a file `/a/{sha256}`. */
export const readSignedFile = (source) => readSigned(decode(source, MAX_TEXT));

/** The sha256 under which the signed object is stored as a file. */
export const fileOf = (signed) => sha256(utf8(encode(signed)));

/**
 * The value of a signed object's text: size, canonical, type, format and shape are checked, in this order.
 * `later` names the fields that came with format 2: an earlier text has none of them (null here).
 */
export function readBody(type, fields, text, later = {}) {
  const top = decode(text, MAX_TEXT_OF[type]);
  if (top?.type !== type) refuse("trust.type", { wanted: type });
  const known = Object.keys(later).length > 0 ? 2 : FORMAT;
  if (![FORMAT, known].includes(top.format)) refuse("trust.format", { known });
  const wanted = top.format === FORMAT ? fields : { ...fields, ...later };
  const value = object({ type: anything, format: anything, ...wanted })(top, type);
  return { ...Object.fromEntries(Object.keys(later).map((name) => [name, null])), ...value };
}
