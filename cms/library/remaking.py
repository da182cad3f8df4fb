"""Sizes of pictures made anew: for a cut that changed, or for a size that a newer channel needs.

A leased job per picture. Files are stored first; rows change with the end of the job in one transaction that names the
fence, so a change that comes meanwhile, or another worker, makes the older result vanish unseen.
"""

import asyncio
import contextlib
import datetime as dt
import random
import uuid
from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel import leases
from cms.kernel.ids import uuid7
from cms.kernel.log import logger
from cms.kernel.wake import ring
from cms.library.browse import pictures_lacking
from cms.library.models import Asset, Rendition, RenditionJob
from cms.library.retiring import swap
from cms.library.room import EncodeRoom
from cms.library.shapes import crops_of, lacking
from cms.library.states import REMAKE, RemakeState
from cms.library.upload import rendition_row
from media.crop import Focal
from media.errors import MediaRefused
from media.images import RENDITIONS, TABLE, make_renditions

POISON: Final = {"error_code": "library.remake_poisoned", "error_params": {}}
# Between the sizes of a piece that waits to be submitted and those of ten thousand old pictures, the first come first.
ASKED: Final = 10
_BATCH: Final = 200
_PASSES: Final = frozenset({"media.disk_full", "media.store_failed", "media.sandbox_unavailable"})
_WAIT: Final = dt.timedelta(minutes=1)

log = logger("library.remaking")


async def remake(
    session: AsyncSession, asset: uuid.UUID, names: Collection[str], *, priority: int = ASKED, now: dt.datetime
) -> None:
    """Asks for these sizes; what was asked for and is not done yet stays asked for."""
    job = await session.scalar(select(RenditionJob).where(RenditionJob.asset_id == asset).with_for_update())
    if job is None:
        job = RenditionJob(id=uuid7(now), asset_id=asset, wanted=[], not_before=now, created_at=now, fence=0)
        session.add(job)
    before = job.wanted if job.state != RemakeState.DONE else []
    wanted = {*before, *names}
    job.wanted = [one.name for one in RENDITIONS if one.name in wanted]
    job.state, job.priority, job.not_before = RemakeState.WAITING.value, priority, now
    # Whoever makes the older cut at this moment finds that the job is no longer theirs.
    job.fence, job.lease_owner, job.lease_until = (job.fence or 0) + 1, None, None
    job.attempt, job.lost, job.percent = 0, 0, 0
    job.error_code, job.error_params, job.finished_at = None, {}, None
    await session.flush()
    await ring(session, "library")


async def back_fill(session: AsyncSession, *, now: dt.datetime) -> int:
    """Asks for what pictures lack that were taken in before a size existed; returns for how many, at most a batch."""
    found = await pictures_lacking(session, table=TABLE, limit=_BATCH)
    for asset in found:
        names = (await session.scalars(select(Rendition.name).where(Rendition.asset_id == asset))).all()
        if missing := lacking(names):
            await remake(session, asset, missing, priority=0, now=now)
        else:
            await session.execute(update(Asset).where(Asset.id == asset).values(made_for=TABLE))
    return len(found)


async def remake_next(room: EncodeRoom) -> bool:
    """Makes the sizes that wait longest; False when nothing is due."""
    now = room.clock.now()
    async with room.database.read() as session:
        if not await leases.is_due(session, RenditionJob, REMAKE, now=now):
            return False
    async with room.database.write() as session:
        held = await leases.claim(session, RenditionJob, REMAKE, owner=room.owner, now=now, poison=POISON)
    for one in held:
        await _Remaking(room, one).run()
    return bool(held)


class _Remaking:
    def __init__(self, room: EncodeRoom, held: leases.Claim) -> None:
        self._room = room
        self._held = held

    async def run(self) -> None:
        try:
            async with self._room.database.read() as session:
                job = await session.get_one(RenditionJob, self._held.id)
                asset = await session.get_one(Asset, job.asset_id)
            fresh = await self._made(asset, job.wanted)
            await self._finish(asset, job, fresh)
        except MediaRefused as refused:
            wait = _WAIT if refused.code in _PASSES else None
            await self._failed(refused.code, dict(refused.params), wait, final=wait is None)
        except asyncio.CancelledError:
            with contextlib.suppress(SQLAlchemyError):
                await asyncio.shield(self._give_back())
            raise
        except SQLAlchemyError:
            raise
        except Exception:
            log.exception("sizes could not be made", job=str(self._held.id))
            await self._failed("library.remake_defect", {}, None, final=False)

    async def _made(self, asset: Asset, wanted: Collection[str]) -> list[Rendition]:
        shop, now = self._room.workshop, self._room.clock.now()
        sizes = [one for one in RENDITIONS if one.name in wanted]
        rows: list[Rendition] = []
        async with shop.store.as_path(asset.sha256) as master:
            making = make_renditions(
                master,
                sandbox=shop.sandbox,
                work=shop.work,
                focal=Focal(asset.focal_x, asset.focal_y),
                crops=crops_of(asset.crops),
                wanted=sizes,
                limits=shop.limits,
            )
            async with making as files:
                for number, file in enumerate(files):
                    kept = await shop.store.put(file.path, media_type=file.media_type)
                    rows.append(rendition_row(asset.id, file.name, file, kept, now))
                    await self._say(50 + 50 * number // len(files))
        return rows

    async def _say(self, percent: int) -> None:
        async with self._room.database.write() as session:
            now = self._room.clock.now()
            # Lost or not is decided at the end, by the fence.
            await leases.renew(session, RenditionJob, REMAKE, self._held, now=now, percent=percent)

    async def _finish(self, asset: Asset, job: RenditionJob, fresh: list[Rendition]) -> None:
        now = self._room.clock.now()
        async with self._room.database.write() as session:
            if not await self._end(session, RemakeState.DONE, percent=100, finished_at=now):
                return
            await swap(session, asset.id, fresh, names=job.wanted, now=now)
            names = (await session.scalars(select(Rendition.name).where(Rendition.asset_id == asset.id))).all()
            if not lacking(names):
                await session.execute(update(Asset).where(Asset.id == asset.id).values(made_for=TABLE))
            await ring(session, "library")
            details = {"name": asset.name, "count": len(fresh)}
            of = ("asset", str(asset.id))
            await record(session, None, "library.remade", of=of, unit=asset.unit_path, details=details, now=now)
        self._count(RemakeState.DONE)

    async def _failed(self, code: str, params: dict[str, Any], wait: dt.timedelta | None, *, final: bool) -> None:
        error = {"error_code": code[:60], "error_params": params, "percent": 0}
        now = self._room.clock.now()
        async with self._room.database.write() as session:
            if final:
                ended = await leases.finish(
                    session, RenditionJob, REMAKE, self._held, state=RemakeState.FAILED.value, finished_at=now, **error
                )
                state = RemakeState.FAILED.value if ended else None
            else:
                jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
                state = await leases.fail(
                    session,
                    RenditionJob,
                    REMAKE,
                    self._held,
                    now=now,
                    jitter=jitter,
                    failed=RemakeState.FAILED.value,
                    after=wait,
                    **error,
                )
            await ring(session, "library")
        if state == RemakeState.FAILED:
            self._count(RemakeState.FAILED)

    async def _give_back(self) -> None:
        async with self._room.database.write() as session:
            now = self._room.clock.now()
            await self._end(session, RemakeState.WAITING, not_before=now, attempt=self._held.attempt - 1, percent=0)

    async def _end(self, session: AsyncSession, state: RemakeState, **values: Any) -> bool:
        values = {"error_code": None, "error_params": {}, **values}
        return await leases.finish(session, RenditionJob, REMAKE, self._held, state=state.value, **values)

    def _count(self, state: RemakeState) -> None:
        log.info("sizes were made", job=str(self._held.id), state=state.value)
        if self._room.metrics is not None:
            self._room.metrics.count("yunping_remakes_total", state=state.value)
