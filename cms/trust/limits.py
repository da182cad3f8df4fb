"""Upper bounds of what a reader takes in, held by players too: raising one is a change of the format for old ones."""

from typing import Final

MAX_INTEGER: Final = 2**53 - 1  # what a JavaScript number holds exactly
MAX_DEPTH: Final = 32
MAX_TEXT: Final = 4 * 2**20  # bytes of any canonical text
MAX_TEXT_OF: Final = {
    "root": 64 * 2**10,
    "delegations": 2**20,
    "release": 2**20,
    "recalls": 2 * 2**20,  # half, since a text travels inside a text with its quotes escaped
    "manifest": 2 * 2**20,
    "beacon": 4 * 2**10,
    "screen": 16 * 2**10,
    "order": 8 * 2**10,
    "feed": 16 * 2**10,
    "player": 512 * 2**10,
}
MAX_SIGNATURES: Final = 16
MAX_APPROVALS: Final = 16
MAX_KEYS: Final = 64  # keys in a root, keys of one person
MAX_PEOPLE: Final = 5_000
MAX_AUTHORS: Final = 256
MAX_UNITS: Final = 1_000  # units in one envelope
MAX_CHANNELS: Final = 32
MAX_BLOCKS: Final = 5_000
MAX_ASSETS: Final = 2_000
CHUNK: Final = 2**20  # an asset is hashed per chunk so that a video is checked while it plays
MAX_CHUNKS: Final = 8_192
MAX_RECALLS: Final = 20_000
MAX_RELEASES: Final = 5_000  # in one manifest
MAX_SLOTS: Final = 10_000
MAX_LOOP: Final = 1_000
MAX_TAGS: Final = 100
MAX_ROOTS: Final = 64  # new root versions taken at once
MAX_FEEDS: Final = 500
MAX_ORIGINS: Final = 16  # addresses of the desk at which passkeys are used
MAX_FIELDS: Final = 24  # of a data card
MAX_WORDS: Final = 32  # a field of a data card may say
FEED_MS: Final = 7 * 24 * 3_600_000  # values of a feed end within this time of being signed
MAX_FILES: Final = 2_000  # of a player release
THRESHOLD: Final = 2  # distinct people who approve a release
URGENT_MS: Final = 24 * 3_600_000  # an urgent release must end within this time of its start
STALE_MS: Final = 60_000  # a beacon older than this: the screen says stale and goes on
