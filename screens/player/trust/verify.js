// The checks that turn what arrived into something trusted: signatures, roles, approvals; no memory of their own.
// One order, as cms/trust/verify.py: text, trust.domain, trust.signature, trust.epoch; the memory is viewer.js's.
import { SIZES, verifies } from "./crypto.js";
import { TrustError, refuse } from "./errors.js";
import { THRESHOLD } from "./limits.js";
import { readBeacon, readDelegations, readManifest, readRecalls, readRoot, readScreen } from "./objects.js";
import { readRelease } from "./release.js";
import { digest, signedBytes } from "./signed.js";
import { checkAssertion } from "./webauthn.js";

export const done = async (value, text) => ({ value, text, digest: await digest(value.type, text) });

/** The next root, signed by the root role of `previous` (verified or null) and its own. */
export async function verifyRoot(signed, previous) {
  const root = await readRoot(signed.text);
  if (previous === null) {
    await signers(signed, root, root, "root");
    return done(root, signed.text);
  }
  const held = previous.value;
  sameDomain(root, held);
  await signers(signed, root, held, "root");
  await signers(signed, root, root, "root");
  if (root.version <= held.version) refuse("trust.rollback", { version: root.version, held: held.version });
  if (root.version !== held.version + 1) refuse("trust.version", { version: root.version, held: held.version });
  if (root.epoch < held.epoch) refuse("trust.epoch", { epoch: root.epoch, held: held.epoch });
  return done(root, signed.text);
}

export const verifyDelegations = (signed, root) => byRole(signed, readDelegations, root.value, "delegations");
export const verifyRecalls = (signed, root) => byRole(signed, readRecalls, root.value, "guard");
export const verifyManifest = (signed, root) => byRole(signed, readManifest, root.value, "guard");
export const verifyScreen = (signed, root) => byRole(signed, readScreen, root.value, "guard");

/** Also signed by the very guard it names: sequences are counted per guard. */
export async function verifyBeacon(signed, root) {
  const beacon = await byRole(signed, readBeacon, root.value, "guard");
  const good = await signers(signed, beacon.value, root.value, "guard");
  if (!good.has(beacon.value.guard)) refuse("trust.signature", { role: "guard" });
  return beacon;
}

/** The release of a bundle, if two distinct delegated people who did not write it approved it. */
export async function verifyRelease(bundle, delegations, now) {
  const release = readRelease(bundle.text);
  const granted = delegations.value;
  sameDomain(release, granted);
  if (release.epoch > granted.epoch) refuse("trust.epoch", { epoch: release.epoch, held: granted.epoch });
  if (now >= granted.expires_at) refuse("trust.expired", { what: "delegations" });
  const people = new Set();
  const faults = [];
  for (const approval of bundle.approvals) {
    try {
      await checkApproval(approval, bundle.text, release, granted, now);
    } catch (fault) {
      if (!(fault instanceof TrustError)) throw fault;
      faults.push(fault);
      continue;
    }
    if (people.has(approval.person)) faults.push(new TrustError("trust.same_person", { person: approval.person }));
    people.add(approval.person);
  }
  if (people.size < THRESHOLD) throw faults[0] ?? new TrustError("trust.approvals", { wanted: THRESHOLD });
  return done(release, bundle.text);
}

async function checkApproval(approval, text, release, granted, now) {
  const person = approval.person;
  const delegate = granted.people.find((one) => one.person === person);
  if (!delegate) refuse("trust.person", { person });
  const key = delegate.keys.find((one) => one.key === approval.key);
  if (!key) refuse("trust.key", { key: approval.key });
  if (!keyValid(key, now)) refuse("trust.key_expired", { key: approval.key });
  const { alg, signature, webauthn } = approval;
  const isPasskey = alg === "webauthn-es256";
  if (alg !== key.alg || !Object.hasOwn(SIZES, alg) || (webauthn !== null) !== isPasskey) refuse("trust.algorithm", { alg });
  if (isPasskey) await checkAssertion(webauthn, signature, key.public, await digest("release", text), granted.passkeys);
  else if (!(await verifies(key.public, signature, signedBytes("release", text)))) refuse("trust.signature", { person });
  checkSigner(delegate, release);
}

export const keyValid = (key, now) => key.not_before <= now && (key.not_after === null || now < key.not_after);

/** Whether a unit path lies in the subtree of another (or is it). */
export const inside = (unit, subtree) => unit.startsWith(subtree);

function checkSigner(delegate, release) {
  const person = delegate.person;
  if (!delegate.rights.includes("approve")) refuse("trust.right", { person });
  if (release.authors.includes(person)) refuse("trust.author", { person });
  if (!delegate.classes.includes(release.class)) refuse("trust.class", { person });
  for (const unit of release.envelope.units) if (!inside(unit, delegate.unit)) refuse("trust.scope", { person, unit });
}

/** May it be shown there at all? */
export function checkPlace(envelope, unit, channel) {
  if (!envelope.units.some((subtree) => inside(unit, subtree))) refuse("trust.target", { unit });
  if (!envelope.channels.includes(channel)) refuse("trust.channel", { channel });
}

/** May it be shown now (ms), `silent` ms after the last beacon? */
export function checkTime(envelope, now, silent) {
  if (now < envelope.not_before) refuse("trust.early");
  if (envelope.not_after !== null && now >= envelope.not_after) refuse("trust.late");
  if (envelope.offline !== null && silent >= envelope.offline) refuse("trust.offline");
}

/** The object signed by a role of the root. */
export async function byRole(signed, read, root, role) {
  const body = await read(signed.text);
  sameDomain(body, root);
  await signers(signed, body, root, role);
  // a higher epoch too: only a root may open a new one
  if (body.epoch !== root.epoch) refuse("trust.epoch", { epoch: body.epoch, held: root.epoch });
  return done(body, signed.text);
}

/** The keys of a role that signed; trust.signature below its threshold, or when the root has no such role. */
async function signers(signed, body, root, role) {
  const wanted = role === "player" ? root.player : root.roles[role];
  const publics = Object.fromEntries((wanted?.keys ?? []).map((key) => [key, root.keys[key].public]));
  const good = await goodSigners(signed, body.type, publics);
  if (!wanted || good.size < wanted.threshold) refuse("trust.signature", { role });
  return good;
}

/** Those of the keys {id: public} that signed. */
export async function goodSigners(signed, type, publics) {
  const data = signedBytes(type, signed.text);
  const good = new Set();
  for (const one of signed.signatures) {
    if (!Object.hasOwn(publics, one.key) || one.alg !== "ed25519") continue;
    if (await verifies(publics[one.key], one.signature, data)) good.add(one.key);
  }
  return good;
}

export function sameDomain(body, held) {
  if (body.domain !== held.domain) refuse("trust.domain", { domain: body.domain, held: held.domain });
}
