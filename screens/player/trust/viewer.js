// A player's checks as a pure state machine: what a screen has seen decides what it may still believe.
//
// `accept` takes whatever arrived, in the order of docs/formats.md §3, and gives the new state and a verdict on each
// object; the caller stores the state before it draws from it. An object that fails changes nothing but its verdict.
// The port of screens/viewer.py: same fields, same codes. Times are ms; `now` is the device's monotonic clock.
import { sha256 } from "./crypto.js";
import { TrustError, refuse } from "./errors.js";
import { checkValues, verifyFeed } from "./feed.js";
import { MAX_FEEDS, MAX_ROOTS, STALE_MS } from "./limits.js";
import { readBundle, releaseDigest } from "./release.js";
import { fileOf } from "./signed.js";
import { isFor, verifySoftware } from "./software.js";
import {
  checkPlace, checkTime, verifyBeacon, verifyDelegations, verifyManifest, verifyRecalls, verifyRelease, verifyRoot,
  verifyScreen,
} from "./verify.js";

export const CHANNEL = "screen";
const DRIFT = 1_000; // a device clock may run fast by one in this; without it a slow guard were locked out for good

/** What a screen remembers before it has seen anything: its pinned root and its own name. */
export const newState = ({ root, screen, key, audience }) => ({
  root,
  screen,
  key,
  audience,
  delegations: null,
  delegations_file: "",
  recalls: null,
  recalls_signed: null,
  gone: new Set(),
  gone_assets: new Set(),
  facts: null,
  beacon: null,
  seqs: {},
  time_at: 0,
  time_local: 0,
  manifest: null,
  releases: new Map(), // digest → {release, bundle, file, delegations}
  feeds: new Map(), // name → {feed, signed, delegations}
  software: null,
});

/** What time it is, as far as a guard said so; 0 before the first beacon. */
export const trustedTime = (state, now) => (state.time_at ? state.time_at + Math.max(0, now - state.time_local) : 0);

/** Since the `at` of the last beacon. */
export const silence = (state, now) => (state.beacon ? trustedTime(state, now) - state.beacon.value.at : 0);

export const isStale = (state, now) => state.beacon === null || silence(state, now) > STALE_MS;

/** After a start of the device: its monotonic clock is new; `away` is the time off by its own clock, if known. */
export const restarted = (state, now, away = 0) => ({
  ...state,
  time_at: state.time_at && state.time_at + Math.max(0, away),
  time_local: now,
});

/** The state after `incoming` and a verdict {what, code} on each object in it and each release it left unfit. */
export async function accept(state, incoming, now) {
  const verdicts = [];
  const steps = [
    ...(incoming.roots ?? []).slice(0, MAX_ROOTS).map((signed) => ["root", signed, onRoot]),
    ["delegations", incoming.delegations, onDelegations],
    ["recalls", incoming.recalls, onRecalls],
    ["screen", incoming.screen, onScreen],
    ["beacon", incoming.beacon, onBeacon],
    ["manifest", incoming.manifest, onManifest],
    ...(incoming.feeds ?? []).slice(0, MAX_FEEDS).map((signed) => ["feed", signed, onFeed]),
    ["player", incoming.player, onSoftware],
  ];
  for (const [what, signed, step] of steps) {
    if (!signed) continue;
    const code = await tried(async () => {
      state = await step(state, signed, now);
    });
    verdicts.push({ what, code });
  }
  state = { ...state, feeds: await feedsUnder(state, now) };
  const held = new Map();
  for (const listed of state.manifest?.value.releases ?? []) {
    const isNew = !state.releases.has(listed.release);
    const code = await tried(async () => {
      held.set(listed.release, await onRelease(state, listed, incoming.bundles?.get(listed.bundle), now));
    });
    if (code !== null || isNew) verdicts.push({ what: listed.release, code });
  }
  return { state: { ...state, releases: held }, verdicts };
}

/** The release with this digest, if it may be drawn at this moment. */
export function showable(state, release, now) {
  if (state.gone.has(release)) refuse("trust.recalled", { release });
  const held = state.releases.get(release);
  if (!held || !state.facts) refuse("trust.missing", { release });
  const { envelope } = held.release.value;
  checkPlace(envelope, state.facts.value.unit, CHANNEL);
  checkTime(envelope, trustedTime(state, now), silence(state, now));
  return held.release;
}

/** What of the timeline's present loop may be drawn; empty means the player's slate. */
export function loop(state, now) {
  const time = trustedTime(state, now);
  const slot = state.manifest?.value.timeline.find(({ from, to }) => from <= time && time < to);
  return (slot?.loop ?? []).filter(({ release }) => isShowable(state, release, now));
}

/** What stands on a data card at this moment, {field name: value or null}; a refusal means the card shows none. */
export function values(state, card, now) {
  const held = heldFeeds(state).get(card.feed);
  if (!held) refuse("trust.missing", { release: card.feed });
  checkValues(held.feed.value, card, trustedTime(state, now));
  return held.feed.value.values;
}

/** The player release this screen should install now, running version `running`; null: it stays as it is. */
export async function software(state, now, running) {
  const held = state.software ?? null;
  if (!held || trustedTime(state, now) >= held.value.expires_at || held.value.epoch !== state.root.value.epoch) return null;
  return (await isFor(held.value, state.screen, running)) ? held : null;
}

// what an earlier version of the player stored has neither
const heldFeeds = (state) => state.feeds ?? new Map();

function isShowable(state, release, now) {
  try {
    return Boolean(showable(state, release, now));
  } catch (fault) {
    if (!(fault instanceof TrustError)) throw fault;
    return false;
  }
}

/** Null where it passed, else the code. */
async function tried(step) {
  try {
    await step();
    return null;
  } catch (fault) {
    if (!(fault instanceof TrustError)) throw fault;
    return fault.code;
  }
}

async function onRoot(state, signed) {
  if (signed.text === state.root.text) return state;
  return { ...state, root: await verifyRoot(signed, state.root) };
}

async function onDelegations(state, signed, now) {
  const held = state.delegations;
  const next = await verifyDelegations(signed, state.root);
  if (held && compare(next, held) <= 0) return known(state, next, held);
  unexpired(next, trustedTime(state, now));
  return { ...state, delegations: next, delegations_file: await fileOf(signed) };
}

async function onRecalls(state, signed) {
  const held = state.recalls;
  const next = await verifyRecalls(signed, state.root);
  if (next.digest === held?.digest) return state;
  const named = (kind) => new Set(next.value.items.map((item) => item[kind]).filter((hash) => hash !== null));
  const [gone, assets] = [named("release"), named("asset")];
  if (held && compare(next, held) < 0) refuse("trust.rollback", { version: next.value.version });
  const covers = (seen, now) => [...seen].every((hash) => now.has(hash));
  if (held && next.value.epoch > held.value.epoch && !(covers(state.gone, gone) && covers(state.gone_assets, assets)))
    refuse("trust.shrunk"); // a restored server must first learn what its screens know
  return {
    ...state,
    recalls: next,
    recalls_signed: signed,
    gone: new Set([...state.gone, ...gone]),
    gone_assets: new Set([...state.gone_assets, ...assets]),
  };
}

async function onScreen(state, signed) {
  const held = state.facts;
  const next = await verifyScreen(signed, state.root);
  if (next.value.screen !== state.screen || next.value.key !== state.key)
    refuse("trust.target", { screen: next.value.screen });
  if (held && compare(next, held) <= 0) return known(state, next, held);
  return { ...state, facts: next };
}

async function onBeacon(state, signed, now) {
  const next = await verifyBeacon(signed, state.root);
  const beacon = next.value;
  let held = state.beacon;
  if (beacon.audience !== state.audience) refuse("trust.target", { audience: beacon.audience });
  if (held && beacon.epoch > held.value.epoch) {
    state = { ...state, seqs: {}, time_at: 0 };
    held = null;
  }
  if (beacon.seq <= (state.seqs[beacon.guard] ?? 0)) refuse("trust.rollback", { seq: beacon.seq });
  const floor = held ? trustedTime(state, now) - Math.floor(silence(state, now) / DRIFT) : 0;
  if (beacon.at < floor - STALE_MS) refuse("trust.old", { at: beacon.at });
  if (beacon.root > state.root.value.version || beacon.recalls.version > versionOf(state.recalls, beacon.epoch))
    refuse("trust.behind");
  const shown = state.manifest?.value;
  if (shown && order(beacon.epoch, beacon.version, shown.epoch, shown.version) < 0)
    refuse("trust.rollback", { version: beacon.version });
  // never back by more than drift explains, or late beacons in a row would slow the trusted clock
  return {
    ...state,
    beacon: next,
    seqs: { ...state.seqs, [beacon.guard]: beacon.seq },
    time_at: Math.max(beacon.at, floor),
    time_local: now,
  };
}

async function onManifest(state, signed, now) {
  const held = state.manifest;
  const next = await verifyManifest(signed, state.root);
  const manifest = next.value;
  const beacon = state.beacon?.value;
  if (manifest.audience !== state.audience) refuse("trust.target", { audience: manifest.audience });
  if (held && compare(next, held) <= 0) return known(state, next, held);
  if (!beacon || beacon.manifest !== next.digest || beacon.version !== manifest.version)
    refuse("trust.mixed", { version: manifest.version });
  const granted = state.delegations;
  const named = manifest.delegations;
  const isBehind =
    manifest.root > state.root.value.version ||
    named.version > versionOf(granted, manifest.epoch) ||
    manifest.recalls.version > versionOf(state.recalls, manifest.epoch);
  if (!granted || isBehind) refuse("trust.behind");
  if (named.version === granted.value.version && named.sha256 !== state.delegations_file)
    refuse("trust.mixed", { what: "delegations" });
  for (const one of [state.root, granted, next]) unexpired(one, trustedTime(state, now));
  return { ...state, manifest: next };
}

/** Values are taken under the delegations held, whatever release has a card for them. */
async function onFeed(state, signed, now) {
  const granted = state.delegations;
  if (!granted || granted.value.epoch !== state.root.value.epoch) refuse("trust.behind");
  const next = await verifyFeed(signed, granted, trustedTime(state, now));
  const name = next.value.feed;
  const held = heldFeeds(state).get(name)?.feed;
  if (held && compareSeq(next, held) <= 0) return known(state, next, held, compareSeq);
  unexpired(next, trustedTime(state, now));
  return { ...state, feeds: new Map([...heldFeeds(state), [name, { feed: next, signed, delegations: granted.digest }]]) };
}

/** Values whose key was taken out, or of an epoch that is over, are forgotten. */
async function feedsUnder(state, now) {
  const granted = state.delegations;
  const feeds = heldFeeds(state);
  if (!granted || [...feeds.values()].every((one) => one.delegations === granted.digest)) return feeds;
  const kept = new Map();
  for (const [name, { signed }] of feeds) {
    await tried(async () => {
      const feed = await verifyFeed(signed, granted, trustedTime(state, now));
      kept.set(name, { feed, signed, delegations: granted.digest });
    });
  }
  return kept;
}

/** An earlier version of the player is taken too, when the role signed it after the one held. */
async function onSoftware(state, signed, now) {
  const held = state.software ?? null;
  const next = await verifySoftware(signed, state.root);
  if (held && compareSeq(next, held) <= 0) return known(state, next, held, compareSeq);
  for (const one of [state.root, next]) unexpired(one, trustedTime(state, now));
  return { ...state, software: next };
}

async function onRelease(state, { release: name, bundle: wanted, size }, file, now) {
  if (state.gone.has(name)) refuse("trust.recalled", { release: name });
  const known = state.releases.get(name);
  const before = known?.file === wanted ? known : null;
  if (!state.delegations || !state.facts || (!file && !before)) refuse("trust.missing", { release: name });
  const granted = state.delegations.digest;
  // signatures are checked again under new delegations only
  const held = before?.delegations === granted ? before : await checked(state, { name, wanted, size }, file, before, now);
  const { envelope, assets } = held.release.value;
  checkPlace(envelope, state.facts.value.unit, CHANNEL);
  const isGone = (asset) => state.gone_assets.has(asset.sha256) || state.gone_assets.has(asset.of);
  if (assets.some(isGone)) refuse("trust.recalled", { release: name });
  return held;
}

async function checked(state, listed, file, before, now) {
  const bundle = before ? before.bundle : await readListed(listed, file);
  const release = await verifyRelease(bundle, state.delegations, trustedTime(state, now));
  return { release, bundle, file: listed.wanted, delegations: state.delegations.digest };
}

async function readListed({ name, wanted, size }, file) {
  if (file.byteLength !== size || (await sha256(file)) !== wanted) refuse("trust.hash", { sha256: wanted });
  const bundle = readBundle(file);
  if ((await releaseDigest(bundle.text)) !== name) refuse("trust.hash", { sha256: name });
  return bundle;
}

function known(state, next, held, by = compare) {
  if (next.digest === held.digest) return state;
  return refuse(by(next, held) === 0 ? "trust.mixed" : "trust.rollback");
}

const order = (epoch, version, heldEpoch, heldVersion) => epoch - heldEpoch || version - heldVersion;
const compare = ({ value: one }, { value: two }) => order(one.epoch, one.version, two.epoch, two.version);
// feeds and releases of the player count their signatures
const compareSeq = ({ value: one }, { value: two }) => order(one.epoch, one.seq, two.epoch, two.seq);
const versionOf = (held, epoch) => (held && held.value.epoch === epoch ? held.value.version : 0);

function unexpired({ value }, at) {
  if (at >= value.expires_at) refuse("trust.expired", { what: value.type });
}
