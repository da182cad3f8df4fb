"""What a target keeps of its newspapers: the newest issue of each paper turns, the one before can be opened."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.kinds import Kind
from cms.content.models import Document
from cms.contract import Piece
from cms.publishing import pieces
from cms.publishing.issues import latest, linked_by
from cms.publishing.models import Showing

KEPT: Final = 2
_LOOKED_AT: Final = 60  # issues of all papers of a target; of a daily that is two months
_LINKED: Final = 400


async def kept_pieces(session: AsyncSession, shown: Select[Showing], channel: str) -> Sequence[Piece]:
    """The last issues of each paper that a target shows, and the pieces they link as far as it shows them."""
    newest = shown.where(Showing.kind == Kind.NEWSPAPER.value).order_by(Showing.since.desc(), Showing.document_id)
    rows = (await session.scalars(newest.limit(_LOOKED_AT))).all()
    if not rows:
        return ()
    kept = latest(await pieces.pieces(session, rows, channel), KEPT)
    wanted = linked_by(kept)
    if not wanted:
        return kept
    ids = select(Document.id).where(Document.public_id.in_(sorted(wanted)[:_LINKED]))
    linked = (await session.scalars(shown.where(Showing.document_id.in_(ids)).order_by(Showing.document_id))).all()
    return [*kept, *await pieces.pieces(session, linked, channel)]
