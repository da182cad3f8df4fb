"""Whether a file may still be shown: how long its rights last, and when that is said beforehand. Pure."""

import datetime as dt
from enum import StrEnum
from typing import Final

AHEAD: Final = dt.timedelta(days=30)
# Days left at which the keepers of a file are told; 0 is the day itself.
STAGES: Final = (0, 1, 7, 30)


class Rights(StrEnum):
    """How the rights in a file stand."""

    OPEN = "open"
    VALID = "valid"
    EXPIRING = "expiring"
    EXPIRED = "expired"


def rights(valid_until: dt.datetime | None, *, now: dt.datetime) -> Rights:
    """`valid_until` is the first instant at which the file may no longer be shown; None: without an end."""
    if valid_until is None:
        return Rights.OPEN
    if valid_until <= now:
        return Rights.EXPIRED
    return Rights.EXPIRING if valid_until - now <= AHEAD else Rights.VALID


def days_left(valid_until: dt.datetime, *, now: dt.datetime) -> int:
    """Whole days, today being nought."""
    return max(0, (valid_until - now) // dt.timedelta(days=1))


def stage(valid_until: dt.datetime | None, *, now: dt.datetime) -> int | None:
    """The stage of `STAGES` that rights have come to; None while none has."""
    if valid_until is None:
        return None
    return next((days for days in STAGES if valid_until - now <= dt.timedelta(days=days)), None)
