"""What words over a channel cost, told before anybody saves them. Pure.

Only the slots they stand in are encoded anew, ahead of time: measured on one core of a small machine, one 720p rung
takes about 0.55 seconds for each second on air, all three about 1.4.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cms.kernel.errors import Refused

LIMIT: Final = 900.0  # core-seconds of one order: a quarter of an hour of one core
AHEAD: Final = dt.timedelta(seconds=30)


class Rungs(StrEnum):
    """Which pictures carry the words: the one most viewers get, or all."""

    MIDDLE = "720"
    ALL = "all"


RATE: Final = {Rungs.MIDDLE: 0.55, Rungs.ALL: 1.4}


@dataclass(frozen=True, slots=True)
class Cost:
    """Core-seconds of the encoder, and how long before its start an order must be given to be ready whole."""

    core_seconds: float
    ahead: dt.timedelta


def cost_of(length: dt.timedelta, rungs: Rungs, *, queued: float = 0.0) -> Cost:
    """What words of this length cost behind `queued` core-seconds that others ordered before and that are not done."""
    core = length.total_seconds() * RATE[rungs]
    return Cost(core, AHEAD + dt.timedelta(seconds=core + queued))


def left_of(length: dt.timedelta, rungs: Rungs, *, done: int, total: int) -> float:
    """Core-seconds of an order of which so many slots are done; all of them while nobody began."""
    return cost_of(length, rungs).core_seconds * (1 - done / total if total else 1)


def check(cost: Cost) -> None:
    """Raises Refused `publishing.crawl_too_dear`."""
    if cost.core_seconds > LIMIT:
        raise Refused("publishing.crawl_too_dear", cost=round(cost.core_seconds), limit=round(LIMIT))
