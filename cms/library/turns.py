"""Whose turn it is among the videos, as a table and three rules; pure.

| first | then | then |
| --- | --- | --- |
| what somebody counts on soon | what nobody can watch as a whole yet: its 480p | whoever waits longest |

A video is made in one decode of all sizes as long as nobody waits behind it. While somebody does, its smallest size
comes first (`is_parted`): an hour in 480p takes minutes, and is what the others wait for. The first two columns are the
`priority` of a job's row, so that leases take jobs in this very order.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Final

HURRIED: Final = 10
_WATCHABLE: Final = -1


@dataclass(frozen=True, slots=True)
class Place:
    """One video's place in the queue; `due` is since when it waits."""

    id: uuid.UUID
    priority: int
    due: dt.datetime

    @property
    def key(self) -> tuple[int, dt.datetime, uuid.UUID]:
        """The smallest is first: as `cms.kernel.leases.claim` orders."""
        return -self.priority, self.due, self.id


def priority_of(*, hurried: bool, watchable: bool) -> int:
    """What a job's row says; `watchable`: the whole of it can be seen in small."""
    return (HURRIED if hurried else 0) + (_WATCHABLE if watchable else 0)


def gives_way(mine: Place, first: Place | None) -> bool:
    """Whether a video at work is put back for the first of those that wait."""
    return first is not None and first.key < mine.key


def is_parted(mine: Place, first: Place | None) -> bool:
    """Whether the smallest size is made before the others: somebody waits who does not have to let it pass."""
    return first is not None and _is_hurried(first) >= _is_hurried(mine)


def _is_hurried(place: Place) -> bool:
    return place.priority >= HURRIED + _WATCHABLE
