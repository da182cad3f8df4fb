"""How far a call is, and how patient we are with the other side."""

import datetime as dt
from enum import StrEnum
from typing import Final

from cms.kernel.leases import LeaseRules


class CallState(StrEnum):
    """How far a call of a webhook is."""

    DUE = "due"
    SENDING = "sending"
    RETRY = "retry"
    SENT = "sent"
    FAILED = "failed"


# Twenty attempts with the house's back-off are about four hours: longer than a deployment, shorter than a weekend.
CALL: Final = LeaseRules(
    ready=frozenset({CallState.DUE, CallState.RETRY}),
    held=CallState.SENDING,
    retry=CallState.RETRY,
    poisoned=CallState.FAILED,
    lease=dt.timedelta(minutes=2),
    max_attempts=20,
    alone="hook_id",
)
