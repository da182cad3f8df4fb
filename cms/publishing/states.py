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


class DeliveryState(StrEnum):
    """Where a delivery stands. CANCELLED: a later order took its place before it was sent."""

    DUE = "due"
    SENDING = "sending"
    RETRY = "retry"
    UNKNOWN = "unknown"
    LIVE = "live"
    GONE = "gone"
    FAILED = "failed"
    MISSED = "missed"
    MANUAL = "manual"
    CANCELLED = "cancelled"


OPEN: Final = frozenset({DeliveryState.DUE, DeliveryState.SENDING, DeliveryState.RETRY, DeliveryState.UNKNOWN})
# A person may ask for another try of these.
STUCK: Final = frozenset({DeliveryState.RETRY, DeliveryState.FAILED, DeliveryState.MISSED, DeliveryState.UNKNOWN})

RECALL_PRIORITY: Final = 100
PRIORITY: Final[dict[PublicationKind, int]] = {
    PublicationKind.RECALL: RECALL_PRIORITY,
    PublicationKind.UNPUBLISH: 60,
    PublicationKind.CORRECT: 50,
    PublicationKind.PUBLISH: 20,
    PublicationKind.REFRESH: 10,
}

DELIVERY: Final = LeaseRules(
    ready=frozenset({DeliveryState.DUE, DeliveryState.RETRY, DeliveryState.UNKNOWN}),
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
