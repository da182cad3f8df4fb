"""How far an order may come, as one table: a state only goes on, and what has ended stays ended."""

from typing import Final

QUEUED: Final = "queued"
SENT: Final = "sent"
RECEIVED: Final = "received"
DONE: Final = "done"
REFUSED: Final = "refused"
FAILED: Final = "failed"
EXPIRED: Final = "expired"

OPEN: Final = (QUEUED, SENT, RECEIVED)
ENDED: Final = (DONE, REFUSED, FAILED, EXPIRED)
STATES: Final = (*OPEN, *ENDED)

# state -> those it may come from. A screen whose link was down tells late what it has done: that is the truth then.
FROM: Final[dict[str, tuple[str, ...]]] = {
    SENT: (QUEUED, SENT),
    RECEIVED: (QUEUED, SENT),
    DONE: (*OPEN, EXPIRED),
    REFUSED: (*OPEN, EXPIRED),
    FAILED: (*OPEN, EXPIRED),
    EXPIRED: OPEN,
}


def may_follow(before: str, after: str) -> bool:
    """Whether an order in `before` may become `after`."""
    return before in FROM.get(after, ())
