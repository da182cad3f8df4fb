"""One colour meaning for every state a person meets, so that amber always means "somebody must act"."""

from typing import Literal

Tone = Literal["plain", "wait", "info", "good", "bad", "past"]

# plain: being worked on · wait: somebody must act · info: settled, time will act · good: it is out · bad: it failed
# · past: over
_TONES: dict[str, Tone] = {
    "draft": "plain",
    "opinion": "wait",
    "planned": "plain",
    "overdue": "bad",
    "submitted": "wait",
    "in_review": "wait",
    "returned": "bad",
    "approved": "info",
    "scheduled": "info",
    "published": "good",
    "pending_review": "wait",
    "recalled": "past",
    "superseded": "past",
    "discarded": "past",
    "failed": "bad",
    "pending": "plain",
    "sending": "info",
    "sent": "good",
    "shown": "good",
    "unknown": "wait",
    "reviewing": "info",
    "paused": "wait",
    "off": "past",
    "late": "bad",
    "cancelled": "past",
    "recalling": "wait",
    "manual": "wait",
    "due": "plain",
    "retry": "wait",
    "live": "good",
    "gone": "past",
    "missed": "bad",
    "waiting": "plain",
    "encoding": "info",
    "ready": "good",
    "rejected": "bad",
    "online": "good",
    "offline": "bad",
    "stale": "wait",
    "unpaired": "plain",
    "active": "good",
    "locked": "bad",
    "disabled": "past",
}


def tone_of(state: str) -> Tone:
    """The tone of a state. Raises KeyError for a state nobody has given a meaning."""
    return _TONES[state]


def states() -> frozenset[str]:
    """Every state with a tone; each has a label ``desk.state.{state}``."""
    return frozenset(_TONES)
