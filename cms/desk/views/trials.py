"""A draft on the phones of an account's testers, from the page of its previews."""

import asyncio
from typing import Any, Final

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.content.queries import find
from cms.contract import ContractError
from cms.desk import labels, pieces
from cms.desk.routing import post
from cms.desk.views.previews import preview_page
from cms.desk.visit import Visit
from cms.kernel.errors import NotFound
from cms.people.permissions import Action, require_can
from cms.planning.models import Target
from cms.planning.targets import as_contract
from cms.review.submit import preview_piece

# A dozen pictures over a slow line; whoever waits longer has closed the page.
_SECONDS: Final = 90.0


async def show_testers(visit: Visit) -> web.StreamResponse:
    """Sends what was saved to the testers that the account names, and to nobody else."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        require_can(visit.actor, Action.DOCUMENT_EDIT, held.subject)
        row = await _account(session, visit)
        draft, _, _ = await pieces.typed(session, visit, held)
        press = visit.deps.press(1)
        piece = await preview_piece(session, visit.actor, held.edition.id, press=press, draft=draft, now=visit.now)
    channel, target = visit.deps.channels[row.kind], as_contract(row)
    if channel.trial is None:
        raise NotFound("kernel.not_found")
    try:
        async with asyncio.timeout(_SECONDS):
            people = await channel.trial(piece.for_channel(row.kind), target, visit.deps.services(target))
    except (ContractError, TimeoutError) as problem:
        return await preview_page(visit, error=_said(visit, problem))
    details: dict[str, Any] = {"target": row.code, "people": people}
    async with visit.deps.db.write() as session:
        of = ("document", held.document.public_id)
        await record(session, visit.actor, "document.trial", of=of, unit=held.unit.path, details=details, now=visit.now)
    return visit.redirect(f"{pieces.href(held.document.public_id)}/preview", done="trial_sent")


def _said(visit: Visit, problem: ContractError | TimeoutError) -> dict[str, str]:
    if isinstance(problem, ContractError):
        return labels.trouble(visit, problem.code, problem.params)
    return labels.trouble(visit, "publishing.too_slow", {"seconds": round(_SECONDS)})


async def _account(session: AsyncSession, visit: Visit) -> Target:
    """The account that the address names. Raises NotFound."""
    row = await session.scalar(select(Target).where(Target.code == visit.part("target"), Target.active))
    channel = visit.deps.channels.get(row.kind) if row is not None else None
    if row is None or channel is None or channel.trial is None:
        raise NotFound("planning.no_such_target", target=visit.part("target")[:40])
    return row


ROUTES = (post("/desk/documents/{id}/trial/{target}", show_testers, Action.DOCUMENT_EDIT),)
