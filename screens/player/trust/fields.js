// Strict reading of a decoded object: every field named, typed and bounded, and no other field present.
import { refuse } from "./errors.js";
import { MAX_INTEGER, MAX_STRING } from "./limits.js";

export const HASH = /^[0-9a-f]{64}$/;
export const KEY_ID = /^[0-9a-f]{32}$/;
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const DOMAIN = /^[a-z0-9.-]{3,64}$/;
export const UNIT = /^\/([a-z0-9_-]{1,40}\/){1,10}$/;
export const CODE = /^[a-z0-9_-]{1,40}$/;
export const PUBLIC_ID = /^[0-9abcdefghjkmnpqrstvwxyz]{10}$/;
export const LANGUAGE = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}$/;
export const MEDIA_TYPE = /^[a-z0-9.+-]{1,64}\/[a-z0-9.+-]{1,64}$/;
export const BASE64 = /^[A-Za-z0-9_-]{1,128}$/;

const isMap = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const wrong = (field) => refuse("trust.schema", { field });
// Python counts code points, so a string of astral characters has the same length here
const lengthOf = (text) => (text.length > 0 ? [...text].length : 0);

/** The fields of one object, each to be read once; `done` refuses what nobody asked for. */
export class Fields {
  #value;
  #path;
  #read = new Set();

  constructor(value, path) {
    if (!isMap(value)) wrong(path);
    this.#value = value;
    this.#path = path;
  }

  raw(name) {
    this.#read.add(name);
    if (!Object.hasOwn(this.#value, name)) this.refuse(name);
    return this.#value[name];
  }

  text(name, pattern = null, limit = MAX_STRING) {
    const value = this.raw(name);
    if (typeof value !== "string" || (pattern && !pattern.test(value))) this.refuse(name);
    if (value.length > limit && lengthOf(value) > limit) this.refuse(name);
    return value;
  }

  oneOf(name, allowed) {
    const value = this.text(name);
    if (!allowed.includes(value)) this.refuse(name);
    return value;
  }

  integer(name, { least = 0, most = MAX_INTEGER } = {}) {
    const value = this.raw(name);
    if (!Number.isSafeInteger(value) || value < least || value > most) this.refuse(name);
    return value;
  }

  boolean(name) {
    const value = this.raw(name);
    if (typeof value !== "boolean") this.refuse(name);
    return value;
  }

  /** null where the field is null, else what `read(name)` gives. */
  maybe(name, read) {
    return this.raw(name) === null ? null : read(name);
  }

  fields(name) {
    return new Fields(this.raw(name), `${this.#path}.${name}`);
  }

  mapping(name, most) {
    const value = this.raw(name);
    if (!isMap(value) || Object.keys(value).length > most) this.refuse(name);
    return value;
  }

  each(name, { most, least = 0 }) {
    return this.#list(name, least, most).map((item, index) => new Fields(item, `${this.#path}.${name}[${index}]`));
  }

  texts(name, pattern, { most, least = 0 }) {
    const found = this.#list(name, least, most);
    if (!found.every((item) => typeof item === "string" && pattern.test(item))) this.refuse(name);
    return found;
  }

  /** A list of strings without repeats, each matching a pattern or standing in a list. */
  names(name, allowed, bounds) {
    const found = this.texts(name, allowed instanceof RegExp ? allowed : CODE, bounds);
    if (new Set(found).size !== found.length) this.refuse(name);
    if (Array.isArray(allowed) && !found.every((item) => allowed.includes(item))) this.refuse(name);
    return found;
  }

  refuse(name) {
    return wrong(`${this.#path}.${name}`);
  }

  done() {
    for (const name of Object.keys(this.#value)) if (!this.#read.has(name)) this.refuse(name);
  }

  #list(name, least, most) {
    const value = this.raw(name);
    if (!Array.isArray(value) || value.length < least || value.length > most) this.refuse(name);
    return value;
  }
}
