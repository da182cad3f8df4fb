"""Signed addresses of a channel: who signed, until when, and that nobody changed it.

An operator's key is derived from the installation's secret, the channel, the operator and the number of the key: there
is nothing to store and nothing to leak with a database. The key before the present one is still taken, so that
boxes keep playing while an operator changes over; raising the number twice ends both.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

LONGEST_SECONDS: Final = 31 * 86_400
# The house itself, which gives its portal's sessions passes; in the settings its key is numbered like an operator's.
PORTAL_KEY: Final = "portal"
PORTAL: Final = PORTAL_KEY + "-"
PASS_MINUTES: Final = 120
FORM: Final = r"[a-z0-9][a-z0-9-]{0,31}\.[1-9][0-9]{0,5}\.[0-9]{10}\.[A-Za-z0-9_-]{43}"
_FORM: Final = re.compile(FORM)


class Wrong(StrEnum):
    """Why an address is not answered."""

    MISSING = "missing"
    FORM = "form"
    SIGNATURE = "signature"
    EXPIRED = "expired"


def key_of(secret: bytes, channel: str, operator: str, number: int) -> bytes:
    """The key an operator signs with."""
    return hmac.digest(secret, f"yunping tv key 1\n{channel}\n{operator}\n{number}".encode(), hashlib.sha256)


def signed(key: bytes, channel: str, operator: str, number: int, expires: int) -> str:
    """A token; `expires` in seconds since 1970."""
    return f"{operator}.{number}.{expires:010}.{_mac(key, channel, operator, number, expires)}"


def wrong_with(token: str, *, secret: bytes, channel: str, keys: Mapping[str, int], now: int) -> Wrong | None:
    """What is wrong with a token at an instant (seconds since 1970); None when it may be answered.

    Args:
        token: what the address carries.
        secret: the installation's for this kind of channel; without one no token is right.
        channel: the code of the channel.
        keys: the number of each operator's present key.
        now: seconds since 1970.
    """
    if not token:
        return Wrong.MISSING
    if _FORM.fullmatch(token) is None:
        return Wrong.FORM
    operator, number, expires, mac = token.split(".")
    present = keys.get(PORTAL_KEY, 1) if operator.startswith(PORTAL) else keys.get(operator, 0)
    known = bool(secret) and 0 < int(number) <= present <= int(number) + 1
    # Computed and compared also for an unknown operator, so that time tells nothing.
    expected = _mac(key_of(secret, channel, operator, int(number)), channel, operator, int(number), int(expires))
    if not hmac.compare_digest(expected.encode(), mac.encode()) or not known:
        return Wrong.SIGNATURE
    return None if now < int(expires) <= now + LONGEST_SECONDS else Wrong.EXPIRED


def end_of(token: str) -> int:
    """When a token of the right form ends, in seconds since 1970."""
    return int(token.split(".")[2])


def _mac(key: bytes, channel: str, operator: str, number: int, expires: int) -> str:
    said = f"{channel}\n{operator}\n{number}\n{expires:010}".encode()
    return base64.urlsafe_b64encode(hmac.digest(key, said, hashlib.sha256)).decode().rstrip("=")
