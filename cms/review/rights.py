"""Whether a file of a piece may be shown, and for as long as the piece will be. Pure."""

import datetime as dt
from typing import Literal

from cms.library.rights import Rights, days_left, rights
from cms.review.release import Picture

Told = tuple[Literal["must", "hint"], str, dict[str, str | int]]


def rights_of(picture: Picture, *, now: dt.datetime, not_after: dt.datetime | None) -> Told | None:
    """A file whose rights are over stops a submission; one whose rights end soon, or before the piece, is told."""
    until = picture.valid_until
    if until is None:
        return None
    state = rights(until, now=now)
    params: dict[str, str | int] = {"name": picture.name, "days": days_left(until, now=now)}
    if state is Rights.EXPIRED:
        return "must", "asset_expired", {"name": picture.name}
    if state is Rights.EXPIRING:
        return "hint", "asset_expiring", params
    return ("hint", "asset_outlived", params) if not_after is None or not_after > until else None
