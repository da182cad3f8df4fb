"""Passes: what the portal of a signed channel gives its own player, for a while and for one session.

A pass is a token like an operator's (`renderers.tv.tokens`), signed by the house as ``portal-{session}``. The session
is a word that the page makes up and keeps for a day: it tells viewers apart when they are counted, and proves nothing.
Where only an operator's viewers may watch, the page must show the token it was entered with, and no pass outlives it.

An address that a player was told once cannot be changed without a blink, so it lives on while its page goes on fetching
passes: `Renewals` remembers until when.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from renderers.tv import entries, tokens
from renderers.tv.plan import Rule

MINUTE: Final = 60
PATH: Final = "pass.json"
MOST: Final = 20_000
_SESSION: Final = re.compile(r"[a-z0-9]{8,20}")


@dataclass(frozen=True, slots=True)
class Pass:
    """What the player puts before addresses of the stream, until `expires` (seconds since 1970); empty for none."""

    prefix: str = ""
    expires: int = 0


def issued(rule: Rule, code: str, secret: bytes, query: Mapping[str, str], now: int) -> Pass | tokens.Wrong:
    """A pass, or why there is none.

    Args:
        rule: what the office set of the channel.
        code: the channel's.
        secret: the installation's for this kind of channel.
        query: of the request: ``s`` is the page's session, ``token`` what it was entered with.
        now: seconds since 1970.
    """
    if not rule.signed:
        return Pass()
    session = query.get("s", "")
    if not secret or _SESSION.fullmatch(session) is None:
        return tokens.Wrong.FORM
    expires = now + rule.pass_minutes * MINUTE
    if rule.entry_only:
        entry = query.get("token", "")
        if viewer_of(entry) and not entries.is_of_several(entry):
            # A pass that lets its holder ask for the next one would never end.
            return tokens.Wrong.SIGNATURE
        wrong = entries.wrong_with(entry, secret=secret, channel=code, keys=dict(rule.keys), now=now)
        if wrong is not None:
            return wrong
        expires = min(expires, tokens.end_of(entry))
    operator, number = tokens.PORTAL + session, dict(rule.keys).get(tokens.PORTAL_KEY, 1)
    key = tokens.key_of(secret, code, operator, number)
    return Pass(f"t/{tokens.signed(key, code, operator, number, expires)}/", expires)


class Renewals:
    """Until when each session of a channel has a pass; in memory: another process asks for the newer address."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._ends: OrderedDict[tuple[str, str], int] = OrderedDict()

    def note(self, code: str, found: Pass) -> None:
        """A pass was given; whoever was seen longest ago goes when there are too many."""
        if found.prefix:
            viewer = (code, viewer_of(found.prefix.removeprefix("t/")))
            self._ends[viewer] = found.expires
            self._ends.move_to_end(viewer)
            if len(self._ends) > self._most:
                self._ends.popitem(last=False)

    def lives(self, code: str, token: str, now: int) -> bool:
        """Whether the page of a token that has ended, but was rightly signed, has a newer one."""
        return now < self._ends.get((code, viewer_of(token)), 0)


def viewer_of(token: str) -> str:
    """The session of a pass, which stays the same when the pass is renewed; empty for an operator's token.

    An operator may hand one token to all its boxes: those are told apart by their address.
    """
    operator = token.partition(".")[0]
    return operator if operator.startswith(tokens.PORTAL) else ""
