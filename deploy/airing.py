"""What cuts into channels, made by a worker: pictures of emergencies first, then words over single slots."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cms.library.upload import Workshop
from cms.publishing.onair.jobs import READY, AirRoom, Tell, make_next
from cms.publishing.onair.models import CutInKind
from cms.publishing.onair.waiting import show_made
from cms.publishing.services.account import Account
from cms.publishing.services.assets import StoreAssets
from cms.publishing.services.state import RowState
from deploy.encoding import work
from deploy.installation import Installation
from media.house import HouseIndex, write_index
from media.workspace import private_folder
from renderers.tv import crawl, notice
from renderers.tv.plan import PLAN_NAME, Plan, from_value
from renderers.tv.programme import edge


async def make_pictures(here: Installation, room: Workshop, owner: str) -> None:
    """Makes what is wanted until cancelled, in turns of its own: an emergency queues behind nothing."""
    # Two loops, so that an emergency's picture never waits for minutes of words over another channel.
    makers = []
    for number in (1, 2):
        apart = replace(room, sandbox=room.sandbox.apart())
        make = Pictures(here, apart).make
        makers.append(AirRoom(here.db, here.clock, f"{owner}:onair{number}", make, show_made, here.metrics))
    urgent, others = makers
    await asyncio.gather(
        work(here, lambda: make_next(urgent, kinds=(CutInKind.EMERGENCY,))), work(here, lambda: make_next(others))
    )


@dataclass(frozen=True, slots=True)
class Pictures:
    """Makes what channels show of words, and keeps it in the store."""

    here: Installation
    room: Workshop

    async def make(self, kind: str, spec: Mapping[str, Any], tell: Tell) -> str | None:
        """Implements `cms.publishing.onair.jobs.Maker`. Raises MediaRefused."""
        if kind == CutInKind.TEXT:
            await self._lay(spec, tell)
            return None
        async with private_folder(self.room.work) as folder:
            return await self._kept(folder, *await notice.make(folder, spec, sandbox=self.room.sandbox))

    async def _lay(self, spec: Mapping[str, Any], tell: Tell) -> None:
        """Each stretch in its turn; one whose slots are promised by now, or whose item is gone, is left as it is."""
        plan = await self._plan(str(spec["target"]))
        wanted = [] if plan is None else list(crawl.stretches(plan, int(spec["start"]), int(spec["until"])))
        total, done = sum(one.count for one in wanted), 0
        await tell(0, total, None)
        assets = StoreAssets(self.here.store, self.here.tombstones.asset_gone)
        for one in wanted:
            part = None
            late = one.start + one.count <= edge(self.here.clock.now())
            if plan is not None and not late and one.start not in spec[READY]:
                async with private_folder(self.room.work) as folder:
                    made = await crawl.lay(folder, one, plan, spec, assets=assets, sandbox=self.room.sandbox)
                    if made is not None:
                        part = (one.start, one.count, one.item, one.first, await self._kept(folder, *made))
            done += one.count
            await tell(done, total, part)

    async def _plan(self, target: str) -> Plan | None:
        value, _ = await RowState(Account(target, self.here.db, self.here.clock)).get(PLAN_NAME)
        return None if value is None else from_value(value)

    async def _kept(self, folder: Path, path: Path, index: HouseIndex) -> str:
        store = self.room.store
        await store.put(path, media_type="video/mp4")
        told = folder / "index.json"
        await asyncio.to_thread(told.write_bytes, write_index(index))
        return (await store.put(told, media_type="application/json")).sha256
