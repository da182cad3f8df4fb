// Passkeys: what an authenticator signs when a person approves with it; the port of cms/trust/webauthn.py.
//
// The challenge is the digest of the release. The browser writes the client data in one order (Web Authentication
// §5.8.1.2), so its beginning is compared as text; what follows is signed too and means nothing here.
import { utf8 } from "./canonical.js";
import { b64, sha256, unb64 } from "./crypto.js";
import { refuse } from "./errors.js";
import { like, object, text } from "./shape.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const PRESENT = 1; // flag: somebody touched the authenticator
const VERIFIED = 4; // flag: it knew the person, by PIN, finger or face

export const ASSERTION = object({ authenticator: like(/^[A-Za-z0-9_-]{50,1400}$/), client: text(1, 2_000) });

const bytesOf = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));

/** Is it this key's, over the release of this digest, at this place {rp, origins}, by a person it knew? */
export async function checkAssertion({ authenticator, client }, signature, publicText, digest, place) {
  if (!place) refuse("trust.passkey", { field: "place" });
  const challenge = b64(bytesOf(digest));
  const told = place.origins.map((origin) =>
    `{"type":"webauthn.get","challenge":"${challenge}","origin":"${origin}","crossOrigin":false`);
  if (!told.some((one) => client === `${one}}` || client.startsWith(`${one},`))) refuse("trust.passkey", { field: "client" });
  const data = unb64(authenticator, Math.floor((authenticator.length * 3) / 4));
  const rp = bytesOf(await sha256(utf8(place.rp)));
  if (!rp.every((byte, at) => data[at] === byte)) refuse("trust.passkey", { field: "rp" });
  if (!(data[32] & PRESENT && data[32] & VERIFIED)) refuse("trust.passkey", { field: "verified" });
  const hashed = bytesOf(await sha256(utf8(client)));
  const signed = new Uint8Array([...data, ...hashed]);
  if (!(await verifies(publicText, signature, signed))) refuse("trust.signature");
}

/** The browser's own ECDSA: every Chromium has it, also those without Ed25519. */
async function verifies(publicText, signature, data) {
  try {
    const key = await crypto.subtle.importKey("raw", unb64(publicText, 65), CURVE, false, ["verify"]);
    return await crypto.subtle.verify({ ...CURVE, hash: "SHA-256" }, key, unb64(signature, 64), data);
  } catch {
    return false;
  }
}
