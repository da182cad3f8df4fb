// The parts of a `state` message: those inside it, and those it (or a signed object in it) names as files.
import { verifyBeacon, verifyManifest } from "./trust/verify.js";
import { readSigned, readSignedFile } from "./trust/signed.js";

const NAMES = ["root", "delegations", "recalls", "beacon", "manifest"];

const quietly = async (task) => {
  try {
    return await task();
  } catch {
    return null; // refused or not to be had: the next message comes in seconds
  }
};

/** What can be checked at once: {roots, delegations, recalls, beacon, manifest}; a malformed part is left out. */
export function readParts(message) {
  const parts = {};
  for (const name of NAMES) {
    if (!message[name] || message[name].file) continue;
    try {
      parts[name] = readSigned(message[name]);
    } catch {
      parts[name] = { text: "", signatures: [] }; // refused under its name by the checks
    }
  }
  const { root, ...others } = parts;
  return { ...others, roots: root ? [root] : [] };
}

/**
 * What must be fetched to follow `message`, fetched; null when it brought everything.
 * Only a hash named by the message or by a signed object that verifies is asked for.
 */
export async function filesNeeded(message, inline, state, fetchFile) {
  const found = {};
  const load = async (name, sha256) => {
    const signed = await quietly(async () => readSignedFile(await fetchFile(sha256)));
    if (signed) found[name] = signed;
    return signed;
  };
  for (const name of NAMES) {
    const file = message[name]?.file;
    if (typeof file === "string" && /^[0-9a-f]{64}$/.test(file)) await load(name, file);
  }
  const beacon = inline.beacon && (await quietly(() => verifyBeacon(inline.beacon, state.root)));
  if (beacon) await followBeacon(beacon.value, { inline, found, state, load });
  if (Object.keys(found).length === 0) return null;
  const { root, ...others } = found;
  const isHeard = state.beacon?.text === inline.beacon?.text;
  return {
    ...(isHeard ? {} : { beacon: inline.beacon }),
    manifest: inline.manifest,
    ...others,
    roots: root ? [root] : [],
  };
}

async function followBeacon(beacon, { inline, found, state, load }) {
  const behind = (held, version) => (held?.value.version ?? 0) < version;
  if (behind(state.recalls, beacon.recalls.version) && !found.recalls) await load("recalls", beacon.recalls.sha256);
  if (!behind(state.manifest, beacon.version)) return;
  const manifest = inline.manifest ?? found.manifest ?? (await load("manifest", beacon.file));
  const verified = manifest && (await quietly(() => verifyManifest(manifest, state.root)));
  const named = verified?.value.delegations;
  if (named && behind(state.delegations, named.version) && !found.delegations) await load("delegations", named.sha256);
}
