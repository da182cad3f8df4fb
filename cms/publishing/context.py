"""What a claimed delivery is to do, read from the rows at the moment it is done, not from the moment it was ordered.

A display shows what is true now: when a newer edition took over or a recall came in between, the older delivery renders
that, and nothing that was taken back is ever drawn again.
"""

import datetime as dt
import uuid
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms import contract
from cms.content.models import Document
from cms.contract import Piece, Removed
from cms.kernel.leases import Claim
from cms.planning.models import Target
from cms.planning.targets import as_contract
from cms.publishing.ledger import LeaseLost
from cms.publishing.models import Bundle, Delivery, Publication, Receipt, Showing
from cms.publishing.pieces import pieces
from cms.publishing.run import OLD, Order
from cms.publishing.states import CUT_IN, DeliveryState, PublicationKind

# In the detail of a receipt: who said that a task is done, and the post they took down.
BY = "by"
TAKEN_DOWN = "taken_down"
_SETTLED = (DeliveryState.LIVE.value, DeliveryState.GONE.value, DeliveryState.MANUAL.value)


@dataclass(frozen=True, slots=True)
class Context:
    """A claimed delivery with all it needs; `bundle` is to be in the store before anything names it."""

    delivery: Delivery
    publication: Publication
    target: contract.Target
    turn: int
    order: Order
    bundle: Bundle | None
    document: str | None

    @property
    def kind(self) -> PublicationKind:
        return PublicationKind(self.delivery.kind)


async def take_turn(session: AsyncSession, held: Claim) -> int:
    """The target's next turn, noted on the delivery.

    Raises:
        LeaseLost: somebody else has the delivery.
    """
    delivery = await session.get(Delivery, held.id, with_for_update=True, populate_existing=True)
    if delivery is None or delivery.fence != held.fence:
        raise LeaseLost
    raised = update(Target).where(Target.id == delivery.target_id).values(turn=Target.turn + 1).returning(Target.turn)
    turn = (await session.execute(raised.execution_options(synchronize_session=False))).scalar_one()
    delivery.turn = turn
    return turn


async def read_context(session: AsyncSession, held: Claim, turn: int, now: dt.datetime) -> Context:
    """Everything about the delivery as it stands now."""
    delivery = await session.get_one(Delivery, held.id)
    publication = await session.get_one(Publication, delivery.publication_id)
    row = await session.get_one(Target, delivery.target_id)
    target = as_contract(row)
    first = await session.scalar(select(Receipt.id).where(Receipt.target_id == row.id).limit(1)) is None
    # A cut-in changes the plan and no page of a piece: it must not wait for a thousand of them.
    anew = delivery.kind == PublicationKind.REFRESH.value and publication.reason != CUT_IN
    full = anew or first
    if delivery.document_id is None:
        order = Order(str(delivery.id), target, full=full)
        return Context(delivery, publication, target, turn, order, None, None)
    document = await session.get_one(Document, delivery.document_id)
    showing = await session.get(Showing, (row.id, document.id))
    piece, removed = await _now_there(session, showing, document, row.kind, now)
    bundle = None if piece is None else await session.get(Bundle, piece.release)
    post, call, by_hand = await _on_the_platform(session, delivery)
    order = Order(str(delivery.id), target, piece, removed, full, post, call, by_hand)
    return Context(delivery, publication, target, turn, order, bundle, document.public_id)


async def _now_there(
    session: AsyncSession, showing: Showing | None, document: Document, kind: str, now: dt.datetime
) -> tuple[Piece | None, Removed | None]:
    if showing is None:
        return None, Removed(document.public_id, (), document.column_code or "", document.first_published_at or now)
    ended = showing.until is not None and showing.until <= now
    if showing.removed_at is None and not ended:
        return (await pieces(session, [showing], kind))[0], None
    return None, Removed(document.public_id, tuple(showing.releases), showing.column, showing.since)


async def _on_the_platform(session: AsyncSession, delivery: Delivery) -> tuple[str | None, str | None, str | None]:
    """The post this target has of the document, an earlier call that was never settled, and what a person did there."""
    here = (
        Delivery.document_id == delivery.document_id,
        Delivery.target_id == delivery.target_id,
        Delivery.id != delivery.id,
    )
    settled = select(Delivery.state, Delivery.post, Delivery.receipt).where(*here, Delivery.state.in_(_SETTLED))
    newest = settled.order_by(Delivery.created_at.desc(), Delivery.priority.desc()).limit(1)
    last = (await session.execute(newest)).first()
    begun = select(Delivery.call).where(*here, Delivery.call.is_not(None), Delivery.post.is_(None))
    call = await session.scalar(begun.order_by(Delivery.created_at.desc()).limit(1))
    if last is None or last.state == DeliveryState.GONE.value:
        return None, call, None
    receipt = last.receipt or {}
    detail = receipt.get("detail", {})
    post = last.post or detail.get(OLD)
    if post is not None and post == (delivery.receipt or {}).get("detail", {}).get(TAKEN_DOWN):
        return None, call, None
    is_task = last.state == DeliveryState.MANUAL.value or BY in detail
    return post, call, str(receipt.get("url") or "") if post is None and is_task else None


def named_person(what: dict[str, object], name: str) -> uuid.UUID | None:
    value = what.get(name)
    return uuid.UUID(value) if isinstance(value, str) else None
