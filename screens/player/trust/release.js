// The release 签发件 and its approvals: what may be shown, where, until when, and who signed it.
import { decode } from "./canonical.js";
import { refuse } from "./errors.js";
import { BASE64, CODE, Fields, HASH, KEY_ID, LANGUAGE, MEDIA_TYPE, PUBLIC_ID, UNIT, UUID } from "./fields.js";
import {
  CHUNK, MAX_APPROVALS, MAX_ASSETS, MAX_AUTHORS, MAX_BLOCKS, MAX_CHANNELS, MAX_CHUNKS, MAX_TEXT, MAX_TEXT_OF,
  MAX_UNITS, URGENT_MS,
} from "./limits.js";
import { ALGORITHMS, digest, opened } from "./signed.js";

export const CLASSES = ["news", "lecture", "notice", "newspaper", "activity", "urgent"];
const MAX_BUNDLE = 2 * MAX_TEXT_OF.release;

/** A release's text with its approvals, as downloaded; nothing in it is checked yet. */
export function readBundle(source) {
  const top = new Fields(decode(source, Math.min(MAX_BUNDLE, MAX_TEXT)), "bundle");
  const text = top.text("text", null, MAX_BUNDLE);
  const approvals = top.each("approvals", { most: MAX_APPROVALS }).map(readApproval);
  top.done();
  return { text, approvals };
}

/** The hash of a release: what approvals cover, manifests list and recalls name. */
export const releaseDigest = (text) => digest("release", text);

function readApproval(part) {
  const approval = {
    person: part.text("person", UUID),
    key: part.text("key", KEY_ID),
    alg: part.oneOf("alg", ALGORITHMS),
    signature: part.text("signature", BASE64),
    at: part.integer("at"),
  };
  if (part.raw("webauthn") !== null) part.refuse("webauthn");
  part.done();
  return approval;
}

export function readRelease(text) {
  const { top, head } = opened(text, "release");
  const release = {
    ...head,
    release: top.text("release", UUID),
    document: top.text("document", PUBLIC_ID),
    edition: top.integer("edition", { least: 1 }),
    revision: top.text("revision", HASH),
    authors: top.names("authors", UUID, { least: 1, most: MAX_AUTHORS }),
    class: top.oneOf("class", CLASSES),
    language: top.text("language", LANGUAGE),
    envelope: envelope(top.fields("envelope")),
    content: content(top),
    assets: top.each("assets", { most: MAX_ASSETS }).map(asset),
    forms: forms(top),
    slate: top.boolean("slate"),
  };
  top.done();
  consistent(release);
  return release;
}

function envelope(part) {
  const read = {
    units: part.names("units", UNIT, { least: 1, most: MAX_UNITS }),
    channels: part.names("channels", CODE, { least: 1, most: MAX_CHANNELS }),
    not_before: part.integer("not_before"),
    not_after: part.maybe("not_after", (name) => part.integer(name)),
    offline: part.maybe("offline", (name) => part.integer(name)),
  };
  part.done();
  return read;
}

function asset(part) {
  const read = {
    sha256: part.text("sha256", HASH),
    size: part.integer("size", { least: 1, most: MAX_CHUNKS * CHUNK }),
    media_type: part.text("media_type", MEDIA_TYPE),
    width: part.maybe("width", (name) => part.integer(name)),
    height: part.maybe("height", (name) => part.integer(name)),
    of: part.text("of", HASH),
    rendition: part.text("rendition", CODE),
    chunks: part.texts("chunks", HASH, { least: 1, most: MAX_CHUNKS }),
  };
  if (read.chunks.length !== Math.ceil(read.size / CHUNK)) part.refuse("chunks");
  part.done();
  return read;
}

function forms(top) {
  const names = Object.keys(top.mapping("forms", MAX_CHANNELS));
  const part = top.fields("forms");
  return Object.fromEntries(names.map((name) => [name, part.text(name, HASH)]));
}

/** Required parts are checked; further ones may stand beside them, signed all the same. */
function content(top) {
  const part = top.fields("content");
  part.text("title", null, 500);
  part.text("subtitle", null, 500);
  part.text("summary", null, 5_000);
  part.text("pinyin", null, 5_000);
  part.maybe("cover", (name) => part.text(name, HASH));
  part.maybe("column", (name) => part.text(name, CODE));
  const byline = part.fields("byline");
  for (const name of ["source", "reporter", "editor", "sponsor"]) byline.text(name, null, 200);
  byline.integer("date");
  const body = part.fields("body");
  body.integer("schema", { least: 1, most: 1 });
  for (const block of body.each("blocks", { most: MAX_BLOCKS })) {
    block.text("id", CODE);
    block.text("type", CODE);
  }
  return top.mapping("content", 64);
}

function consistent({ envelope: { not_before, not_after }, class: class_, assets, content: drawn }) {
  const late = not_after !== null && not_after <= not_before;
  const endless = class_ === "urgent" && (not_after === null || not_after - not_before > URGENT_MS);
  if (late || endless) refuse("trust.envelope", { field: "not_after" });
  const renditions = new Set(assets.map((one) => `${one.of} ${one.rendition}`));
  if (renditions.size !== assets.length) refuse("trust.asset", { field: "assets" });
  const masters = new Set(assets.map((one) => one.of));
  for (const name of drawnMasters(drawn)) if (!masters.has(name)) refuse("trust.asset", { sha256: name });
}

/** Every master a drawing of this content reads: the cover and each `asset` and `poster` of a block. */
export function drawnMasters(drawn) {
  const named = [drawn.cover];
  const waiting = [drawn.body.blocks];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (!Array.isArray(value)) named.push(value.asset, value.poster);
    waiting.push(...Object.values(value).filter((item) => typeof item === "object" && item !== null));
  }
  const found = named.filter((name) => name !== null && name !== undefined);
  if (!found.every((name) => typeof name === "string")) refuse("trust.schema", { field: "release.content.body" });
  return new Set(found);
}

