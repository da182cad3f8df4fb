// Canonical JSON: one value has exactly one text (docs/formats.md §1), so hashes and signatures mean something.
import { TrustError, refuse } from "./errors.js";
import { MAX_DEPTH, MAX_TEXT } from "./limits.js";

const KEY = /^[a-z0-9_./:-]{1,128}$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

const wrong = (reason) => refuse("trust.canonical", { reason });

export const utf8 = (text) => encoder.encode(text);

/** The canonical text of plain objects, arrays, strings, integers, booleans and null. */
export function encode(value) {
  const text = write(value, 0);
  sized(utf8(text).length, MAX_TEXT);
  return text;
}

/** The value of a canonical text (a string or bytes) of at most `limit` bytes. */
export function decode(source, limit = MAX_TEXT) {
  const text = typeof source === "string" ? source : fromBytes(source, limit);
  if (typeof source === "string") sized(utf8(text).length, limit);
  const value = parse(text);
  if (write(value, 0) !== text) wrong("form");
  return value;
}

function fromBytes(bytes, limit) {
  sized(bytes.byteLength, limit);
  try {
    return decoder.decode(bytes);
  } catch {
    return wrong("utf8");
  }
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return wrong("syntax"); // RangeError of a deep nest included
  }
}

function write(value, depth) {
  switch (typeof value) {
    case "string":
      return string(value);
    case "number":
      return number(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      return value === null ? "null" : container(value, depth);
    default:
      return wrong("type");
  }
}

function container(value, depth) {
  if (depth >= MAX_DEPTH) wrong("depth");
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
  const keys = Object.keys(value).sort(); // keys are ASCII, so code units sort like code points
  if (!keys.every((key) => KEY.test(key))) wrong("key");
  return `{${keys.map((key) => `"${key}":${write(value[key], depth + 1)}`).join(",")}}`;
}

function string(value) {
  if (!value.isWellFormed()) wrong("surrogate");
  if (value.includes("\0") || value.normalize("NFC") !== value) wrong("string");
  return JSON.stringify(value);
}

function number(value) {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) wrong("number");
  return String(value);
}

function sized(size, limit) {
  if (size > limit) throw new TrustError("trust.size", { size, limit });
}
