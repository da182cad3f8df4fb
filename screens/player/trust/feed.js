// Data feeds: values that change by themselves on a card that people approved; the port of cms/signals/feed.py.
//
// The card is a block `data` of a release: it names the feed and says which fields there are, between which bounds and
// in which words. The feed says numbers and code words only, signed by a key that can say nothing else.
import { encode, utf8 } from "./canonical.js";
import { sha256 } from "./crypto.js";
import { TrustError, refuse } from "./errors.js";
import { FEED_MS, MAX_FIELDS, MAX_INTEGER, MAX_WORDS } from "./limits.js";
import { among, anything, code, count, domain, hash, integer, list, map, ms, object, text } from "./shape.js";
import { readBody } from "./signed.js";
import { done, goodSigners, keyValid, sameDomain } from "./verify.js";

const label = text(1, 40);
const whole = integer(-MAX_INTEGER);
const NUMBER = object({
  name: code, kind: among(["number"]), label, unit: text(0, 12), decimals: integer(0, 3), least: whole, most: whole,
});
const WORD = object({
  name: code, kind: among(["word"]), label, words: list(object({ code, label }), 1, MAX_WORDS),
});
const HEAD = object({ feed: code, fields: list(anything, 1, MAX_FIELDS) });
const isDistinct = (names) => new Set(names).size === names.length;
const wrong = (field) => refuse("trust.schema", { field });

// the refusals of these shapes are thrown at once, so a reading that returns is a good one
const isCode = (value) => {
  try {
    return code(value, "") === value;
  } catch {
    return false;
  }
};

const VALUE = (value, path) => (value === null || Number.isSafeInteger(value) || isCode(value) ? value : wrong(path));
const FEED = {
  domain, epoch: count, feed: code, schema: hash, seq: count, at: ms, expires_at: ms, values: map(VALUE, 1, MAX_FIELDS),
};

export function readFeed(source) {
  const feed = readBody("feed", FEED, source);
  const lasts = feed.expires_at - feed.at;
  if (lasts <= 0 || lasts > FEED_MS) wrong("feed.expires_at");
  for (const name of Object.keys(feed.values)) if (!isCode(name)) wrong(`feed.values.${name}`);
  return feed;
}

function readField(value) {
  const isWord = value?.kind === "word";
  const field = (isWord ? WORD : NUMBER)(value, "card.fields");
  if (!isWord && field.least > field.most) wrong("card.fields.least");
  if (isWord && !isDistinct(field.words.map((one) => one.code))) wrong("card.fields.words");
  return field;
}

/** The card {feed, fields, schema} of a `data` block, which may say more about how it is drawn. */
export async function readCard({ feed = null, fields = null }) {
  try {
    HEAD({ feed, fields }, "card");
    fields.forEach(readField);
  } catch (fault) {
    if (fault instanceof TrustError) refuse("trust.card", fault.params);
    throw fault;
  }
  if (!isDistinct(fields.map((one) => one.name))) refuse("trust.card", { field: "card.fields" });
  return { feed, fields, schema: await sha256(utf8(`yunping/card/1\n${encode(fields)}`)) };
}

/** Signed by a key that is delegated to this feed and valid now; `seq` is for the viewer's memory to judge. */
export async function verifyFeed(signed, delegations, now) {
  const feed = readFeed(signed.text);
  const granted = delegations.value;
  sameDomain(feed, granted);
  const held = (granted.feeds ?? []).find((one) => one.feed === feed.feed)?.keys ?? [];
  const valid = held.filter((key) => key.alg === "ed25519" && keyValid(key, now));
  const good = await goodSigners(signed, "feed", Object.fromEntries(valid.map((key) => [key.key, key.public])));
  if (good.size === 0) refuse("trust.signature", { role: `feed ${feed.feed}` });
  if (feed.epoch !== granted.epoch) refuse("trust.epoch", { epoch: feed.epoch, held: granted.epoch });
  return done(feed, signed.text);
}

function takes(field, value) {
  if (value === null) return true;
  if (field.kind === "word") return field.words.some((word) => word.code === value);
  return typeof value === "number" && field.least <= value && value <= field.most;
}

/** May these values stand on this card now (ms)? */
export function checkValues(feed, card, now) {
  if (feed.feed !== card.feed) refuse("trust.target", { feed: feed.feed });
  if (feed.schema !== card.schema) refuse("trust.card_changed", { feed: feed.feed });
  if (now >= feed.expires_at) refuse("trust.expired", { what: "feed" });
  const names = Object.keys(feed.values);
  const isWhole = names.length === card.fields.length && card.fields.every(({ name }) => Object.hasOwn(feed.values, name));
  if (!isWhole) refuse("trust.value", { field: card.feed });
  for (const field of card.fields) {
    if (!takes(field, feed.values[field.name])) refuse("trust.value", { field: field.name });
  }
}
