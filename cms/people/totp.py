"""Codes of an authenticator app (RFC 6238: SHA-1, six digits, thirty seconds), pure."""

import base64
import datetime as dt
import hashlib
import hmac
import secrets
import struct
from typing import Final
from urllib.parse import quote

SECRET_BYTES: Final = 20
STEP_SECONDS: Final = 30
DIGITS: Final = 6
# A phone's clock may be half a minute off to either side; more would only help whoever guesses.
DRIFT: Final = 1


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def as_text(secret: bytes) -> str:
    """Base32 in groups of four, as people type it where a camera does not help."""
    plain = base64.b32encode(secret).decode("ascii")
    return " ".join(plain[at : at + 4] for at in range(0, len(plain), 4))


def address(secret: bytes, *, login: str, issuer: str) -> str:
    """The ``otpauth:`` address that an app reads from a QR code."""
    plain = base64.b32encode(secret).decode("ascii")
    label = f"{quote(issuer, safe='')}:{quote(login, safe='')}"
    return (
        f"otpauth://totp/{label}?secret={plain}&issuer={quote(issuer, safe='')}&digits={DIGITS}&period={STEP_SECONDS}"
    )


def step_of(now: dt.datetime) -> int:
    """The number of the thirty seconds `now` lies in."""
    return int(now.timestamp()) // STEP_SECONDS


def code_at(secret: bytes, step: int) -> str:
    mac = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    offset = mac[-1] & 0x0F
    number = struct.unpack(">I", mac[offset : offset + 4])[0] & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}d}"


def matching_step(secret: bytes, code: str, *, now: dt.datetime, after: int) -> int | None:
    """The step `code` belongs to, None for none near `now` or none behind `after`: a code that was used is no code."""
    given = "".join(code.split())
    if len(given) != DIGITS or not (given.isascii() and given.isdigit()):
        return None
    here, found = step_of(now), None
    # All are compared, so that the time tells nothing of which one it was.
    for step in range(here - DRIFT, here + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step), given) and step > after:
            found = step
    return found
