"""How far screens got with a version, packed: thirteen bytes a step, gathered a second, a few rows a publication.

A step is the tail of the screen's id (62 random bits: two of ten thousand alike happen once in ten thousand million
fleets), what happened, and when after the row's own instant. Pure.
"""

import datetime as dt
import struct
import uuid
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

_STEP: Final = struct.Struct("<8sBI")
_LONGEST_MS: Final = 2**32 - 1
_MS: Final = dt.timedelta(milliseconds=1)

Tail: TypeAlias = bytes


class Stage(IntEnum):
    """The stages of a version at a screen, in their order; `REFUSED` is the end of the wrong way.

    `SENT` is the gateway's own: its bytes went to the socket. The others a screen says.
    """

    SENT = 0
    RECEIVED = 1
    CACHED = 2
    SHOWN = 3
    REFUSED = 9


class Step(NamedTuple):
    screen: Tail
    stage: Stage
    at: dt.datetime


STAGES: Final[Mapping[str, Stage]] = {
    "sent": Stage.SENT,
    "received": Stage.RECEIVED,
    "cached": Stage.CACHED,
    "shown": Stage.SHOWN,
    "refused": Stage.REFUSED,
}


def tail_of(screen: uuid.UUID) -> Tail:
    """What stands for a screen in a step."""
    return screen.bytes[8:]


def packed(steps: Iterable[Step]) -> tuple[dt.datetime, bytes]:
    """The first instant and all steps after it. Raises ValueError for none."""
    found = list(steps)
    base = min(step.at for step in found)
    parts = (_STEP.pack(one.screen, one.stage, min(_LONGEST_MS, (one.at - base) // _MS)) for one in found)
    return base, b"".join(parts)


def unpacked(base: dt.datetime, data: bytes) -> Iterator[Step]:
    """The steps of a row; what is no whole step at its end is left out."""
    for tail, stage, ms in _STEP.iter_unpack(data[: len(data) - len(data) % _STEP.size]):
        yield Step(tail, Stage(stage), base + ms * _MS)


def firsts(steps: Iterable[Step]) -> dict[Tail, dict[Stage, dt.datetime]]:
    """When each screen first was at each stage; order does not matter, repeats are harmless."""
    found: dict[Tail, dict[Stage, dt.datetime]] = {}
    for one in steps:
        of = found.setdefault(one.screen, {})
        if one.stage not in of or one.at < of[one.stage]:
            of[one.stage] = one.at
    return found


def joined(steps: Iterable[Step]) -> list[Step]:
    """Each screen's first instant at each stage, as steps again: what a version's rows are joined to."""
    return [Step(tail, stage, at) for tail, of in sorted(firsts(steps).items()) for stage, at in sorted(of.items())]
