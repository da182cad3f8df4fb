// The readers of root, delegations, recalls, beacon, manifest and screen: shape and own rules, no signatures.
import { SIZES, keyIdOf } from "./crypto.js";
import { refuse } from "./errors.js";
import * as limits from "./limits.js";
import { CLASSES } from "./release.js";
import { among, base64, code, count, domain, hash, integer, keyId, like, list, map, ms, nullable, object, set, text, unit, uuid } from "./shape.js";
import { ALGORITHMS, readBody } from "./signed.js";

const RIGHTS = ["approve", "recall", "delegate"];
const wrong = (field) => refuse("trust.schema", { field });
const isDistinct = (names) => new Set(names).size === names.length;

const NAMED = object({ version: count, sha256: hash });

const ROLE = object({ keys: set(keyId, 1, limits.MAX_KEYS), threshold: count });
const ROOT = {
  domain,
  epoch: count,
  version: count,
  issued_at: ms,
  expires_at: ms,
  keys: map(object({ alg: among(["ed25519"]), public: base64 }), 1, limits.MAX_KEYS),
  roles: object({ root: ROLE, delegations: ROLE, guard: ROLE }),
};

export async function readRoot(source) {
  const root = readBody("root", ROOT, source, { player: nullable(ROLE) });
  for (const [id, key] of Object.entries(root.keys)) if ((await keyIdOf(key.public)) !== id) wrong("root.keys");
  for (const { keys, threshold } of [...Object.values(root.roles), ...(root.player ? [root.player] : [])]) {
    if (!keys.every((key) => Object.hasOwn(root.keys, key)) || threshold > keys.length) wrong("root.roles");
  }
  return root;
}

const PERSON_KEY = object({ key: keyId, alg: among(ALGORITHMS), public: base64, not_before: ms, not_after: nullable(ms) });
const DELEGATE = object({
  person: uuid,
  name: text(1, 100),
  keys: list(PERSON_KEY, 0, limits.MAX_KEYS),
  unit,
  classes: set(among(CLASSES), 0, CLASSES.length),
  rights: set(among(RIGHTS), 0, RIGHTS.length),
});
const DELEGATIONS = {
  domain,
  epoch: count,
  version: count,
  issued_at: ms,
  expires_at: ms,
  people: list(DELEGATE, 0, limits.MAX_PEOPLE),
};

const ORIGIN = like(/^(https:\/\/[a-z0-9.-]{1,253}|http:\/\/(localhost|127\.0\.0\.1))(:[0-9]{1,5})?$/);
const LATER = {
  feeds: nullable(list(object({ feed: code, keys: list(PERSON_KEY, 1, limits.MAX_KEYS) }), 0, limits.MAX_FEEDS)),
  passkeys: nullable(object({ rp: like(/^[a-z0-9.-]{1,253}$/), origins: set(ORIGIN, 1, limits.MAX_ORIGINS) })),
};

/** One entry a person, one person a key: a key of two people would count as two signers. */
export async function readDelegations(source) {
  const granted = readBody("delegations", DELEGATIONS, source, LATER);
  if (!isDistinct(granted.people.map((one) => one.person))) refuse("trust.person_twice");
  const feeds = granted.feeds ?? [];
  if (!isDistinct(feeds.map((one) => one.feed))) wrong("delegations.feeds");
  const ids = (entries) => entries.flatMap((one) => one.keys).map((one) => one.key);
  const [people, machines] = [ids(granted.people), new Set(ids(feeds))];
  if (!isDistinct(people) || people.some((key) => machines.has(key))) refuse("trust.key_shared");
  for (const one of [...granted.people, ...feeds].flatMap(({ keys }) => keys)) {
    if (Object.hasOwn(SIZES, one.alg) && (await keyIdOf(one.public, one.alg)) !== one.key) wrong("delegations.people.keys");
  }
  return granted;
}

const RECALLED = object({ release: nullable(hash), asset: nullable(hash), at: ms, by: uuid, reason: text(0, 500) });
const RECALLS = { domain, epoch: count, version: count, at: ms, items: list(RECALLED, 0, limits.MAX_RECALLS) };

export function readRecalls(source) {
  const recalls = readBody("recalls", RECALLS, source);
  if (recalls.items.some((item) => item.release === null && item.asset === null)) wrong("recalls.items");
  return recalls;
}

const BEACON = {
  domain,
  epoch: count,
  audience: code,
  guard: keyId,
  seq: count,
  at: count,
  version: count,
  manifest: hash,
  file: hash,
  recalls: NAMED,
  root: count,
};

export const readBeacon = (source) => readBody("beacon", BEACON, source);

const LISTED = object({ release: hash, bundle: hash, size: integer(1, limits.MAX_TEXT) });
const SLOT = object({ from: ms, to: ms, loop: list(object({ release: hash, show: count }), 0, limits.MAX_LOOP) });
const MANIFEST = {
  domain,
  epoch: count,
  audience: code,
  version: count,
  at: ms,
  expires_at: ms,
  root: count,
  delegations: NAMED,
  recalls: NAMED,
  releases: list(LISTED, 0, limits.MAX_RELEASES),
  timeline: list(SLOT, 0, limits.MAX_SLOTS),
};

export function readManifest(source) {
  const { releases, timeline, ...rest } = readBody("manifest", MANIFEST, source);
  const listed = new Set(releases.map((one) => one.release));
  if (listed.size !== releases.length) wrong("manifest.releases");
  const areListed = timeline.every((slot) => slot.loop.every((show) => listed.has(show.release)));
  const runsOn = timeline.every((slot, index) => slot.from < slot.to && (index === 0 || timeline[index - 1].to === slot.from));
  if (!areListed || !runsOn) wrong("manifest.timeline");
  return { ...rest, releases, timeline };
}

const SCREEN = {
  domain,
  epoch: count,
  screen: uuid,
  key: base64,
  unit,
  tags: set(code, 0, limits.MAX_TAGS),
  version: count,
  at: ms,
};

export const readScreen = (source) => readBody("screen", SCREEN, source);
