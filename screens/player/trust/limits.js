// Upper bounds of everything a reader takes in; the numbers of cms/trust/limits.py.

export const MAX_INTEGER = Number.MAX_SAFE_INTEGER;
export const MAX_DEPTH = 32;
export const MAX_TEXT = 4 * 2 ** 20; // bytes of any canonical text
export const MAX_TEXT_OF = {
  root: 64 * 2 ** 10,
  delegations: 2 ** 20,
  release: 2 ** 20,
  recalls: 2 * 2 ** 20, // half, since a text travels inside a text with its quotes escaped
  manifest: 2 * 2 ** 20,
  beacon: 4 * 2 ** 10,
  screen: 16 * 2 ** 10,
  order: 8 * 2 ** 10,
  feed: 16 * 2 ** 10,
  player: 512 * 2 ** 10,
};
export const MAX_SIGNATURES = 16;
export const MAX_APPROVALS = 16;
export const MAX_KEYS = 64;
export const MAX_PEOPLE = 5_000;
export const MAX_AUTHORS = 256;
export const MAX_UNITS = 1_000;
export const MAX_CHANNELS = 32;
export const MAX_BLOCKS = 5_000;
export const MAX_ASSETS = 2_000;
export const CHUNK = 2 ** 20;
export const MAX_CHUNKS = 8_192;
export const MAX_RECALLS = 20_000;
export const MAX_RELEASES = 5_000;
export const MAX_SLOTS = 10_000;
export const MAX_LOOP = 1_000;
export const MAX_TAGS = 100;
export const MAX_ROOTS = 64;
export const MAX_FEEDS = 500;
export const MAX_ORIGINS = 16;
export const MAX_FIELDS = 24; // of a data card
export const MAX_WORDS = 32;
export const FEED_MS = 7 * 24 * 3_600_000;
export const MAX_FILES = 2_000; // of a player release
export const THRESHOLD = 2; // distinct people who approve a release
export const URGENT_MS = 24 * 3_600_000;
export const STALE_MS = 60_000; // a beacon older than this: the screen says stale and goes on
