"""What somebody shows for having taken a post down: a picture of their screen, kept with the receipt."""

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.db import Database
from cms.kernel.errors import NotFound
from cms.library.upload import Workshop
from cms.people.actor import Actor
from cms.publishing.deliveries import seen_delivery
from media.intake import take_picture
from media.sources import Source

# In the detail of a receipt: the hash of the picture and what it is.
PROOF: Final = "proof"
PROOF_TYPE: Final = "proof_type"
ASKED: Final = "proof"
"""What a task's ``ask`` says where it is done only with a proof."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A picture that passed intake and was made anew."""

    sha256: str
    media_type: str


async def keep_proof(db: Database, workshop: Workshop, actor: Actor, delivery: uuid.UUID, source: Source) -> Proof:
    """Takes a picture for a delivery somebody may look after. Raises Denied, NotFound, MediaRefused."""
    async with db.read() as session:
        await seen_delivery(session, actor, delivery)
    async with take_picture(source, sandbox=workshop.sandbox, work=workshop.work, limits=workshop.limits) as picture:
        stored = await workshop.store.put(picture.master, media_type=picture.media_type)
        return Proof(stored.sha256, picture.media_type)


async def proof_of(session: AsyncSession, actor: Actor, delivery: uuid.UUID) -> Proof:
    """What was shown for a delivery. Raises Denied, NotFound `publishing.no_proof`."""
    row, _ = await seen_delivery(session, actor, delivery)
    detail = (row.receipt or {}).get("detail", {})
    if not isinstance(detail.get(PROOF), str):
        raise NotFound("publishing.no_proof")
    return Proof(detail[PROOF], str(detail.get(PROOF_TYPE) or "image/webp"))
