// The readers of root, delegations, recalls, beacon, manifest and screen: shape and bounds, no signatures.
import { keyIdOf } from "./crypto.js";
import { refuse } from "./errors.js";
import { BASE64, CODE, HASH, KEY_ID, UNIT, UUID } from "./fields.js";
import {
  MAX_KEYS, MAX_LOOP, MAX_PEOPLE, MAX_RECALLS, MAX_RELEASES, MAX_SLOTS, MAX_TAGS, MAX_TEXT,
} from "./limits.js";
import { CLASSES } from "./release.js";
import { ALGORITHMS, opened } from "./signed.js";

const ROLES = ["delegations", "guard", "root"];
const RIGHTS = ["approve", "recall", "delegate"];

export async function readRoot(text) {
  const { top, head } = opened(text, "root");
  const root = {
    ...head,
    version: top.integer("version", { least: 1 }),
    issued_at: top.integer("issued_at"),
    expires_at: top.integer("expires_at"),
    keys: {},
    roles: {},
  };
  for (const name of Object.keys(top.mapping("keys", MAX_KEYS))) root.keys[name] = await rootKey(top, name);
  const parts = top.fields("roles");
  for (const name of ROLES) root.roles[name] = role(parts.fields(name), root.keys);
  parts.done();
  top.done();
  return root;
}

async function rootKey(top, id) {
  const part = top.fields("keys").fields(id);
  const key = { alg: part.oneOf("alg", ["ed25519"]), public: part.text("public", BASE64) };
  part.done();
  if ((await keyIdOf(key.public)) !== id) part.refuse("public");
  return key;
}

function role(part, keys) {
  const read = {
    keys: part.names("keys", KEY_ID, { least: 1, most: MAX_KEYS }),
    threshold: part.integer("threshold", { least: 1, most: MAX_KEYS }),
  };
  part.done();
  if (!read.keys.every((key) => Object.hasOwn(keys, key)) || read.threshold > read.keys.length) part.refuse("keys");
  return read;
}

export async function readDelegations(text) {
  const { top, head } = opened(text, "delegations");
  const delegations = {
    ...head,
    version: top.integer("version", { least: 1 }),
    issued_at: top.integer("issued_at"),
    expires_at: top.integer("expires_at"),
    people: [],
  };
  for (const part of top.each("people", { most: MAX_PEOPLE })) delegations.people.push(await delegate(part));
  top.done();
  checkPeople(delegations.people);
  return delegations;
}

/** One entry a person, one person a key: a key of two people would count as two signers. */
function checkPeople(people) {
  if (new Set(people.map((one) => one.person)).size !== people.length) refuse("trust.person_twice");
  const keys = people.flatMap((one) => one.keys.map((key) => key.key));
  if (new Set(keys).size !== keys.length) refuse("trust.key_shared");
}

async function delegate(part) {
  const one = { person: part.text("person", UUID), name: part.text("name", null, 100), keys: [] };
  for (const item of part.each("keys", { most: MAX_KEYS })) one.keys.push(await personKey(item));
  one.unit = part.text("unit", UNIT);
  one.classes = part.names("classes", CLASSES, { most: CLASSES.length });
  one.rights = part.names("rights", RIGHTS, { most: RIGHTS.length });
  part.done();
  return one;
}

async function personKey(part) {
  const key = {
    key: part.text("key", KEY_ID),
    alg: part.oneOf("alg", ALGORITHMS),
    public: part.text("public", BASE64),
    not_before: part.integer("not_before"),
    not_after: part.maybe("not_after", (name) => part.integer(name)),
  };
  part.done();
  if (key.alg === "ed25519" && (await keyIdOf(key.public)) !== key.key) part.refuse("public");
  return key;
}

export function readRecalls(text) {
  const { top, head } = opened(text, "recalls");
  const recalls = {
    ...head,
    version: top.integer("version", { least: 1 }),
    at: top.integer("at"),
    items: top.each("items", { most: MAX_RECALLS }).map(recalled),
  };
  top.done();
  return recalls;
}

function recalled(part) {
  const item = {
    release: part.maybe("release", (name) => part.text(name, HASH)),
    asset: part.maybe("asset", (name) => part.text(name, HASH)),
    at: part.integer("at"),
    by: part.text("by", UUID),
    reason: part.text("reason", null, 500),
  };
  part.done();
  if (item.release === null && item.asset === null) part.refuse("release");
  return item;
}

export function readBeacon(text) {
  const { top, head } = opened(text, "beacon");
  const beacon = {
    ...head,
    audience: top.text("audience", CODE),
    guard: top.text("guard", KEY_ID),
    seq: top.integer("seq", { least: 1 }),
    at: top.integer("at", { least: 1 }),
    version: top.integer("version", { least: 1 }),
    manifest: top.text("manifest", HASH),
    file: top.text("file", HASH),
    recalls: named(top.fields("recalls")),
    root: top.integer("root", { least: 1 }),
  };
  top.done();
  return beacon;
}

function named(part) {
  const read = { version: part.integer("version", { least: 1 }), sha256: part.text("sha256", HASH) };
  part.done();
  return read;
}

export function readManifest(text) {
  const { top, head } = opened(text, "manifest");
  const manifest = {
    ...head,
    audience: top.text("audience", CODE),
    version: top.integer("version", { least: 1 }),
    at: top.integer("at"),
    expires_at: top.integer("expires_at"),
    root: top.integer("root", { least: 1 }),
    delegations: named(top.fields("delegations")),
    recalls: named(top.fields("recalls")),
    releases: top.each("releases", { most: MAX_RELEASES }).map(listed),
    timeline: top.each("timeline", { most: MAX_SLOTS }).map(slot),
  };
  const names = new Set(manifest.releases.map((one) => one.release));
  if (names.size !== manifest.releases.length) top.refuse("releases");
  if (!gapFree(manifest.timeline) || !shownAreListed(manifest.timeline, names)) top.refuse("timeline");
  top.done();
  return manifest;
}

function listed(part) {
  const size = part.integer("size", { least: 1, most: MAX_TEXT });
  const one = { release: part.text("release", HASH), bundle: part.text("bundle", HASH), size };
  part.done();
  return one;
}

function slot(part) {
  const loop = part.each("loop", { most: MAX_LOOP }).map(show);
  const one = { from: part.integer("from"), to: part.integer("to"), loop };
  part.done();
  if (one.to <= one.from) part.refuse("to");
  return one;
}

function show(part) {
  const one = { release: part.text("release", HASH), show: part.integer("show", { least: 1 }) };
  part.done();
  return one;
}

const gapFree = (timeline) => timeline.every((one, index) => index === 0 || timeline[index - 1].to === one.from);
const shownAreListed = (timeline, names) => timeline.every((one) => one.loop.every((item) => names.has(item.release)));

export function readScreen(text) {
  const { top, head } = opened(text, "screen");
  const facts = {
    ...head,
    screen: top.text("screen", UUID),
    key: top.text("key", BASE64),
    unit: top.text("unit", UNIT),
    tags: top.names("tags", CODE, { most: MAX_TAGS }),
    version: top.integer("version", { least: 1 }),
    at: top.integer("at"),
  };
  top.done();
  return facts;
}

