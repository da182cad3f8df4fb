// Strict reading by declaration: a shape says the fields, types and bounds, and accepts exactly that.
// A shape is a function (value, path) that returns the value or throws trust.schema with the field.
import { refuse } from "./errors.js";
import { MAX_INTEGER } from "./limits.js";

const wrong = (field) => refuse("trust.schema", { field });
const isMap = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
// code points, as Python counts; a string shorter in code units is shorter in code points too
const longerThan = (text, most) => text.length > most && [...text].length > most;

/** A string wholly matching a pattern (anchored). */
export const like = (pattern) => (value, path) =>
  typeof value === "string" && pattern.test(value) ? value : wrong(path);

/** A string of `least` to `most` code points. */
export const text = (least, most) => (value, path) =>
  typeof value === "string" && value.length >= least && !longerThan(value, most) ? value : wrong(path);

export const among = (names) => (value, path) => (names.includes(value) ? value : wrong(path));

export const integer = (least, most = MAX_INTEGER) => (value, path) =>
  Number.isSafeInteger(value) && value >= least && value <= most ? value : wrong(path);

export const boolean = (value, path) => (typeof value === "boolean" ? value : wrong(path));
export const nullable = (shape) => (value, path) => (value === null ? null : shape(value, path));
export const anything = (value) => value;
export const anyMap = (value, path) => (isMap(value) ? value : wrong(path));

export const list = (shape, least, most) => (value, path) => {
  if (!Array.isArray(value) || value.length < least || value.length > most) wrong(path);
  value.forEach((item, index) => shape(item, `${path}[${index}]`));
  return value;
};

/** A list of strings without repeats. */
export const set = (shape, least, most) => (value, path) => {
  const found = list(shape, least, most)(value, path);
  return new Set(found).size === found.length ? found : wrong(path);
};

/** An object with free names. */
export const map = (shape, least, most) => (value, path) => {
  if (!isMap(value)) wrong(path);
  const names = Object.keys(value);
  if (names.length < least || names.length > most) wrong(path);
  names.forEach((name) => shape(value[name], `${path}.${name}`));
  return value;
};

/** An object of exactly these fields; an `open` one may have more. */
export const object = (fields, { open = false } = {}) => (value, path) => {
  if (!isMap(value)) wrong(path);
  const names = Object.keys(fields);
  const missing = names.find((name) => !Object.hasOwn(value, name));
  const extra = open ? undefined : Object.keys(value).find((name) => !Object.hasOwn(fields, name));
  if (missing !== undefined || extra !== undefined) wrong(`${path}.${missing ?? extra}`);
  names.forEach((name) => fields[name](value[name], `${path}.${name}`));
  return value;
};

export const hash = like(/^[0-9a-f]{64}$/);
export const keyId = like(/^[0-9a-f]{32}$/);
export const base64 = like(/^[A-Za-z0-9_-]{1,128}$/);
export const uuid = like(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
export const domain = like(/^[a-z0-9.-]{3,64}$/);
export const unit = like(/^\/([a-z0-9_-]{1,40}\/){1,10}$/);
export const code = like(/^[a-z0-9_-]{1,64}$/);
export const count = integer(1);
export const ms = integer(0);
export const pixels = integer(0, 1_000_000);
