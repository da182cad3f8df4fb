"""One claimed encode job from its row to a ready video: done under a renewed lease, and visible as a whole or not.

What is finished on the way is kept (`cms.library.checkpoints`), so that a worker that is killed costs one stretch.

Files are stored first, by their hashes; the rows that make them visible are written with the end of the job in one
transaction that names the fence. A worker that lost its lease therefore leaves files nobody refers to, never a second
set of renditions.
"""

import asyncio
import contextlib
import datetime as dt
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel import leases
from cms.kernel.log import logger
from cms.kernel.wake import ring
from cms.library.checkpoints import Checkpoints, GiveWayError
from cms.library.examined import facts_of
from cms.library.joining import joined
from cms.library.leftovers import drop_parts, remove_files
from cms.library.looking import first_look_at, has_look
from cms.library.models import AUDIO, Asset, EncodeJob, Rendition
from cms.library.progress import Progress
from cms.library.queueing import mark_turns
from cms.library.retiring import swap
from cms.library.room import POISON, EncodeRoom, LeaseLostError
from cms.library.states import VideoState
from cms.library.told import Told, add_carried, told_of
from cms.library.upload import NewPicture, Owner, prepare_picture, rendition_row
from cms.library.videos import follow_jobs
from media.encode import EncodedVideo
from media.errors import MediaRefused
from media.sound import EncodedSound

POSTER: Final = "poster"
# What passes by itself, and how long to wait for it; None: longer each time, until somebody must look.
_PASSES: Final[Mapping[str, dt.timedelta | None]] = {
    "media.disk_full": dt.timedelta(minutes=1),
    "media.sandbox_unavailable": dt.timedelta(minutes=5),
    "media.store_failed": None,
}
_GONE: Final = frozenset({"media.not_found", "media.damaged", "media.video_vanished", "media.video_changed"})

log = logger("library.encoding")


@dataclass(frozen=True, slots=True)
class _Ready:
    """Everything stored, nothing visible."""

    renditions: tuple[Rendition, ...]
    poster: NewPicture | None
    duration_ms: int
    told: Told


async def encode_next(room: EncodeRoom) -> bool:
    """Takes the job that waits longest and ends it; False when nothing is due."""
    now = room.clock.now()
    async with room.database.read() as session:
        if not await leases.is_due(session, EncodeJob, room.rules, now=now):
            return False
    async with room.database.write() as session:
        await mark_turns(session, room.soon, now=now)
        held = await leases.claim(session, EncodeJob, room.rules, owner=room.owner, now=now, poison=POISON)
        for one in held:
            await session.execute(update(EncodeJob).where(EncodeJob.id == one.id).values(started_at=now, stage=""))
        await follow_jobs(session)
        await ring(session, "library")
    for one in held:
        await Encoding(room, one).run()
    return bool(held)


class Encoding:
    """The work on one claimed job."""

    def __init__(self, room: EncodeRoom, held: leases.Claim) -> None:
        self._room = room
        self._held = held
        self._progress = Progress()

    async def run(self) -> None:
        """Ends with the job settled, or with nothing when the lease was lost on the way."""
        try:
            async with self._room.database.read() as session:
                job = await session.get_one(EncodeJob, self._held.id)
                asset = await session.get_one(Asset, job.asset_id)
                is_new = job.looked_at is None and not await has_look(session, asset.id)
            began = self._room.clock.monotonic()
            ready = await self._under_lease(asset, is_new=is_new)
            await self._finish(asset, ready)
            self._count(VideoState.READY, ready, self._room.clock.monotonic() - began)
        except LeaseLostError:
            log.info("an encode was taken over", encode=str(self._held.id))
        except GiveWayError:
            log.info("an encode gives way", encode=str(self._held.id))
            await self._give_back()
        except MediaRefused as refused:
            await self._refused(refused)
        except asyncio.CancelledError:
            # An orderly stop is nobody's fault: the next one may begin at once and nothing is counted against the job.
            with contextlib.suppress(SQLAlchemyError):
                await asyncio.shield(self._give_back())
            raise
        except SQLAlchemyError:
            raise
        except Exception:
            log.exception("an encode broke off", encode=str(self._held.id))
            await self._again("library.encode_defect", {}, None)

    async def _under_lease(self, asset: Asset, *, is_new: bool) -> _Ready:
        """Encodes, and says once a tick how far it is, which also keeps the lease; stops when the lease is gone."""
        task = asyncio.create_task(self._made(asset, is_new=is_new))
        patience = self._room.rules.lease.total_seconds() / 3
        loop = asyncio.get_running_loop()
        said = loop.time()
        try:
            while not (await asyncio.wait({task}, timeout=self._room.tick))[0]:
                if not self._progress.has_news and loop.time() - said < patience:
                    continue
                said = loop.time()
                try:
                    await self._say()
                except SQLAlchemyError:
                    # The end asks once more before it writes; a database that comes back finds us working.
                    log.warning("a lease could not be renewed", encode=str(self._held.id))
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _say(self) -> None:
        news = self._progress.news()
        values = {"stage": news.stage, "percent": news.percent, "eta_seconds": news.eta_seconds}
        async with self._room.database.write() as session:
            now = self._room.clock.now()
            if not await leases.renew(session, EncodeJob, self._room.rules, self._held, now=now, **values):
                raise LeaseLostError

    async def _made(self, asset: Asset, *, is_new: bool) -> _Ready:
        shop, now = self._room.workshop, self._room.clock.now()
        if asset.cut_of:
            async with joined(self._room, asset, self._progress.report) as film:
                return await self._stored(asset, film, now)
        async with shop.store.as_path(asset.sha256) as source:
            if asset.kind == AUDIO:
                return await self._voice(asset, source, now)
            facts = await facts_of(self._room.database, shop, asset, source)
            if is_new:
                await first_look_at(self._room, self._held, asset, facts)
            encoding = shop.tools.encode(
                source,
                facts,
                sandbox=shop.sandbox,
                work=shop.work,
                progress=self._progress.report,
                limits=shop.video_limits,
                kept=Checkpoints(self._room, self._held, asset),
            )
            async with encoding as video:
                return await self._stored(asset, video, now)

    async def _voice(self, asset: Asset, source: Path, now: dt.datetime) -> _Ready:
        shop = self._room.workshop
        given: dict[str, Any] = {"sandbox": shop.sandbox, "work": shop.work, "limits": shop.sound_limits}
        facts = await shop.tools.hear(source, **given)
        async with shop.tools.voice(source, facts, progress=self._progress.report, **given) as sound:
            return await self._stored(asset, sound, now)

    async def _stored(self, asset: Asset, video: EncodedVideo | EncodedSound, now: dt.datetime) -> _Ready:
        shop = self._room.workshop
        rows = []
        poster = None
        for file in video.files:
            kept = await shop.store.put(file.path, media_type=file.media_type)
            rows.append(rendition_row(asset.id, file.rendition, file, kept, now))
            if file.rendition == POSTER:
                owner = Owner(asset.unit_path, asset.created_by)
                poster = await prepare_picture(shop, file.path, owner, name=asset.name, now=now)
        told = Told()
        if isinstance(video, EncodedVideo):
            told = await told_of(shop.store, video, chapters=asset.chapters)
        return _Ready(tuple(rows), poster, video.duration_ms, told)

    async def _finish(self, asset: Asset, ready: _Ready) -> None:
        now = self._room.clock.now()
        async with self._room.database.write() as session:
            if not await self._end(session, VideoState.READY, stage="", percent=100, finished_at=now):
                raise LeaseLostError
            gone = await drop_parts(session, asset.id)
            await self._show(session, asset, ready, now)
            await ring(session, "library")
            details = {"name": asset.name, "sha256": asset.sha256}
            await record(
                session,
                None,
                "library.encoded",
                of=("asset", str(asset.id)),
                unit=asset.unit_path,
                details=details,
                now=now,
            )
        await remove_files(self._room.database, self._room.workshop.store, gone)

    async def _show(self, session: AsyncSession, asset: Asset, ready: _Ready, now: dt.datetime) -> None:
        """A video that is encoded anew keeps one set of files, the newest, and the poster that a person chose."""
        changes: dict[str, Any] = {"state": VideoState.READY, "duration_ms": ready.duration_ms}
        fresh, names = ready.renditions, None
        query = select(Asset.poster_chosen, Asset.poster_id).where(Asset.id == asset.id)
        chosen, before = (await session.execute(query)).one()
        if chosen and before is not None:
            fresh = tuple(row for row in fresh if row.name != POSTER)
            names = [row.name for row in fresh]
        else:
            if ready.poster is not None:
                await ready.poster.add(session)
            changes["poster_id"] = ready.poster.asset.id if ready.poster is not None else None
        await swap(session, asset.id, fresh, names=names, now=now)
        await session.execute(update(Asset).where(Asset.id == asset.id).values(**changes, **ready.told.values))
        await add_carried(session, asset, ready.told, now=now)

    async def _refused(self, refused: MediaRefused) -> None:
        if refused.code in _PASSES:
            await self._again(refused.code, refused.params, _PASSES[refused.code])
            return
        gone = refused.code in _GONE
        error = _error("library.source_gone", {}) if gone else _error(refused.code, refused.params)
        async with self._room.database.write() as session:
            now = self._room.clock.now()
            parts: set[str] = set()
            if await self._end(session, VideoState.REJECTED, finished_at=now, eta_seconds=None, **error):
                job = await session.get_one(EncodeJob, self._held.id)
                parts = await drop_parts(session, job.asset_id)
            await follow_jobs(session)
            await ring(session, "library")
        await remove_files(self._room.database, self._room.workshop.store, parts)
        self._count(VideoState.REJECTED)

    async def _again(self, code: str, params: Mapping[str, object], wait: dt.timedelta | None) -> None:
        async with self._room.database.write() as session:
            state = await leases.fail(
                session,
                EncodeJob,
                self._room.rules,
                self._held,
                now=self._room.clock.now(),
                jitter=random.random(),  # noqa: S311 - spreads retries, guards nothing
                failed=VideoState.REJECTED.value,
                after=wait,
                percent=0,
                eta_seconds=None,
                **_error(code, params),
            )
            await follow_jobs(session)
            await ring(session, "library")
        if state == VideoState.REJECTED:
            self._count(VideoState.REJECTED)

    async def _give_back(self) -> None:
        async with self._room.database.write() as session:
            # Its place in the queue stays: it is still the one that waited longest.
            again = {"attempt": self._held.attempt - 1, "eta_seconds": None}
            await self._end(session, VideoState.WAITING, **again)
            await follow_jobs(session)

    async def _end(self, session: AsyncSession, state: VideoState, **values: Any) -> bool:
        values = {"error_code": None, "error_params": {}, **values}
        return await leases.finish(session, EncodeJob, self._room.rules, self._held, state=state.value, **values)

    def _count(self, state: VideoState, ready: _Ready | None = None, seconds: float = 0.0) -> None:
        log.info("an encode ended", encode=str(self._held.id), state=state.value)
        metrics = self._room.metrics
        if metrics is None:
            return
        metrics.count("yunping_encodes_total", state=state.value)
        if ready is not None and seconds > 0:
            metrics.observe("yunping_encode_seconds", seconds)
            metrics.gauge("yunping_encode_speed", ready.duration_ms / 1000 / seconds)


def _error(code: str, params: Mapping[str, object]) -> dict[str, Any]:
    shown = {name: value if isinstance(value, int) else str(value)[:500] for name, value in params.items()}
    return {"error_code": code[:60], "error_params": shown}
