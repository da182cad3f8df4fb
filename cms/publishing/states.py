"""What a publication orders and where a delivery stands, as tables a test can print."""

import datetime as dt
from enum import StrEnum
from typing import Final

from cms.kernel.leases import LeaseRules


class PublicationKind(StrEnum):
    """What is ordered. UNPUBLISH takes a piece off at the end of its envelope; only RECALL is for ever."""

    PUBLISH = "publish"
    CORRECT = "correct"
    UNPUBLISH = "unpublish"
    RECALL = "recall"
    REFRESH = "refresh"


CUT_IN: Final = "cut_in"
"""The reason of a refresh for what cuts into a channel: the channel is planned anew, no page of a piece is drawn."""


class DeliveryState(StrEnum):
    """Where a delivery stands. CANCELLED: a later order took its place before it was sent.

    REVIEWING: the platform has it and is not done; it is asked again until it says how it ended.
    """

    DUE = "due"
    SENDING = "sending"
    RETRY = "retry"
    UNKNOWN = "unknown"
    REVIEWING = "reviewing"
    LIVE = "live"
    GONE = "gone"
    FAILED = "failed"
    MISSED = "missed"
    MANUAL = "manual"
    CANCELLED = "cancelled"


# Their outcome is open at the platform: they are only ever asked about.
ASKED: Final = frozenset({DeliveryState.UNKNOWN, DeliveryState.REVIEWING})
OPEN: Final = frozenset({DeliveryState.DUE, DeliveryState.SENDING, DeliveryState.RETRY}) | ASKED
# A person may ask for another try of these, or for another look.
STUCK: Final = frozenset({DeliveryState.RETRY, DeliveryState.FAILED, DeliveryState.MISSED}) | ASKED

RECALL_PRIORITY: Final = 100
PRIORITY: Final[dict[PublicationKind, int]] = {
    PublicationKind.RECALL: RECALL_PRIORITY,
    PublicationKind.UNPUBLISH: 60,
    PublicationKind.CORRECT: 50,
    PublicationKind.PUBLISH: 20,
    PublicationKind.REFRESH: 10,
}

# Carried out to the end: tried for as long as the piece may be there, and never overtaken by anything newer.
TAKES_OFF: Final = frozenset({PublicationKind.RECALL, PublicationKind.UNPUBLISH})

DELIVERY: Final = LeaseRules(
    ready=frozenset({DeliveryState.DUE, DeliveryState.RETRY}) | ASKED,
    held=DeliveryState.SENDING,
    retry=DeliveryState.RETRY,
    poisoned=DeliveryState.FAILED,
    lease=dt.timedelta(seconds=20),
    max_attempts=20,
    max_lost=5,
    alone="target_id",
)
# A recall is never given up: it is tried for as long as there is a target that may show the piece.
MAX_LATE_POST: Final = dt.timedelta(minutes=60)

# How long after the platform took it, and how often it is asked from then on: it converts in seconds, and its people
# may take hours. A callback asks at once, whatever stands here.
LOOKS: Final[tuple[tuple[dt.timedelta, dt.timedelta], ...]] = (
    (dt.timedelta(0), dt.timedelta(seconds=5)),
    (dt.timedelta(minutes=1), dt.timedelta(seconds=20)),
    (dt.timedelta(minutes=10), dt.timedelta(minutes=2)),
    (dt.timedelta(hours=1), dt.timedelta(minutes=10)),
)


def look_again(age: dt.timedelta) -> dt.timedelta:
    """How long to wait before a platform that took something `age` ago is asked again."""
    return [every for since, every in LOOKS if since <= age or since == LOOKS[0][0]][-1]
