"""Publishing: from an approved edition to its order; approvals and envelope are checked again at this moment."""

import datetime as dt
import uuid
from collections.abc import Sequence

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import Held, hold
from cms.content.models import Edition
from cms.content.move import move
from cms.content.states import Verb
from cms.kernel.errors import Refused
from cms.people.actor import Actor
from cms.people.permissions import Action, require_can
from cms.planning.embargo import check_embargo
from cms.planning.envelope import Allowed
from cms.planning.models import Occurrence, Target
from cms.planning.occurrences import (
    OPEN,
    OccurrenceKind,
    add_occurrence,
    cancel_occurrences,
    publish_key,
    unpublish_key,
)
from cms.planning.targets import targets_by_code
from cms.publishing.fan_out import Cause, Item, cancel_open, hide, order, show
from cms.publishing.models import Bundle, Publication, Showing
from cms.publishing.states import MAX_LATE_POST, PublicationKind
from cms.review.after import open_after_review
from cms.review.approve import current_release
from cms.review.approved import approved_release
from cms.review.rushing import URGENT
from schedules.clashes import said


async def publish_now(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, *, targets: Sequence[str], now: dt.datetime
) -> Publication:
    """Publishes an approved, scheduled or failed edition at once; a scheduled time is forgotten.

    When an older edition is live this is a correction: it goes to the targets named and to all that show the old one.

    Raises:
        Denied: no right to publish in its unit.
        Refused: `planning.too_early`, `.too_late`, `.channel_not_approved`, `.unit_not_approved`; `content.state`
            unless approved; `review.…` when the approvals do not hold.
        NotFound: the edition or a target.
    """
    held = await hold(session, edition)
    require_can(actor, Action.PUBLISHING_PUBLISH, held.subject)
    chosen = await targets_by_code(session, targets)
    await cancel_occurrences(session, now=now, keys=[publish_key(edition)])
    cause = Cause(publication_key(held), actor.person, now)
    return await _publish(session, held, actor, chosen, cause, now)


async def correct(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, *, now: dt.datetime, targets: Sequence[str] = ()
) -> Publication:
    """Replaces the live edition of the document by this approved one wherever it is shown, and on further targets.

    Raises as `publish_now`, and Refused `publishing.nothing_to_correct`.
    """
    held = await hold(session, edition)
    shown = [target.code for target in await _showing(session, held)]
    if not shown:
        raise Refused("publishing.nothing_to_correct")
    return await publish_now(session, actor, edition, targets=[*shown, *targets], now=now)


async def publish_due(
    session: AsyncSession, occurrence: Occurrence, *, now: dt.datetime, posts: frozenset[str] = frozenset()
) -> Publication:
    """Keeps the promise of a schedule, in the name of the person who gave it.

    Displays run late rather than never, and the order says how late. Posts do not: kinds in `posts` are refused when
    the time was missed by more than `MAX_LATE_POST`; beside displays their deliveries say so one by one.
    Raises as `publish_now` when what was approved no longer holds, and Refused `planning.missed`.
    """
    if occurrence.edition_id is None:
        raise Refused("planning.not_scheduled")
    chosen = await targets_by_code(session, occurrence.targets)
    late = now - occurrence.at
    too_late = late > MAX_LATE_POST and all(target.kind in posts for target in chosen)
    if too_late or (occurrence.take_off_at is not None and now >= occurrence.take_off_at):
        raise Refused("planning.missed", at=said(occurrence.at), minutes=int(late.total_seconds()) // 60)
    held = await hold(session, occurrence.edition_id)
    cause = Cause(publication_key(held), occurrence.actor_id, occurrence.at)
    return await _publish(session, held, None, chosen, cause, now, off_at=occurrence.take_off_at)


async def fail_to_publish(
    session: AsyncSession, edition: uuid.UUID, *, code: str, params: dict[str, object], now: dt.datetime
) -> None:
    """Says on the edition that its time came and it could not go out, and why."""
    held = await hold(session, edition)
    held.edition.scheduled_at = None
    shown = {name: str(value) for name, value in params.items()}
    await move(session, held, Verb.FAIL, actor=None, now=now, details={"code": code, "params": shown})


def publication_key(held: Held) -> str:
    """One publication for each time an edition's state allows one."""
    return f"publish:{held.edition.id}:{held.edition.statuses}"


async def _publish(  # noqa: PLR0917 - private
    session: AsyncSession,
    held: Held,
    actor: Actor | None,
    chosen: Sequence[Target],
    cause: Cause,
    now: dt.datetime,
    *,
    off_at: dt.datetime | None = None,
) -> Publication:
    await check_embargo(session, held.document.id, at=now)
    item = await approved_item(session, held)
    allowed = Allowed.of(item.signed.envelope)
    allowed.check_time(now)
    allowed.check_targets(chosen)
    showing = await _showing(session, held)
    targets, left = _all_targets(allowed, chosen, showing)
    kind = PublicationKind.CORRECT if showing else PublicationKind.PUBLISH
    # Somebody set an end for the piece, not for one of its editions: a correction keeps it.
    off_at = off_at or await _set_end(session, held)
    await _supersede(session, held, now)
    codes = [target.code for target in targets]
    details = {"release": item.release, "targets": codes}
    urgent = item.signed.class_ == URGENT
    verb = Verb.PUBLISH_URGENT if urgent else Verb.PUBLISH
    await move(session, held, verb, actor=actor, now=now, details=details)
    edition, document = held.edition, held.document
    edition.is_live, edition.published_at, edition.scheduled_at = True, now, None
    document.first_published_at = document.first_published_at or now
    await session.flush()
    if urgent:
        await open_after_review(session, held, await current_release(session, edition), now=now)
    replaced = [*targets, *left]
    await cancel_open(session, document=document.id, ordered=replaced, code="publishing.replaced", now=now)
    publication = await order(session, kind, cause, targets, now=now, item=item)
    await show(session, publication, item, targets, now=now)
    await _take_off(session, item, left, cause, now)
    end = _earlier(allowed.not_after, off_at)
    if end is not None:
        by = cause.actor if end == off_at else None
        await end_showing(session, document.id, edition.id, end=end, codes=codes, now=now, by=by)
    return publication


async def approved_item(session: AsyncSession, held: Held) -> Item:
    """The edition with the release that two people signed. Raises what `approved_release` does."""
    approved = await approved_release(session, held.edition.id)
    text = approved.bundle.wire()
    proof = Bundle(release=approved.row.hash, sha256=approved.bundle.file, size=len(text.encode()), text=text)
    return Item(held.document, held.edition, approved.row.hash, approved.release, proof)


async def _showing(session: AsyncSession, held: Held) -> Sequence[Target]:
    """Targets that show an older edition of the document."""
    query = (
        select(Target)
        .join(Showing, Showing.target_id == Target.id)
        .where(
            Showing.document_id == held.document.id,
            Showing.edition_id != held.edition.id,
            Showing.removed_at.is_(None),
            Target.active,
        )
    )
    return (await session.scalars(query.order_by(Target.code))).all()


def _all_targets(
    allowed: Allowed, chosen: Sequence[Target], showing: Sequence[Target]
) -> tuple[list[Target], list[Target]]:
    """Where the new edition goes, and which targets must lose the old one because the new one may not go there."""
    targets = {target.id: target for target in chosen}
    left = []
    for target in showing:
        try:
            allowed.check_targets([target])
        except Refused:
            left.append(target)
        else:
            targets.setdefault(target.id, target)
    return sorted(targets.values(), key=lambda t: t.code), left


async def _supersede(session: AsyncSession, held: Held, now: dt.datetime) -> None:
    query = select(Edition.id).where(Edition.document_id == held.document.id, Edition.is_live)
    for live in (await session.scalars(query)).all():
        if live == held.edition.id:
            continue
        old = await hold(session, live)
        old.edition.is_live = False
        await cancel_occurrences(session, now=now, keys=[unpublish_key(live)])
        await move(session, old, Verb.SUPERSEDE, actor=None, now=now, details={"by": held.edition.number})
    await session.flush()


async def _take_off(session: AsyncSession, item: Item, left: Sequence[Target], cause: Cause, now: dt.datetime) -> None:
    if left:
        await hide(session, document=item.document.id, targets=[target.id for target in left], now=now)
        off = Cause(f"{cause.key}:off", cause.actor, cause.at, reason="publishing.outside_new_envelope")
        await order(session, PublicationKind.UNPUBLISH, off, left, now=now, document=item.document.id)


async def _set_end(session: AsyncSession, held: Held) -> dt.datetime | None:
    """When a person wants the document to be taken off, if anybody does."""
    query = select(Occurrence.at).where(
        Occurrence.document_id == held.document.id,
        Occurrence.kind == OccurrenceKind.UNPUBLISH.value,
        Occurrence.state.in_(OPEN),
        Occurrence.actor_id.is_not(None),
    )
    return await session.scalar(query.order_by(Occurrence.at).limit(1))


async def end_showing(
    session: AsyncSession,
    document: uuid.UUID,
    edition: uuid.UUID,
    *,
    end: dt.datetime,
    codes: Sequence[str],
    now: dt.datetime,
    by: uuid.UUID | None = None,
) -> None:
    """Nothing of the edition is shown from `end` on; a row of the runner sees to it on every target.

    `by` is the person who wants that; None says that the envelope does.
    """
    shown = update(Showing).where(Showing.document_id == document, Showing.edition_id == edition)
    await session.execute(shown.values(until=end).execution_options(synchronize_session="fetch"))
    await add_occurrence(
        session,
        key=unpublish_key(edition),
        kind=OccurrenceKind.UNPUBLISH,
        at=end,
        targets=codes,
        now=now,
        document=document,
        edition=edition,
        actor=by,
    )


def _earlier(one: dt.datetime | None, other: dt.datetime | None) -> dt.datetime | None:
    ends = [end for end in (one, other) if end is not None]
    return min(ends) if ends else None


async def unpublish_due(session: AsyncSession, occurrence: Occurrence, *, now: dt.datetime) -> Publication | None:
    """Takes off what reached the end of its envelope; None when nothing of that edition is shown any more."""
    here = (Showing.document_id == occurrence.document_id, Showing.edition_id == occurrence.edition_id)
    query = select(Target).join(Showing, Showing.target_id == Target.id)
    ended = or_(Showing.until <= now, Showing.until <= occurrence.at)
    shown = (await session.scalars(query.where(*here, Showing.removed_at.is_(None), ended))).all()
    if not shown or occurrence.document_id is None:
        return None
    await cancel_open(session, document=occurrence.document_id, ordered=shown, code="publishing.ended", now=now)
    await hide(session, document=occurrence.document_id, targets=[target.id for target in shown], now=now)
    cause = Cause(f"unpublish:{occurrence.id}", None, occurrence.at, reason="publishing.ended")
    return await order(session, PublicationKind.UNPUBLISH, cause, shown, now=now, document=occurrence.document_id)
