"""How a place's line may be used: hours, bytes a day, and how far its screens stand apart in time. Pure.

What hurts is media: an emergency, a recall, and every signed object go over the socket or are small, and nothing here
holds them back.
"""

import datetime as dt
import hashlib
from dataclasses import dataclass
from typing import Annotated, Final

from cms.hands.hours import ZONES, Hours, Open, Zone, is_on
from cms.trust.shape import Count, between, distinct, matches, size

# A file so small is never held back: texts, manifests, a notice's picture.
SMALL: Final = 64 * 2**10
MAX_SPREAD: Final = 6 * 3_600_000
Neighbour = Annotated[str, matches(r"http://[a-z0-9.-]{1,100}(:[0-9]{1,5})?")]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one unit's line; the nearest unit above a screen that has rules decides.

    Attributes:
        zone: of the windows.
        windows: when media may be fetched; none: at any time.
        budget: bytes of media a day and box; None: no limit.
        spread: ms over which the boxes of the subtree begin, each at a place of its own.
        share: boxes hand verified files to their neighbours in the same house.
        neighbours: where such a neighbour listens; asked before the server is.
    """

    zone: Zone
    windows: Annotated[tuple[Open, ...], size(0, 14)]
    budget: Count | None
    spread: Annotated[int, between(0, MAX_SPREAD)]
    share: bool
    neighbours: Annotated[tuple[Neighbour, ...], size(0, 8), distinct]


FREE: Final = Policy("Asia/Shanghai", (), None, 0, share=False, neighbours=())


def is_open(policy: Policy, now: dt.datetime) -> bool:
    """Whether media may be fetched at `now`."""
    return is_on(Hours(policy.zone, policy.windows), now)


def delay_of(policy: Policy, screen: str, file: str) -> int:
    """The place of a screen in the spread of a file (ms): the same every time, another for every file."""
    if policy.spread <= 0:
        return 0
    raw = hashlib.sha256(f"{screen} {file}".encode()).digest()
    return int.from_bytes(raw[:8], "big") % policy.spread


def day_of(policy: Policy, now: dt.datetime) -> str:
    """The day a budget belongs to."""
    return now.astimezone(ZONES[policy.zone]).date().isoformat()
