"""What an encode has finished, as files in the store and rows that name them: the next worker goes on from there."""

import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Collection, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel import leases
from cms.kernel.ids import uuid7
from cms.library.looking import show_look
from cms.library.models import Asset, EncodeJob, EncodePart
from cms.library.queueing import mark_turns, places
from cms.library.room import EncodeRoom, LeaseLostError
from cms.library.turns import gives_way, is_parted
from media.errors import MediaRefused

_MEDIA_TYPE: Final = "application/octet-stream"
_GONE: Final = frozenset({"media.not_found", "media.damaged"})


class GiveWayError(Exception):
    """It is another video's turn: this one goes on later, from where it is."""


class Checkpoints:
    """The finished parts of one claimed job; see `media.kept.Kept`."""

    def __init__(self, room: EncodeRoom, held: leases.Claim, asset: Asset) -> None:
        self._room, self._held, self._asset = room, held, asset
        self._house = ""

    async def begin(self, house: str) -> Collection[str]:
        self._house = house
        async with self._room.database.read() as session:
            return (await session.scalars(select(EncodePart.name).where(*self._mine()))).all()

    @contextlib.asynccontextmanager
    async def opened(self, name: str) -> AsyncIterator[Path | None]:
        async with self._room.database.read() as session:
            query = select(EncodePart.sha256).where(*self._mine(), EncodePart.name == name)
            sha256 = await session.scalar(query)
        async with contextlib.AsyncExitStack() as stack:
            path = None
            if sha256 is not None:
                try:
                    path = await stack.enter_async_context(self._room.workshop.store.as_path(sha256))
                except MediaRefused as refused:
                    if refused.code not in _GONE:
                        raise
                    await self._forget(name)
            yield path

    async def keep(self, parts: Mapping[str, Path]) -> None:
        """Raises LeaseLostError, and GiveWayError once they are kept."""
        store = self._room.workshop.store
        stored = {name: await store.put(path, media_type=_MEDIA_TYPE) for name, path in parts.items()}
        now = self._room.clock.now()
        async with self._room.database.write() as session:
            # Whoever gets a stretch done is not what a video dies of.
            if not await leases.renew(session, EncodeJob, self._room.rules, self._held, now=now, lost=0):
                raise LeaseLostError
            for name, one in stored.items():
                await session.execute(delete(EncodePart).where(*self._mine(), EncodePart.name == name))
                session.add(self._row(name, one.sha256, now))
            must = await self._must_give_way(session, now)
        if self._room.metrics is not None:
            self._room.metrics.count("yunping_encode_parts_total")
        if must:
            raise GiveWayError

    async def small_first(self) -> bool:
        now = self._room.clock.now()
        async with self._room.database.write() as session:
            job = await session.get_one(EncodeJob, self._held.id)
            if job.small_at is not None:
                return False
            await mark_turns(session, self._room.soon, now=now)
            return is_parted(*await places(session, self._held.id, now=now))

    async def watchable(self, film: Path) -> None:
        """Raises LeaseLostError, and GiveWayError when it is another's turn now."""
        await show_look(self._room, self._held, self._asset, film, whole=True)
        async with self._room.database.write() as session:
            must = await self._must_give_way(session, self._room.clock.now())
        if must:
            raise GiveWayError

    async def _must_give_way(self, session: AsyncSession, now: dt.datetime) -> bool:
        await mark_turns(session, self._room.soon, now=now)
        return gives_way(*await places(session, self._held.id, now=now))

    async def _forget(self, name: str) -> None:
        async with self._room.database.write() as session:
            await self._delete(session, name)

    async def _delete(self, session: AsyncSession, name: str) -> None:
        await session.execute(delete(EncodePart).where(*self._mine(), EncodePart.name == name))

    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return (
            EncodePart.asset_id == self._asset.id,
            EncodePart.source_sha256 == self._asset.sha256,
            EncodePart.house == self._house,
        )

    def _row(self, name: str, sha256: str, now: dt.datetime) -> EncodePart:
        return EncodePart(
            id=uuid7(now),
            asset_id=self._asset.id,
            source_sha256=self._asset.sha256,
            house=self._house,
            name=name,
            sha256=sha256,
        )
