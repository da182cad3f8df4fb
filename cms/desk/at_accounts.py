"""What people do at an account beside posting, alike for the pages and the API: trials, comments, what is out."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from cms.audit.record import record
from cms.content.queries import find
from cms.contract import ContractError
from cms.desk import pieces
from cms.desk.refusing import refusal_of
from cms.desk.visit import Visit
from cms.kernel.errors import NotFound, Unavailable
from cms.people.permissions import Action, require_can
from cms.planning.models import Target
from cms.planning.targets import as_contract
from cms.publishing.posts_out import PostOut, account_of, note_comments, post_of, posts_out
from cms.review.submit import preview_piece

# A dozen pictures over a slow line; whoever waits longer has closed the page.
_SECONDS: Final = 90.0


@dataclass(frozen=True, slots=True)
class Standing:
    """A post that is out, and whether readers may comment it; None where that is not known."""

    out: PostOut
    comments: bool | None


@dataclass(frozen=True, slots=True)
class Standings:
    """A page of an account's posts."""

    account: Target
    posts: Sequence[Standing]
    more: bool


async def show_testers(visit: Visit, code: str) -> int:
    """Sends what was saved of a piece to the testers that an account names, and to nobody else; gives their number.

    Raises NotFound, Denied, and what the channel refuses.
    """
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        require_can(visit.actor, Action.DOCUMENT_EDIT, held.subject)
        row = await session.scalar(select(Target).where(Target.code == code, Target.active))
        channel = visit.deps.channels.get(row.kind) if row is not None else None
        if row is None or channel is None or channel.trial is None:
            raise NotFound("planning.no_such_target", target=code[:40])
        draft, _, _ = await pieces.typed(session, visit, held)
        press = visit.deps.press(1)
        piece = await preview_piece(session, visit.actor, held.edition.id, press=press, draft=draft, now=visit.now)
    target = as_contract(row)
    try:
        async with asyncio.timeout(_SECONDS):
            people = await channel.trial(piece.for_channel(row.kind), target, visit.deps.services(target))
    except ContractError as problem:
        raise refusal_of(problem) from problem
    except TimeoutError as problem:
        raise Unavailable("publishing.too_slow", seconds=round(_SECONDS)) from problem
    details = {"target": row.code, "people": people}
    async with visit.deps.db.write() as session:
        of = ("document", held.document.public_id)
        await record(session, visit.actor, "document.trial", of=of, unit=held.unit.path, details=details, now=visit.now)
    return people


async def standings(visit: Visit, code: str, *, page: int) -> Standings:
    """What is out at an account, newest first. Raises NotFound, Denied."""
    async with visit.deps.db.read() as session:
        row = await account_of(session, visit.actor, code, Action.PUBLISHING_READ)
        found, more = await posts_out(session, row.id, page=page)
    return Standings(row, [Standing(one, await _comments(visit, row, one)) for one in found], more)


async def switch_comments(visit: Visit, code: str, delivery: uuid.UUID, *, wanted: bool) -> None:
    """Opens or closes the comments of one post at its platform.

    Raises NotFound, Denied, and what the channel refuses.
    """
    async with visit.deps.db.read() as session:
        row = await account_of(session, visit.actor, code, Action.PUBLISHING_RETRY)
        named = await post_of(session, row.id, delivery)
    channel = visit.deps.channels.get(row.kind)
    if channel is None or channel.comments is None:
        raise NotFound("kernel.not_found")
    target = as_contract(row)
    try:
        await channel.comments(named, wanted, target, visit.deps.services(target))
    except ContractError as problem:
        raise refusal_of(problem) from problem
    async with visit.deps.db.write() as session:
        await note_comments(session, visit.actor, row, delivery, wanted=wanted, now=visit.now)


def page_number(visit: Visit) -> int:
    """Of the address, from 0 on."""
    given = visit.request.query.get("page", "0")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 0


async def _comments(visit: Visit, row: Target, one: PostOut) -> bool | None:
    channel = visit.deps.channels.get(row.kind)
    if channel is None or channel.comments is None:
        return None
    target = as_contract(row)
    try:
        return await channel.comments(one.post, None, target, visit.deps.services(target))
    except ContractError:
        return None
