"""Passing several pieces at once: an earlier step each, never 终审, and only what this person has read."""

import uuid

from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.held import look
from cms.kernel.errors import Conflict, Refused
from cms.people.actor import Actor
from cms.review.approve import ToSign, turn_of
from cms.review.seen import is_unseen


async def prepare_batch(session: AsyncSession, actor: Actor, edition: uuid.UUID, *, seen: str) -> ToSign:
    """As `prepare_approval` for one of several.

    Raises also Refused `review.batch_sign` for the last step and for an emergency, `review.batch_unread` for a text
    that was not on this person's page.
    """
    held = await look(session, edition)
    turn = await turn_of(session, held, actor)
    if turn.row.hash != seen:
        raise Conflict("review.release_changed", release=turn.row.hash)
    if turn.ordinal == len(turn.plan.steps) or turn.plan.urgent:
        raise Refused("review.batch_sign")
    if await is_unseen(session, actor, held):
        raise Refused("review.batch_unread")
    return ToSign(turn.row.id, turn.row.hash, turn.row.text, turn.step.key)
