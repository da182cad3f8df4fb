"""Shared previews 分享预览: a link that shows one revision for some days, and the opinions that come back through it.

Whoever has the link sees the revision and nothing else; they can write an opinion, which counts as a remark and never
as a step of review. A link ends by itself, by hand, and with the piece.
"""

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.blocks import clean_text
from cms.content.draft import draft_of, read_draft
from cms.content.editing import check_base, save_held, working_copy
from cms.content.held import hold
from cms.content.models import Document, Edition, Revision
from cms.content.states import EDITABLE, EditionState
from cms.contract import Piece
from cms.kernel.errors import Invalid, NotFound, Refused, TooMany
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.models import Person, Unit
from cms.people.permissions import Action, require_can
from cms.review.link_models import PreviewLink, PreviewOpinion
from cms.review.release import Facts, Press
from cms.review.submit import drawn_piece

DAYS: Final = (1, 3, 7, 14, 30)
# More links of one piece than anybody keeps an eye on.
MOST: Final = 20
LABEL: Final = 40
NAME: Final = 40
TEXT: Final = 2000
# What one sender and one link may write within a window; a room of colleagues behind one address stays under it.
WINDOW: Final = dt.timedelta(minutes=10)
PER_SENDER: Final = 5
PER_LINK: Final = 30
IN_ALL: Final = 500
_TOKEN_BYTES: Final = 24
_OVER: Final = frozenset({EditionState.RECALLED, EditionState.DISCARDED})


@dataclass(frozen=True, slots=True)
class Link:
    """A link as the desk lists it."""

    id: uuid.UUID
    label: str
    revision: int
    by: str
    created_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None
    opened: int
    opened_at: dt.datetime | None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What somebody without an account wrote, with the link it came through."""

    name: str
    text: str
    at: dt.datetime
    label: str
    revision: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A link that is good now, with what it shows."""

    link: PreviewLink
    document: Document
    revision: Revision
    unit: str


def hash_of(token: str) -> str:
    """What is kept of a token; its 192 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


async def create_link(
    session: AsyncSession, actor: Actor, edition: uuid.UUID, *, label: str, days: int, now: dt.datetime
) -> tuple[Link, str]:
    """A new link to the piece as its editor sees it now, and its token, which is said this once.

    What the actor typed and did not save becomes a revision first.

    Raises:
        Denied: no right to share the piece.
        Invalid: `review.link_label`, `.link_days`.
        Refused: `review.link_over`, `.too_many_links`. Conflict as `save`.
    """
    held = await hold(session, edition)
    require_can(actor, Action.DOCUMENT_SHARE, held.subject)
    label = one_line(clean_text(label))
    if not label or len(label) > LABEL:
        raise Invalid("review.link_label", fields={"label": "review.link_label"}, most=LABEL)
    if days not in DAYS:
        raise Invalid("review.link_days", fields={"days": "review.link_days"})
    if held.state in _OVER:
        raise Refused("review.link_over")
    live = (PreviewLink.document_id == held.document.id, PreviewLink.revoked_at.is_(None), PreviewLink.expires_at > now)
    if (await session.scalar(select(func.count()).select_from(PreviewLink).where(*live)) or 0) >= MOST:
        raise Refused("review.too_many_links", most=MOST)
    copy = await working_copy(session, held.document.id, actor.person)
    if copy is not None and held.state in EDITABLE:
        draft = read_draft(copy.draft)
        check_base(held, copy.base_id, draft)
        await save_held(session, actor, held, draft, now=now)
        await session.delete(copy)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    row = PreviewLink(
        id=uuid7(now),
        document_id=held.document.id,
        revision_id=held.revision.id,
        token_hash=hash_of(token),
        label=label,
        created_by=actor.person,
        created_at=now,
        expires_at=now + dt.timedelta(days=days),
        revoked_at=None,
        revoked_by=None,
        opened=0,
        opened_at=None,
    )
    session.add(row)
    await session.flush()
    details = {"document": held.document.public_id, "revision": held.revision.number, "label": label, "days": days}
    of = ("preview_link", str(row.id))
    await record(session, actor, "preview_link.create", of=of, unit=held.unit.path, details=details, now=now)
    return _link(row, held.revision.number, actor.name), token


async def revoke_link(session: AsyncSession, actor: Actor, document: str, link: uuid.UUID, *, now: dt.datetime) -> None:
    """Ends a link at once; a second time changes nothing. Raises Denied, NotFound `review.no_link`."""
    query = (
        select(PreviewLink, Document, Unit.path)
        .join(Document, Document.id == PreviewLink.document_id)
        .join(Unit, Unit.id == Document.unit_id)
        .where(PreviewLink.id == link, Document.public_id == document)
        .with_for_update(of=PreviewLink)
    )
    found = (await session.execute(query)).one_or_none()
    if found is None:
        raise NotFound("review.no_link")
    row: PreviewLink = found.PreviewLink
    newest = select(Edition.id).where(Edition.document_id == row.document_id, Edition.is_current)
    held = await hold(session, (await session.execute(newest)).scalar_one())
    require_can(actor, Action.DOCUMENT_SHARE, held.subject)
    if row.revoked_at is not None:
        return
    row.revoked_at, row.revoked_by = now, actor.person
    await session.flush()
    details = {"document": document, "label": row.label}
    of = ("preview_link", str(row.id))
    await record(session, actor, "preview_link.revoke", of=of, unit=found.path, details=details, now=now)


async def links_of(session: AsyncSession, document: uuid.UUID) -> Sequence[Link]:
    """Every link of a document, newest first; ask `find` for permission before."""
    query = (
        select(PreviewLink, Revision.number, Person.name)
        .join(Revision, Revision.id == PreviewLink.revision_id)
        .join(Person, Person.id == PreviewLink.created_by)
        .where(PreviewLink.document_id == document)
        .order_by(PreviewLink.created_at.desc(), PreviewLink.id.desc())
        .limit(100)
    )
    return [_link(row, number, name) for row, number, name in (await session.execute(query)).all()]


async def opinions_of(session: AsyncSession, document: uuid.UUID, *, limit: int = 200) -> Sequence[Opinion]:
    """What people without an account wrote about a document, newest first; ask `find` for permission before."""
    query = (
        select(PreviewOpinion, PreviewLink.label, Revision.number)
        .join(PreviewLink, PreviewLink.id == PreviewOpinion.link_id)
        .join(Revision, Revision.id == PreviewLink.revision_id)
        .where(PreviewOpinion.document_id == document)
        .order_by(PreviewOpinion.at.desc(), PreviewOpinion.id.desc())
        .limit(limit)
    )
    rows = (await session.execute(query)).all()
    return [Opinion(row.name, row.text, row.at, label, number) for row, label, number in rows]


async def open_link(session: AsyncSession, token: str, *, now: dt.datetime, count: bool = False) -> Opened:
    """What a token shows. Unknown, over, revoked and recalled are one answer: NotFound `review.link_gone`."""
    query = (
        select(PreviewLink, Document, Revision, Unit.path, Edition.state)
        .join(Document, Document.id == PreviewLink.document_id)
        .join(Revision, Revision.id == PreviewLink.revision_id)
        .join(Unit, Unit.id == Document.unit_id)
        .join(Edition, (Edition.document_id == Document.id) & Edition.is_current)
        .where(PreviewLink.token_hash == hash_of(token), PreviewLink.revoked_at.is_(None), PreviewLink.expires_at > now)
    )
    if count:
        query = query.with_for_update(of=PreviewLink)
    found = (await session.execute(query)).one_or_none()
    if found is None or EditionState(found.state) in _OVER:
        raise NotFound("review.link_gone")
    if count:
        found.PreviewLink.opened += 1
        found.PreviewLink.opened_at = now
        await session.flush()
    return Opened(found.PreviewLink, found.Document, found.Revision, found.path)


async def shared_piece(session: AsyncSession, opened: Opened, *, press: Press, now: dt.datetime) -> Piece:
    """The revision as a renderer draws it."""
    facts = Facts(
        release=uuid.UUID(int=0),
        document=opened.document.public_id,
        edition=0,
        revision=opened.revision.sha256,
        kind=opened.document.kind,
        unit=opened.unit,
        authors=tuple(opened.revision.authors),
    )
    return await drawn_piece(session, facts, draft_of(opened.revision), press=press, now=now)


async def give_opinion(
    session: AsyncSession, token: str, *, name: str, text: str, ip: str, now: dt.datetime
) -> PreviewOpinion:
    """Writes down what somebody thinks.

    Raises:
        NotFound: as `open_link`.
        Invalid: `review.opinion_name`, `.opinion_text`.
        TooMany: `review.opinions_many` with `seconds`.
    """
    opened = await open_link(session, token, now=now, count=True)
    opened.link.opened -= 1  # the row was locked, so that a hundred at once are counted one after another
    name, text = one_line(clean_text(name)), clean_text(text).strip()
    if not name or len(name) > NAME:
        raise Invalid("review.opinion_name", fields={"name": "review.opinion_name"}, most=NAME)
    if not text or len(text) > TEXT:
        raise Invalid("review.opinion_text", fields={"text": "review.opinion_text"}, most=TEXT)
    sender = hash_of(f"{opened.link.token_hash} {ip}")[:32]
    await _check_pace(session, opened.link, sender, now)
    row = PreviewOpinion(
        id=uuid7(now),
        link_id=opened.link.id,
        document_id=opened.document.id,
        name=name,
        text=text,
        sender=sender,
        at=now,
    )
    session.add(row)
    await session.flush()
    details = {"document": opened.document.public_id, "name": name, "label": opened.link.label}
    of = ("preview_link", str(opened.link.id))
    await record(session, None, "preview_link.opinion", of=of, unit=opened.unit, details=details, now=now)
    return row


async def _check_pace(session: AsyncSession, link: PreviewLink, sender: str, now: dt.datetime) -> None:
    here = PreviewOpinion.link_id == link.id
    fresh = (here, PreviewOpinion.at > now - WINDOW)
    of_sender = (*fresh, PreviewOpinion.sender == sender)
    for where, most in ((of_sender, PER_SENDER), (fresh, PER_LINK), ((here,), IN_ALL)):
        if (await session.scalar(select(func.count()).select_from(PreviewOpinion).where(*where)) or 0) >= most:
            raise TooMany("review.opinions_many", seconds=round(WINDOW.total_seconds()))


def _link(row: PreviewLink, revision: int, by: str) -> Link:
    return Link(
        row.id, row.label, revision, by, row.created_at, row.expires_at, row.revoked_at, row.opened, row.opened_at
    )
