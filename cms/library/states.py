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


class RemakeState(StrEnum):
    """Where the sizes of a picture stand that are made anew."""

    WAITING = "waiting"
    MAKING = "making"
    DONE = "done"
    FAILED = "failed"


class UploadState(StrEnum):
    """Where an upload stands: it comes in, waits to be looked into, and is an asset, a known file, or refused."""

    OPEN = "open"
    WAITING = "waiting"
    CHECKING = "checking"
    DONE = "done"
    TWIN = "twin"
    FAILED = "failed"


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

# A picture's sizes take seconds.
REMAKE: Final = LeaseRules(
    ready=frozenset({RemakeState.WAITING}),
    held=RemakeState.MAKING,
    retry=RemakeState.WAITING,
    poisoned=RemakeState.FAILED,
    lease=dt.timedelta(seconds=120),
    max_attempts=5,
    max_lost=3,
)

# Reading and copying four gigabytes takes a slow disk some minutes; the lease is renewed meanwhile.
TAKE: Final = LeaseRules(
    ready=frozenset({UploadState.WAITING}),
    held=UploadState.CHECKING,
    retry=UploadState.WAITING,
    poisoned=UploadState.FAILED,
    lease=dt.timedelta(seconds=60),
    max_attempts=5,
    max_lost=3,
)
