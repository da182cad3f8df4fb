"""The history of a document as one timeline: revisions, changes of state, and decisions in review."""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Edition, Revision, Status
from cms.content.queries import find
from cms.content.states import EditionState, Verb
from cms.people.actor import Actor
from cms.review.entry import Entry, Placed
from cms.review.links import Opinion, opinions_of
from cms.review.models import ReleaseRow, ReviewStep
from cms.review.slip import names_of
from cms.review.track import beside


async def timeline(session: AsyncSession, actor: Actor, public_id: str) -> Sequence[Entry]:
    """Everything that happened to a document, newest first. Raises NotFound, Denied as `find`."""
    document = (await find(session, actor, public_id)).document.id
    revisions = (await session.execute(select(Revision).where(Revision.document_id == document))).scalars().all()
    query = select(Status, Edition.number).join(Edition, Edition.id == Status.edition_id)
    statuses = (await session.execute(query.where(Edition.document_id == document))).all()
    query_remarks = (
        select(ReleaseRow.hash, ReviewStep.step, ReviewStep.remarks)
        .join(ReviewStep, ReviewStep.release_id == ReleaseRow.id)
        .join(Edition, Edition.id == ReleaseRow.edition_id)
        .where(Edition.document_id == document)
    )
    remarks = {(row.hash, row.step): row.remarks for row in (await session.execute(query_remarks)).all()}
    acted = {row.Status.actor_id for row in statuses} - {None}
    people = {one.created_by for one in revisions} | acted
    names = await names_of(session, people)
    numbers = {one.id: one.number for one in revisions}
    entries = [_saved(one, names) for one in revisions]
    for row in statuses:
        status: Status = row.Status
        said = remarks.get((status.details.get("release", ""), status.details.get("step", "")), ())
        entries.append(_moved(status, row.number, numbers, names, said))
    entries += await beside(session, document)
    entries += [_said(one) for one in await opinions_of(session, document)]
    return [entry for _, entry in sorted(entries, key=lambda pair: pair[0], reverse=True)]


def _saved(revision: Revision, names: Mapping[uuid.UUID, str]) -> Placed:
    entry = Entry(revision.created_at, "revision", names[revision.created_by], revision.number)
    return (revision.created_at, 0, 0, revision.number), entry


def _said(one: Opinion) -> Placed:
    entry = Entry(one.at, "opinion", one.name, one.revision, note=one.text, details={"label": one.label})
    return (one.at, 2, 0, 0), entry


def _moved(
    status: Status,
    edition: int,
    numbers: Mapping[uuid.UUID, int],
    names: Mapping[uuid.UUID, str],
    remarks: Sequence[Mapping[str, str]],
) -> Placed:
    entry = Entry(
        at=status.at,
        kind="status",
        person="" if status.actor_id is None else names[status.actor_id],
        revision=numbers[status.revision_id],
        edition=edition,
        verb=Verb(status.verb),
        state=EditionState(status.state),
        note=status.note,
        step=str(status.details.get("step", "")),
        remarks=tuple((one["block"], one["text"]) for one in remarks),
        details=status.details,
    )
    # Within one instant a state follows the revision it stands on.
    return (status.at, 1, edition, status.number), entry
