"""How long a call that certainly did not arrive waits for its next try, and when it becomes a dead letter. Pure."""

import datetime as dt
from typing import Final

# Together half an hour: the core calls a post that is an hour late missed, and asks a person.
LADDER: Final = tuple(dt.timedelta(seconds=seconds) for seconds in (10, 30, 120, 300, 600, 900))
_MOST: Final = dt.timedelta(minutes=30)


def rung(tries: int, asked: dt.timedelta | None = None) -> dt.timedelta | None:
    """The wait after the `tries`-th try (from 1), or what the App asked for if that is more; None: no further try.

    >>> rung(1).total_seconds(), rung(2, dt.timedelta(minutes=2)).total_seconds(), rung(7)
    (10.0, 120.0, None)
    """
    if tries > len(LADDER):
        return None
    return max(LADDER[tries - 1], min(asked or dt.timedelta(0), _MOST))


def asked_wait(text: str | None) -> dt.timedelta | None:
    """A ``Retry-After`` in seconds; a date, or nonsense, is none."""
    found = (text or "").strip()
    return dt.timedelta(seconds=int(found)) if found.isascii() and found.isdigit() and len(found) <= 6 else None
