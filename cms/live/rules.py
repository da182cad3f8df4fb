"""What a source may be told, and when it may go on air. Pure."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cms.kernel.errors import Invalid, Refused
from cms.kernel.text import one_line
from cms.live.models import LiveState
from cms.outlets.rules import may_reach
from media.live import HEADROOM, fits

LEASE: Final = dt.timedelta(seconds=12)
SCHEMES: Final = frozenset({"rtmp", "rtmps", "srt", "http", "https"})
# SRT's own bounds, without what an address would have to quote.
_PASSPHRASE: Final = re.compile(r"[A-Za-z0-9._~-]{10,79}")
_NAME: Final = 40


class SourceKind(StrEnum):
    """How a signal comes in."""

    LISTEN = "listen"
    PULL = "pull"


class SourceState(StrEnum):
    """How it is with a signal: not there yet, coming in, being encoded for the air, gone."""

    WAITING = "waiting"
    RECEIVING = "receiving"
    ENCODING = "encoding"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class SourceForm:
    """What an operator says of a source; an empty `secret` (address or passphrase) keeps the one it has."""

    name: str
    kind: str
    active: bool
    port: str = ""
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """A source as it may be."""

    name: str
    kind: SourceKind
    active: bool
    port: int
    secret: str


def checked(form: SourceForm, *, anywhere: bool, keeps: bool = False) -> Checked:
    """Raises Invalid `live.form` naming the fields."""
    wrong: dict[str, str] = {}
    name = one_line(form.name)
    if not 0 < len(name) <= _NAME:
        wrong["name"] = "live.name"
    if form.kind not in set(SourceKind):
        wrong["kind"] = "live.kind"
    kind = SourceKind.PULL if form.kind == SourceKind.PULL else SourceKind.LISTEN
    secret, port = form.secret.strip(), 0
    if kind is SourceKind.PULL:
        if not (keeps and not secret) and not may_reach(secret, SCHEMES, anywhere=anywhere):
            wrong["url"] = "live.url"
    else:
        text = form.port.strip()
        port = int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
        if not 1024 <= port <= 65_535:
            wrong["port"] = "live.port"
        if not (keeps and not secret) and _PASSPHRASE.fullmatch(secret) is None:
            wrong["passphrase"] = "live.passphrase"  # noqa: S105 - the code of a refusal
    if wrong:
        raise Invalid("live.form", fields=wrong)
    return Checked(name, kind, form.active, port, secret)


def is_heard(state: LiveState | None, now: dt.datetime) -> bool:
    """Whether the receiver of a source is at work."""
    return state is not None and state.said_at is not None and now - state.said_at <= LEASE * 2


def may_take(state: LiveState | None, *, record: bool = False, running: Sequence[float] = (), now: dt.datetime) -> None:
    """Whether a source may go on air, and be recorded if that is asked.

    Args:
        state: what its receiver says of it.
        record: whether it is to be recorded.
        running: how fast each of those would be encoded alone that the same machine encodes already.
        now: the instant.

    Raises Refused `live.no_receiver`, `live.no_signal`, `live.measuring`, `live.slow`, `live.full`.
    """
    if state is None or not is_heard(state, now):
        raise Refused("live.no_receiver")
    if state.state not in {SourceState.RECEIVING, SourceState.ENCODING}:
        raise Refused("live.no_signal")
    price = state.price_of(record=record)
    if not price:
        raise Refused("live.measuring")
    if not state.rungs or price < HEADROOM:
        raise Refused("live.slow", factor=f"{price:.2f}")
    if not fits(running, price):
        raise Refused("live.full", count=len(running), factor=f"{price:.2f}")
