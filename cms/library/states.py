"""Where a video stands between its upload and its being ready, and how patient the encoders are."""

import datetime as dt
from enum import StrEnum
from typing import Final

from cms.kernel.leases import LeaseRules


class VideoState(StrEnum):
    """Where a video stands. While it is still uploading it is on the way only and has no row."""

    WAITING = "waiting"
    ENCODING = "encoding"
    READY = "ready"
    REJECTED = "rejected"


# A minute is long against a stalled disk and short against an encode that has to begin again.
ENCODE: Final = LeaseRules(
    ready=frozenset({VideoState.WAITING}),
    held=VideoState.ENCODING,
    retry=VideoState.WAITING,
    poisoned=VideoState.REJECTED,
    lease=dt.timedelta(seconds=60),
    max_attempts=4,
    max_lost=3,
)
