"""应急发布: what an emergency makes of a draft before two keys sign it. Pure."""

import datetime as dt
from dataclasses import replace
from typing import Final

from cms.content.draft import Draft
from cms.kernel.errors import Invalid
from cms.kernel.text import clean
from cms.trust.limits import URGENT_MS

URGENT: Final = "urgent"
"""The class under which such a release is signed; screens ask the signers for it and let it end within a day."""

_LASTS: Final = dt.timedelta(milliseconds=URGENT_MS)


def urgent_draft(draft: Draft, *, reason: str, now: dt.datetime) -> Draft:
    """The draft from now on, for a day at most, whatever it asked for. Raises Invalid `review.reason_missing`."""
    if not clean(reason):
        raise Invalid("review.reason_missing", fields={"reason": "review.reason_missing"})
    asked, latest = draft.envelope, now + _LASTS
    ends = latest if asked.not_after is None else min(asked.not_after, latest)
    return replace(draft, envelope=replace(asked, not_before=now, not_after=ends))
