// Releases of the player's own software: which files a verified screen installs, and which screens go first.
// The port of cms/signals/software.py.
import { utf8 } from "./canonical.js";
import { sha256 } from "./crypto.js";
import { refuse } from "./errors.js";
import { CHUNK, MAX_CHUNKS, MAX_FILES } from "./limits.js";
import { count, domain, hash, integer, like, list, ms, object } from "./shape.js";
import { readBody } from "./signed.js";
import { byRole } from "./verify.js";

const ALL = 1_000; // thousandths of the screens
const STAGES = [10, 100, ALL];
const version = like(/^(0|[1-9][0-9]{0,5})(\.(0|[1-9][0-9]{0,5})){2}$/);
// a file below the player's folder; nothing above it can be named, and nothing hidden
const path = like(/^([a-z0-9_][a-z0-9_.-]{0,99}\/){0,7}[a-z0-9_][a-z0-9_.-]{0,99}$/);
const SOFTWARE = {
  domain,
  epoch: count,
  seq: count,
  version,
  minimum: version,
  stage: integer(1, ALL),
  at: ms,
  expires_at: ms,
  files: list(object({ path, sha256: hash, size: integer(0, MAX_CHUNKS * CHUNK) }), 1, MAX_FILES),
};

export function readSoftware(source) {
  const software = readBody("player", SOFTWARE, source);
  if (!STAGES.includes(software.stage)) refuse("trust.schema", { field: "player.stage" });
  if (isBelow(software.version, software.minimum)) refuse("trust.schema", { field: "player.minimum" });
  const paths = new Set(software.files.map((one) => one.path));
  const folders = [...paths].flatMap((one) => one.split("/").slice(0, -1).map((_, at, names) => names.slice(0, at + 1).join("/")));
  if (paths.size !== software.files.length || folders.some((one) => paths.has(one))) refuse("trust.schema", { field: "player.files" });
  return software;
}

/** Signed by the root's own role for it, never by the guard: a stolen guard key installs nothing. */
export const verifySoftware = (signed, root) => byRole(signed, readSoftware, root.value, "player");

export function isBelow(one, two) {
  const [a, b] = [one, two].map((text) => text.split(".").map(Number));
  const at = a.findIndex((number, index) => number !== b[index]);
  return at >= 0 && a[at] < b[at];
}

/** Where a screen stands among a thousand for a version: other screens go first each time. */
export async function share(version, screen) {
  return parseInt((await sha256(utf8(`yunping/stage/1\n${version}\n${screen}`))).slice(0, 8), 16) % ALL;
}

/** Whether this screen (its id), which runs version `running`, takes it at this stage. */
export async function isFor(software, screen, running) {
  if (running === software.version) return false;
  return isBelow(running, software.minimum) || (await share(software.version, screen)) < software.stage;
}
