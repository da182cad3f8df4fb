// The signed order to one screen: a closed list of actions with strict parameters; the port of cms/hands/order.py.
import { verifies } from "./crypto.js";
import { refuse } from "./errors.js";
import { among, anyMap, count, domain, hash, integer, keyId, like, list, ms, object, set, uuid } from "./shape.js";
import { readBody, signedBytes } from "./signed.js";
import { byRole } from "./verify.js";

export const LIFE = 10 * 60_000; // ms an order lives at most
const EARLY = 5_000;
const KEPT = 64;
const ZONES = ["Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Macau", "Asia/Taipei", "UTC"];
const DAY = 24 * 60;

const NOTHING = object({});
const UPLOAD = object({ ticket: like(/^[A-Za-z0-9_-]{43}$/) });
const LEVEL = object({ level: integer(0, 100) });
const OPEN = object({ days: set(integer(1, 7), 1, 7), on: integer(0, DAY - 1), off: integer(0, DAY) });
export const ACTIONS = {
  screenshot: UPLOAD,
  reload: NOTHING,
  volume: LEVEL,
  brightness: LEVEL,
  hours: object({ zone: among(ZONES), open: list(OPEN, 0, 14) }),
  cache: NOTHING,
  logs: UPLOAD,
  update: object({ file: hash }),
};
const ORDER = {
  domain,
  epoch: count,
  guard: keyId,
  seq: count,
  order: uuid,
  screen: uuid,
  action: among(Object.keys(ACTIONS)),
  params: anyMap,
  by: uuid,
  not_before: ms,
  expires_at: ms,
};

export function readOrder(source) {
  const order = readBody("order", ORDER, source);
  ACTIONS[order.action](order.params, "order.params");
  const lives = order.expires_at - order.not_before;
  if (!(lives > 0 && lives <= LIFE)) refuse("trust.schema", { field: "order.expires_at" });
  return order;
}

/** An order signed by the very guard it names. */
export async function verifyOrder(signed, root) {
  const order = await byRole(signed, readOrder, root.value, "guard");
  const { guard } = order.value;
  const own = signed.signatures.find((one) => one.key === guard);
  const isGuard = root.value.roles.guard.keys.includes(guard);
  if (!own || !isGuard || !(await verifies(root.value.keys[guard].public, own.signature, signedBytes("order", signed.text)))) {
    refuse("trust.signature", { role: "guard" });
  }
  return order;
}

export const newLedger = () => ({ epoch: 0, seqs: {}, ends: {}, open: [] });

/** The ledger after an order that is to be done now; it has to be on disk before anything is done. */
export function heed(ledger, { value: order }, { screen, now }) {
  if (order.screen !== screen) refuse("hands.target", { screen: order.screen });
  if (!(now > 0)) refuse("hands.time_unknown");
  if (now < order.not_before - EARLY) refuse("hands.early");
  if (now >= order.expires_at) refuse("hands.expired");
  const seqs = ledger.epoch === order.epoch ? ledger.seqs : {};
  if (order.epoch < ledger.epoch || order.seq <= (seqs[order.guard] ?? 0)) refuse("hands.replayed", { seq: order.seq });
  const open = [...ledger.open, order.order].slice(-KEPT);
  return { ...ledger, open, epoch: order.epoch, seqs: { ...seqs, [order.guard]: order.seq } };
}

/** With the end of an order; the oldest ends are forgotten. */
export function ended(ledger, order, end) {
  const kept = [...Object.entries(ledger.ends).filter(([name]) => name !== order), [order, end]];
  return { ...ledger, open: ledger.open.filter((name) => name !== order), ends: Object.fromEntries(kept.slice(-KEPT)) };
}
