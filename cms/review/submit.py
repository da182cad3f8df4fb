"""Submitting 送审: what was typed becomes a revision, the machine looks, and the release people will sign is frozen."""

import asyncio
import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.draft import Draft, draft_of, read_draft
from cms.content.editing import check_base, save_held, working_copy
from cms.content.held import Held, hold, look
from cms.content.kinds import Kind
from cms.content.models import Column
from cms.content.move import move
from cms.content.states import Verb, step
from cms.contract import Piece
from cms.kernel.errors import Refused
from cms.kernel.ids import uuid7
from cms.library.browse import remakes_of
from cms.library.queries import AssetWithFiles, assets
from cms.library.states import RemakeState, VideoState
from cms.people.actor import Actor
from cms.people.models import Unit
from cms.people.permissions import Action, require_can
from cms.review.books import plan_of_piece
from cms.review.card_facts import feeds_kept
from cms.review.checks import RULES_VERSION, check
from cms.review.deadlines import begin_step
from cms.review.findings import Finding, finding_json, must_fix
from cms.review.lists import lists_in_use
from cms.review.lookups import Lists, sources_of
from cms.review.models import ReleaseRow
from cms.review.newspaper_facts import newspaper_facts
from cms.review.own_words import check_own_words, without_missing
from cms.review.pieces import piece_of
from cms.review.plans import Plan, plan_json, terms_json
from cms.review.release import Facts, Picture, Press, build_release, named_assets
from cms.review.rushing import URGENT, urgent_draft
from cms.review.seats import seat_authors
from cms.trust.approval import release_digest
from cms.trust.errors import TrustError
from cms.trust.release import Release, ReleaseAsset, read_release
from cms.trust.signed import text_of


@dataclass(frozen=True, slots=True)
class Submission:
    """What a person sees before they submit: the findings, the steps, and what is going to be signed.

    `release` is None while a finding keeps it from being made.
    """

    findings: tuple[Finding, ...]
    plan: Plan
    release: Release | None


async def preview_submission(
    session: AsyncSession,
    actor: Actor,
    edition: uuid.UUID,
    *,
    press: Press,
    draft: Draft | None = None,
    links: Mapping[str, str] | None = None,
    now: dt.datetime,
) -> Submission:
    """The dialog before submitting; writes nothing. `draft`: what was typed and not saved yet; `links` as `submit`."""
    held = await look(session, edition)
    require_can(actor, Action.DOCUMENT_READ, held.subject)
    draft = draft or draft_of(held.revision)
    pictures = await pictures_of(session, draft)
    lists = await lists_in_use(session)
    findings = await _checked(session, held, draft, press=press, pictures=pictures, lists=lists, links=links, now=now)
    release = None
    if not must_fix(findings):
        release = build_release(_facts(held, actor, now), draft, press=press, pictures=pictures, forms={}, now=now)
    return Submission(findings, await plan_of_piece(session, held, draft), release)


async def preview_piece(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, *, press: Press, draft: Draft, now: dt.datetime
) -> Piece:
    """An unsaved draft as a renderer draws it; missing pictures are left out, every channel is drawn."""
    held = await look(session, edition)
    require_can(actor, Action.DOCUMENT_READ, held.subject)
    return await drawn_piece(session, _facts(held, actor, now), draft, press=press, now=now)


async def drawn_piece(session: AsyncSession, facts: Facts, draft: Draft, *, press: Press, now: dt.datetime) -> Piece:
    """As `preview_piece`, for whoever has asked for permission in another way."""
    pictures = await pictures_of(session, draft)
    # Also a channel that is not chosen (yet) is looked at, and then with its pictures.
    channels = tuple(sorted({*press.renditions, *draft.channels}))
    shown = replace(without_missing(draft, pictures), channels=channels)
    column = await _column_name(session, draft.column)
    release = build_release(facts, shown, press=press, pictures=pictures, forms={}, now=now, column_name=column)
    return piece_of(release, column_name=column)


async def submit(
    session: AsyncSession,
    actor: Actor,
    edition: uuid.UUID,
    *,
    press: Press,
    note: str = "",
    urgent: bool = False,
    links: Mapping[str, str] | None = None,
    now: dt.datetime,
) -> ReleaseRow:
    """Freezes the edition as a release for review; `urgent` for the two keys of an emergency, `note` being its reason.

    `links` are the answers of `cms.review.dead_links` to the draft's addresses, asked before this transaction.
    Raises Invalid `review.reason_missing` for an emergency without one, Refused `content.state`,
    `review.checks_failed` (`findings`), `review.not_signable`; Conflict as `save`.
    """
    held = await hold(session, edition)
    verb = Verb.RUSH if urgent else Verb.SUBMIT
    found = step(held.state, verb)
    require_can(actor, found.action or Action.DOCUMENT_SUBMIT, held.subject)
    await _save_typed(session, actor, held, now)
    draft = draft_of(held.revision)
    if urgent:
        draft = urgent_draft(draft, reason=note, now=now)
    plan = await plan_of_piece(session, held, draft, urgent=urgent)
    pictures = await pictures_of(session, draft)
    lists = await lists_in_use(session)
    findings = await _checked(session, held, draft, press=press, pictures=pictures, lists=lists, links=links, now=now)
    stopping = must_fix(findings)
    if stopping:
        raise Refused("review.checks_failed", count=len(stopping), findings=[finding_json(one) for one in findings])
    facts = _facts(held, actor, now, urgent=urgent)
    column = await _column_name(session, draft.column)
    bare = build_release(facts, draft, press=press, pictures=pictures, forms={}, now=now, column_name=column)
    forms = await _forms(press, piece_of(bare, column_name=column))
    text = _signable(replace(bare, forms=forms))
    held.edition.round += 1
    row = ReleaseRow(
        id=facts.release,
        edition_id=edition,
        round=held.edition.round,
        revision_id=held.revision.id,
        hash=release_digest(text),
        text=text,
        authors=list(facts.authors),
        plan=plan_json(plan),
        terms=terms_json(plan),
        findings=[finding_json(one) for one in findings],
        rules_version=f"{RULES_VERSION}.{lists.version}",
        note=note,
        submitted_by=actor.person,
        submitted_at=now,
    )
    session.add(row)
    await session.flush()
    await seat_authors(session, row.id, facts.authors)
    await begin_step(session, row, plan, 1, unit=held.unit.path, now=now)
    await move(session, held, verb, actor=actor, now=now, note=note, details={"release": row.hash})
    return row


async def pictures_of(session: AsyncSession, draft: Draft) -> dict[uuid.UUID, Picture]:
    """The library's files of every asset the draft names; unknown ones are missing."""
    found = await assets(session, named_assets(draft))
    remade = {key for key, job in (await remakes_of(session, list(found))).items() if job.state != RemakeState.FAILED}
    return {asset: _picture(one, is_remade=asset in remade) for asset, one in found.items()}


def _picture(found: AssetWithFiles, *, is_remade: bool) -> Picture:
    master = found.asset.sha256
    files = (
        ReleaseAsset(f.sha256, f.size, f.media_type, f.width, f.height, master, name, tuple(f.chunks))
        for name, f in sorted(found.files.items())
    )
    asset, job = found.asset, found.job
    return Picture(
        master,
        tuple(files),
        kind=asset.kind,
        state=VideoState(asset.state),
        duration_ms=asset.duration_ms,
        percent=job.percent if job is not None else 0,
        eta_seconds=job.eta_seconds if job is not None else None,
        valid_until=asset.valid_until,
        name=asset.name,
        is_remade=is_remade,
        chapters=tuple((at, title) for at, title in asset.chapters or ()),
    )


async def _save_typed(session: AsyncSession, actor: Actor, held: Held, now: dt.datetime) -> None:
    copy = await working_copy(session, held.document.id, actor.person)
    if copy is None:
        return
    draft = read_draft(copy.draft)
    check_base(held, copy.base_id, draft)
    await save_held(session, actor, held, draft, now=now)
    await session.delete(copy)


async def _checked(
    session: AsyncSession,
    held: Held,
    draft: Draft,
    *,
    press: Press,
    pictures: Mapping[uuid.UUID, Picture],
    lists: Lists,
    links: Mapping[str, str] | None,
    now: dt.datetime,
) -> tuple[Finding, ...]:
    known = select(Unit.path).where(Unit.path.in_(draft.envelope.units))
    units = frozenset((await session.execute(known)).scalars()) if draft.envelope.units else frozenset()
    kind = Kind(held.document.kind)
    named = select(Unit.name).where(Unit.name.in_(sources_of(draft)))
    asked: dict[str, Any] = {
        "press": press,
        "pictures": pictures,
        "units": units,
        "lists": lists,
        "own_sources": frozenset((await session.execute(named)).scalars()),
        "links": links,
        "feeds": await feeds_kept(session, draft),
        "now": now,
    }
    newspaper = await newspaper_facts(session, held, draft)
    found = check(draft, kind, **asked, newspaper=newspaper)
    own = check_own_words(draft, kind, **asked, known=found)
    return (*found, *own)


def _facts(held: Held, actor: Actor, now: dt.datetime, *, urgent: bool = False) -> Facts:
    return Facts(
        release=uuid7(now),
        document=held.document.public_id,
        edition=held.edition.number,
        revision=held.revision.sha256,
        kind=URGENT if urgent else held.document.kind,
        unit=held.unit.path,
        # Whoever submits answers for the piece too and is nobody to approve it.
        authors=tuple(sorted({*held.revision.authors, str(actor.person)})),
    )


async def _forms(press: Press, piece: Piece) -> dict[str, str]:
    """The hash of the piece as each chosen channel will show it."""
    forms: dict[str, str] = {}
    for channel in piece.channels:
        made = await asyncio.to_thread(press.form, channel, piece.for_channel(channel))
        if made is not None:
            forms[channel] = hashlib.sha256(made).hexdigest()
    return forms


def _signable(release: Release) -> str:
    """Its text, read back by the rules of whoever verifies: what they would refuse is never signed."""
    try:
        text = text_of(release)
        read_release(text)
    except TrustError as error:
        raise Refused("review.not_signable", reason=error.code) from error
    return text


async def _column_name(session: AsyncSession, code: str | None) -> str:
    name = select(Column.name).where(Column.code == code)
    return (await session.execute(name)).scalar_one_or_none() or ""
