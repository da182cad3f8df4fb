"""Films with their channel's logo, made by a worker: asked for as plans change, behind everything that is on air."""

import asyncio
import contextlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from cms.airing.day import on_air
from cms.airing.logos import ask_for_films, named_films
from cms.kernel.log import logger
from cms.library.upload import Workshop
from cms.planning.models import Target
from cms.publishing.onair.jobs import READY, AirRoom, Tell, make_next
from cms.publishing.onair.logos import counted, drop_films, show_logos, spare_parts
from cms.publishing.onair.models import LOGO, AirJob, LogoRow
from cms.publishing.services.assets import StoreAssets
from cms.publishing.services.models import AccountValue
from deploy.encoding import work
from deploy.installation import Installation
from media.errors import MediaRefused
from media.house import RUNGS, HouseIndex, read_index, write_index
from media.sandbox import Effort
from media.workspace import private_folder
from renderers.tv import logo

_TIDY: Final = 3_600.0

log = logger("deploy")


async def make_logos(here: Installation, room: Workshop, owner: str) -> None:
    """Asks for films and makes them one by one until cancelled, with turns of its own."""
    # Nicer than the ladder: a film plays without its logo, and not at all without its pictures.
    effort = Effort(min(19, here.settings.encode_nice + 5), here.settings.encode_cores)
    apart = replace(room, sandbox=room.sandbox.apart(effort=effort))
    maker = LogoMaker(here, apart)
    air = AirRoom(here.db, here.clock, f"{owner}:logos", maker.make, show_logos, here.metrics)
    wishes = Wishes(here)

    async def one() -> bool:
        await wishes.look()
        return await make_next(air, kinds=(LOGO,))

    await work(here, one)


@dataclass(slots=True)
class Wishes:
    """Asks for the films of channels whose plan or logo changed since the last look, and ends what nobody needs."""

    here: Installation
    _seen: dict[uuid.UUID, int] = field(default_factory=dict)
    _tidied: float = float("-inf")

    async def look(self) -> None:
        now = self.here.clock.now()
        async with self.here.db.read() as session:
            query = select(LogoRow, Target).join(Target, Target.id == LogoRow.target_id)
            rows = (await session.execute(query.where(LogoRow.ended_at.is_(None), Target.active))).all()
            names = {on_air(self.here.channels, target).value for _, target in rows}
            values = select(AccountValue.account, AccountValue.version).where(AccountValue.name.in_(names))
            versions = {one.account: one.version for one in (await session.execute(values)).all()}
        for row, target in rows:
            version = versions.get(target.code, 0)
            if version and self._seen.get(row.id) != version:
                async with self.here.db.write() as session:
                    await ask_for_films(session, row, self.here.channels, now=now)
                self._seen[row.id] = version
        if rows:
            async with self.here.db.read() as session:
                states = await counted(session)
            for state, count in states.items():
                self.here.metrics.gauge("yunping_logo_films", count, state=state)
        await self._tidy()

    async def _tidy(self) -> None:
        """Ends, once an hour, films nobody needs and parts of what is whole."""
        clock = self.here.clock
        if clock.monotonic() - self._tidied <= _TIDY:
            return
        self._tidied = clock.monotonic()
        async with self.here.db.read() as session:
            films = await named_films(session, self.here.channels, now=clock.now())
        async with self.here.db.write() as session:
            files = [*await spare_parts(session), *await drop_films(session, films, now=clock.now())]
        for sha256 in files:
            await removed(self.here, sha256)


@dataclass(frozen=True, slots=True)
class LogoMaker:
    """Makes films with their logo and keeps them in the store."""

    here: Installation
    room: Workshop

    async def make(self, _kind: str, spec: Mapping[str, Any], tell: Tell) -> str | None:
        """Implements `cms.publishing.onair.jobs.Maker`. Raises MediaRefused."""
        assets = StoreAssets(self.here.store, self.here.tombstones.asset_gone)
        studio = logo.Studio(assets, self.room.sandbox, lambda: private_folder(self.room.work), self._kept)
        return await logo.make(spec, spec[READY], studio, tell)

    async def _kept(self, path: Path, index: HouseIndex) -> str:
        store = self.room.store
        await store.put(path, media_type="video/mp4")
        told = path.parent / "index.json"
        await asyncio.to_thread(told.write_bytes, write_index(index))
        return (await store.put(told, media_type="application/json")).sha256


async def removed(here: Installation, sha256: str) -> None:
    """Removes an index and the pictures it names; what a row still names stays. A file that is left is harmless."""
    async with here.db.read() as session:
        if (await session.execute(select(AirJob.id).where(AirJob.sha256 == sha256).limit(1))).first() is not None:
            return
    with contextlib.suppress(MediaRefused):
        data = b"".join([block async for block in here.store.stream(sha256)])
        await here.store.delete(read_index(data).tracks[RUNGS[0]].sha256)
        await here.store.delete(sha256)
