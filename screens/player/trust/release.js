// The release 签发件 and its approvals: what may be shown, where, until when, and who signed it.
import { decode } from "./canonical.js";
import { refuse } from "./errors.js";
import * as limits from "./limits.js";
import {
  among, anyMap, base64, boolean, code, count, domain, hash, integer, keyId, like, list, map, ms, nullable,
  object, pixels, set, text, unit, uuid,
} from "./shape.js";
import { ASSERTION } from "./webauthn.js";
import { ALGORITHMS, anyText, digest, readBody } from "./signed.js";

export const CLASSES = ["news", "lecture", "notice", "newspaper", "activity", "urgent"];
const MAX_BUNDLE = 2 * limits.MAX_TEXT_OF.release; // a text inside a text doubles its quotes

const APPROVAL = object({
  person: uuid,
  key: keyId,
  alg: among(ALGORITHMS),
  signature: base64,
  at: ms,
  webauthn: nullable(ASSERTION),
});
const BUNDLE = object({ text: anyText, approvals: list(APPROVAL, 0, limits.MAX_APPROVALS) });

const ENVELOPE = object({
  units: set(unit, 1, limits.MAX_UNITS),
  channels: set(code, 1, limits.MAX_CHANNELS),
  not_before: ms,
  not_after: nullable(ms),
  offline: nullable(ms),
});
const ASSET = object({
  sha256: hash,
  size: integer(1, limits.MAX_CHUNKS * limits.CHUNK),
  media_type: like(/^[a-z0-9.+-]{1,64}\/[a-z0-9.+-]{1,64}$/),
  width: nullable(pixels),
  height: nullable(pixels),
  of: hash,
  rendition: code,
  chunks: list(hash, 1, limits.MAX_CHUNKS),
});
const RELEASE = {
  domain,
  epoch: count,
  release: uuid,
  document: like(/^[0123456789abcdefghjkmnpqrstvwxyz]{10}$/),
  edition: count,
  revision: hash,
  authors: set(uuid, 1, limits.MAX_AUTHORS),
  class: among(CLASSES),
  language: like(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/),
  envelope: ENVELOPE,
  content: anyMap,
  assets: list(ASSET, 0, limits.MAX_ASSETS),
  forms: map(hash, 0, limits.MAX_CHANNELS),
  slate: boolean,
};
const name = text(0, 200);
// What every content has; kinds add fields beside these, signed all the same.
const CONTENT = object(
  {
    title: text(0, 500),
    subtitle: text(0, 500),
    summary: text(0, 5_000),
    pinyin: text(0, 5_000),
    byline: object({ source: name, reporter: name, editor: name, sponsor: name, date: ms }),
    cover: nullable(hash),
    column: nullable(code),
    body: object({ schema: integer(1, 1), blocks: list(object({ id: code, type: code }, { open: true }), 0, limits.MAX_BLOCKS) }),
  },
  { open: true },
);

/** A release's text with its approvals, as downloaded; nothing in it is checked yet. */
export const readBundle = (source) => BUNDLE(decode(source, MAX_BUNDLE), "bundle");

/** The hash of a release: what approvals cover, manifests list and recalls name. */
export const releaseDigest = (release) => digest("release", release);

/** The release of a canonical text; nothing is said about who approved it. */
export function readRelease(source) {
  const release = readBody("release", RELEASE, source);
  CONTENT(release.content, "release.content");
  checkEnvelope(release);
  checkAssets(release);
  return release;
}

function checkEnvelope({ envelope: { not_before, not_after }, class: class_ }) {
  const lasts = not_after === null ? null : not_after - not_before;
  if (lasts !== null && lasts <= 0) refuse("trust.envelope", { field: "not_after" });
  if (class_ === "urgent" && (lasts === null || lasts > limits.URGENT_MS)) refuse("trust.envelope", { field: "not_after" });
}

function checkAssets({ assets, content }) {
  const whole = ({ chunks, size }) => chunks.length === Math.ceil(size / limits.CHUNK);
  if (!assets.every(whole)) refuse("trust.schema", { field: "release.assets.chunks" });
  const renditions = new Set(assets.map((one) => `${one.of} ${one.rendition}`));
  if (renditions.size !== assets.length) refuse("trust.asset", { field: "assets" });
  const masters = new Set(assets.map((one) => one.of));
  for (const master of drawnMasters(content)) if (!masters.has(master)) refuse("trust.asset", { sha256: master });
}

/** Every master a drawing of this content names: the cover and each `asset` and `poster` in the body. */
export function drawnMasters(content) {
  const named = [content.cover];
  const waiting = [content.body];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (!Array.isArray(value)) named.push(value.asset, value.poster);
    for (const item of Object.values(value)) if (typeof item === "object" && item !== null) waiting.push(item);
  }
  const found = named.filter((one) => one !== null && one !== undefined);
  if (!found.every((one) => typeof one === "string")) refuse("trust.schema", { field: "release.content.body" });
  return new Set(found);
}
