"""Entries: what somebody comes into the portal with, and which channels the place they come from may see.

A token of one channel (`renderers.tv.tokens`) is an entry to that channel. An entry of several names them all and is
signed once, with a key of the operator's that belongs to no single channel; whether a channel takes it is still said by
that channel's own settings, which name the operator and the number of its key. The house signs entries of its own for
the desk, as ``portal-desk-{who}`` by the number of the portal's key.
"""

import base64
import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import ValidationError

from cms.contract import Target
from renderers.tv.plan import Rule
from renderers.tv.settings import settings_of
from renderers.tv.tokens import LONGEST_SECONDS, PORTAL, PORTAL_KEY, Wrong, wrong_with as wrong_of_one

MOST: Final = 50
DESK: Final = PORTAL + "desk-"
LASTS: Final = dt.timedelta(hours=8)
_CODE: Final = r"[a-z0-9-]{2,40}"
_FORM: Final = re.compile(
    r"(?P<operator>[a-z0-9][a-z0-9-]{0,31})\.(?P<number>[1-9][0-9]{0,5})\.(?P<expires>[0-9]{10})\."
    rf"(?P<codes>{_CODE}(?:_{_CODE}){{0,{MOST - 1}}})\.(?P<mac>[A-Za-z0-9_-]{{43}})"
)


def key_of(secret: bytes, operator: str, number: int) -> bytes:
    """The key an operator signs entries of several channels with."""
    return hmac.digest(secret, f"yunping tv entry key 1\n{operator}\n{number}".encode(), hashlib.sha256)


def signed(key: bytes, codes: Sequence[str], operator: str, number: int, expires: int) -> str:
    """An entry to these channels; `expires` in seconds since 1970. Raises ValueError for none or too many."""
    said = f"{operator}.{number}.{expires:010}.{'_'.join(sorted(set(codes)))}"
    token = f"{said}.{_mac(key, said)}"
    if _FORM.fullmatch(token) is None:
        raise ValueError("codes")
    return token


def is_of_several(token: str) -> bool:
    """Whether it names its channels, as no token of one channel does."""
    return _FORM.fullmatch(token) is not None


def wrong_with(token: str, *, secret: bytes, channel: str, keys: Mapping[str, int], now: int) -> Wrong | None:
    """What is wrong with an entry to a channel, of either form; arguments as `renderers.tv.tokens.wrong_with`."""
    match = _FORM.fullmatch(token)
    if match is None:
        return wrong_of_one(token, secret=secret, channel=channel, keys=keys, now=now)
    operator, number, expires = match["operator"], int(match["number"]), int(match["expires"])
    present = keys.get(PORTAL_KEY, 1) if operator.startswith(PORTAL) else keys.get(operator, 0)
    known = bool(secret) and 0 < number <= present <= number + 1 and channel in match["codes"].split("_")
    expected = _mac(key_of(secret, operator, number), token.rpartition(".")[0])
    if not hmac.compare_digest(expected.encode(), match["mac"].encode()) or not known:
        return Wrong.SIGNATURE
    return None if now < expires <= now + LONGEST_SECONDS else Wrong.EXPIRED


def may_see(token: str, *, secret: bytes, rule: Rule, channel: str, now: int) -> bool:
    """Whether whoever came in with a token, or with none (empty), is told of a channel in lists of several."""
    if not (rule.signed and rule.entry_only):
        return True
    return wrong_with(token, secret=secret, channel=channel, keys=dict(rule.keys), now=now) is None


def for_the_desk(targets: Sequence[Target], secret: bytes, who: str, now: dt.datetime) -> str:
    """Implements `cms.contract.Admit`: of the person `who`, to those of the channels that ask for an entry."""
    expires = int((now + LASTS).timestamp())
    found: dict[int, list[str]] = {}
    for target in targets:
        number = _asks(target)
        if number:
            found.setdefault(number, []).append(target.code)
    if not found or not secret:
        return ""
    # Channels whose keys were raised apart need entries apart; those that are most get theirs.
    number, codes = max(found.items(), key=lambda one: len(one[1]))
    operator = DESK + who
    return signed(key_of(secret, operator, number), codes[:MOST], operator, number, expires)


def _asks(target: Target) -> int:
    """The number of the portal's key of a channel that asks for an entry; 0 for any other."""
    try:
        said = settings_of(target)
    except ValidationError:
        return 0
    return said.keys.get(PORTAL_KEY, 1) if said.signed and said.entry_only else 0


def _mac(key: bytes, said: str) -> str:
    return base64.urlsafe_b64encode(hmac.digest(key, f"entry\n{said}".encode(), hashlib.sha256)).decode().rstrip("=")
