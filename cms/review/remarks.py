"""Opinions on single paragraphs: checked against the text, and gathered beside it with what became of it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import Held
from cms.content.models import Edition, Revision
from cms.kernel.errors import Conflict
from cms.kernel.text import clean
from cms.people.models import Person
from cms.review.models import ReleaseRow, ReviewStep
from cms.trust.release import Release

Remarks = tuple[tuple[str, str], ...]
"""(block id, text) of each."""

_MOST: Final = 2000


@dataclass(frozen=True, slots=True)
class Said:
    """An opinion on a block; `changed`: the block is not any more what it was when this was said."""

    person: str
    step: str
    text: str
    round: int
    at: dt.datetime
    changed: bool


def check_remarks(release: Release, remarks: Remarks) -> Remarks:
    """The remarks that say something. Raises Conflict `review.remark_lost` for one on a block that is not there."""
    body: Any = release.content["body"]
    blocks = {block["id"] for block in body["blocks"]}
    said = tuple((block, clean(text)[:_MOST]) for block, text in remarks if clean(text))
    lost = [block for block, _ in said if block not in blocks]
    if lost:
        raise Conflict("review.remark_lost", count=len(lost), release=release.release)
    return said


async def said_on(session: AsyncSession, held: Held) -> Mapping[str, Sequence[Said]]:
    """By block, everything reviewers said of it in this edition, oldest first."""
    query = (
        select(ReviewStep, ReleaseRow.round, Revision.body, Person.name)
        .join(ReleaseRow, ReleaseRow.id == ReviewStep.release_id)
        .join(Edition, Edition.id == ReleaseRow.edition_id)
        .join(Revision, Revision.id == ReleaseRow.revision_id)
        .join(Person, Person.id == ReviewStep.person_id)
        .where(Edition.id == held.edition.id)
        .order_by(ReviewStep.at, ReviewStep.ordinal)
    )
    now = {block["id"]: block for block in held.revision.body["blocks"]}
    found: dict[str, list[Said]] = {}
    for row in (await session.execute(query)).all():
        step: ReviewStep = row.ReviewStep
        then = {block["id"]: block for block in row.body["blocks"]}
        for one in step.remarks:
            block = one["block"]
            changed = now.get(block) != then.get(block)
            found.setdefault(block, []).append(Said(row.name, step.step, one["text"], row.round, step.at, changed))
    return found
