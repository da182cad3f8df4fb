"""Ids: UUIDv7 inside (sortable by birth), short public ids outside, block ids in articles."""

import datetime as dt
import secrets
import uuid

from cms.kernel.clock import to_ms

# Crockford's base 32: no i, l, o, u, so that an id read over the telephone arrives.
PUBLIC_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
PUBLIC_LENGTH = 10
BLOCK_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
BLOCK_LENGTH = 12


def uuid7(now: dt.datetime) -> uuid.UUID:
    """A version 7 UUID (RFC 9562 §5.7): 48 bits of milliseconds, then 74 random bits."""
    value = (to_ms(now) & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return uuid.UUID(int=value)


def public_id() -> str:
    """A short id for URLs: 50 random bits; the column that stores it is unique and the writer tries again."""
    return "".join(secrets.choice(PUBLIC_ALPHABET) for _ in range(PUBLIC_LENGTH))


def block_id() -> str:
    """The stable id of a block in an article's body."""
    return "b_" + "".join(secrets.choice(BLOCK_ALPHABET) for _ in range(BLOCK_LENGTH))
