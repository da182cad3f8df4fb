// Ed25519 and SHA-256: the browser's own where it has them, a vendored pure implementation for Ed25519 on old boxes.
import { refuse } from "./errors.js";

const ED25519 = { name: "Ed25519" };

/** Base64url without padding. */
export function b64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Exactly `size` bytes from their only base64url spelling (no padding, no stray bits). */
export function unb64(text, size) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) refuse("trust.base64");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const raw = Uint8Array.from(binary, (char) => char.charCodeAt(0));
  if (raw.length !== size || b64(raw) !== text) refuse("trust.base64");
  return raw;
}

const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Lower-case hex sha256. */
export const sha256 = async (bytes) => hex(await crypto.subtle.digest("SHA-256", bytes));

export const SIZES = { ed25519: 32, "webauthn-es256": 65 }; // bytes of a public key

/** The key id of a public key's text: the first 32 hex digits of sha256 of the raw bytes. */
export const keyIdOf = async (publicText, alg = "ed25519") => (await sha256(unb64(publicText, SIZES[alg]))).slice(0, 32);

const native = {
  name: "webcrypto",
  async verify(raw, signature, data) {
    const key = await crypto.subtle.importKey("raw", raw, ED25519, false, ["verify"]);
    return crypto.subtle.verify(ED25519, key, signature, data);
  },
  async newPair() {
    const pair = await crypto.subtle.generateKey(ED25519, false, ["sign", "verify"]);
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    return { kind: "webcrypto", secret: pair.privateKey, public: b64(raw) };
  },
};

async function vendored() {
  const ed = await import("../vendor/noble-ed25519-3.2.0.js");
  return {
    name: "noble",
    verify: (raw, signature, data) => ed.verifyAsync(signature, data, raw, { zip215: false }),
    async newPair() {
      const { secretKey, publicKey } = await ed.keygenAsync();
      return { kind: "noble", secret: secretKey, public: b64(publicKey) };
    },
  };
}

async function isNative() {
  try {
    await native.newPair();
    return true;
  } catch {
    return false;
  }
}

let chosen = null;

/** The implementation in use, chosen once at start-up: `force` ("webcrypto", "noble") is for tests. */
export async function backend(force = null) {
  if (force || !chosen) {
    const wantsNative = force ? force === "webcrypto" : await isNative();
    chosen = wantsNative ? native : await vendored();
  }
  return chosen;
}

/** Whether `signature` (base64url) is this public key's (base64url) over `data`; never throws for bad input. */
export async function verifies(publicText, signature, data) {
  try {
    return await (await backend()).verify(unb64(publicText, 32), unb64(signature, 64), data);
  } catch {
    return false;
  }
}

/** A new device key {kind, secret, public}; `secret` cannot be read out of a browser that has Ed25519. */
export const newPair = async () => (await backend()).newPair();

/** The base64url signature of a device key over `data`. */
export async function signWith(pair, data) {
  if (pair.kind === "webcrypto") return b64(new Uint8Array(await crypto.subtle.sign(ED25519, pair.secret, data)));
  const ed = await import("../vendor/noble-ed25519-3.2.0.js");
  return b64(await ed.signAsync(data, pair.secret));
}
