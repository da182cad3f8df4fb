"""Where an issue stands between its PDF and its pages, and how patient those are who draw them."""

import datetime as dt
from enum import StrEnum
from typing import Final

from cms.kernel.leases import LeaseRules


class DrawState(StrEnum):
    """Where the drawing of an issue's pages stands."""

    WAITING = "waiting"
    DRAWING = "drawing"
    DONE = "done"
    FAILED = "failed"


# A page takes three seconds on a slow box; the lease is renewed with each.
DRAW: Final = LeaseRules(
    ready=frozenset({DrawState.WAITING}),
    held=DrawState.DRAWING,
    retry=DrawState.WAITING,
    poisoned=DrawState.FAILED,
    lease=dt.timedelta(seconds=240),
    max_attempts=5,
    max_lost=3,
)
