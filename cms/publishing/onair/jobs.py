"""The pictures that are made ahead: wanted once for all channels, made under a lease, then shown where they wait."""

import asyncio
import contextlib
import datetime as dt
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel import leases
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.ids import uuid7
from cms.kernel.log import logger
from cms.kernel.metrics import Metrics
from cms.kernel.wake import ring
from cms.publishing.onair.budget import Rungs, left_of
from cms.publishing.onair.models import AIR, LOGO, AirJob, AirState, CutInKind
from cms.publishing.onair.words import Words
from media.errors import MediaRefused

Part = tuple[int, int, str, int, str]
"""Start and count of slots, the item planned there and its segment, and the hash of the index of what was made."""
Tell = Callable[[int, int, Part | None], Awaitable[None]]
"""Done slots, all slots, and a part that is ready; raises `LeaseLostError` when the work is somebody else's."""
Maker = Callable[[str, Mapping[str, Any], Tell], Awaitable[str | None]]
"""Makes what a kind asks for from its spec: the hash of an index, or parts one by one; the channel's own code."""
Shown = Callable[[AsyncSession, str, dt.datetime], Awaitable[None]]
"""Shows a picture wherever it is waited for, in the transaction that made it ready."""

POISON: Final = {"error_code": "publishing.poisoned", "error_params": {}}
READY: Final = "ready"
"""In the spec that a maker is given: the first slots of the parts that are there already."""
_LIMIT: Final = 1_800.0
# A film of hours is as long at work; what is ready of it is kept.
_LIMITS: Final = {LOGO: 36_000.0}

log = logger("onair")


@dataclass(frozen=True, slots=True)
class AirRoom:
    """What the maker of pictures works with."""

    database: Database
    clock: Clock
    owner: str
    make: Maker
    show: Shown
    metrics: Metrics | None = None
    rules: leases.LeaseRules = AIR


class LeaseLostError(Exception):
    """Somebody else has the job: what was made is dropped."""


async def want_picture(session: AsyncSession, words: Words, *, kind: str, now: dt.datetime) -> AirJob:
    """The picture of these words, asked for unless it is there; a failed one is tried again."""
    key = words.key(kind)
    found = await session.scalar(select(AirJob).where(AirJob.key == key).with_for_update())
    if found is None:
        found = AirJob(id=uuid7(now), key=key, kind=kind, spec=words.spec(), not_before=now, created_at=now)
        session.add(found)
    elif found.state == AirState.FAILED:
        found.state, found.not_before, found.attempt, found.lost = AirState.WAITING.value, now, 0, 0
    await session.flush()
    await ring(session, "onair")
    return found


async def want_crawl(session: AsyncSession, spec: Mapping[str, Any], *, key: str, now: dt.datetime) -> AirJob:
    """The work of laying words over a channel; each order has its own."""
    job = AirJob(id=uuid7(now), key=key, kind=CutInKind.TEXT.value, spec=dict(spec), not_before=now, created_at=now)
    # Behind an emergency's picture, whenever that is asked for.
    job.priority = -10
    session.add(job)
    await session.flush()
    await ring(session, "onair")
    return job


async def queued_texts(session: AsyncSession) -> float:
    """Core-seconds of words that were ordered and are not made yet: whoever orders next waits behind them."""
    open_ = (AirState.WAITING.value, AirState.MAKING.value)
    query = select(AirJob).where(AirJob.kind == CutInKind.TEXT.value, AirJob.state.in_(open_))
    found = 0.0
    for job in (await session.scalars(query)).all():
        length = dt.timedelta(milliseconds=job.spec["until"] - job.spec["start"])
        found += left_of(length, Rungs(job.spec["rungs"]), done=job.done, total=job.total)
    return found


async def make_next(room: AirRoom, *, kinds: Sequence[str] = tuple(CutInKind)) -> bool:
    """Takes what waits longest, emergencies first, and makes it; False when nothing of these kinds is due."""
    now = room.clock.now()
    where = (AirJob.kind.in_([str(kind) for kind in kinds]),)
    async with room.database.read() as session:
        if not await leases.is_due(session, AirJob, room.rules, now=now, where=where):
            return False
    async with room.database.write() as session:
        held = await leases.claim(session, AirJob, room.rules, owner=room.owner, now=now, poison=POISON, where=where)
        jobs = [(one, await session.get_one(AirJob, one.id)) for one in held]
        # What a killed worker had ready is not made again.
        work = [(one, job.kind, {**job.spec, READY: _ready(job)}) for one, job in jobs]
    for one, kind, spec in work:
        await _make(room, one, kind, spec)
    return bool(work)


def _ready(job: AirJob) -> list[Any]:
    """What a killed worker had ready: of words their first slots, of a film with a logo the parts themselves."""
    return list(job.parts) if job.kind == LOGO else [part[0] for part in job.parts]


async def _make(room: AirRoom, held: leases.Claim, kind: str, spec: Mapping[str, Any]) -> None:
    try:
        async with asyncio.timeout(_LIMITS.get(kind, _LIMIT)):
            tell = _Telling(room, held, kind, room.clock.monotonic()).tell
            sha256 = await _under_lease(room, held, room.make(kind, spec, tell))
    except LeaseLostError:
        log.info("a picture was taken over", job=str(held.id))
        return
    except (MediaRefused, TimeoutError) as problem:
        code = problem.code if isinstance(problem, MediaRefused) else "publishing.too_slow"
        await _again(room, held, code)
        return
    except SQLAlchemyError:
        raise
    except Exception:
        log.exception("a picture broke off", job=str(held.id))
        await _again(room, held, "publishing.channel_defect")
        return
    async with room.database.write() as session:
        now = room.clock.now()
        ended: dict[str, Any] = {"sha256": sha256, "finished_at": now, "error_code": None, "error_params": {}}
        if await leases.finish(session, AirJob, room.rules, held, state=AirState.READY.value, **ended):
            if sha256 is not None:
                await room.show(session, kind, now)
            await ring(session, "onair")
    if room.metrics is not None:
        room.metrics.count("yunping_air_pictures_total", state=AirState.READY.value)
    log.info("a picture is ready", job=str(held.id))


@dataclass(slots=True)
class _Telling:
    """Writes down how far a job is, and what of it can be shown already."""

    room: AirRoom
    held: leases.Claim
    kind: str
    since: float

    async def tell(self, done: int, total: int, part: Part | None) -> None:
        room, values = self.room, {"done": done, "total": total}
        spent, self.since = room.clock.monotonic() - self.since, room.clock.monotonic()
        now = room.clock.now()
        async with room.database.write() as session:
            job = await session.get_one(AirJob, self.held.id)
            # What an earlier try had ready took no time now.
            if part is not None and self.kind == LOGO and list(part) not in job.parts:
                values |= {"took_ms": job.took_ms + round(spent * 1000), "took_of": job.took_of + part[1]}
            parts = job.parts if part is None else [*(p for p in job.parts if p[0] != part[0]), list(part)]
            if not await leases.renew(session, AirJob, room.rules, self.held, now=now, parts=parts, **values):
                raise LeaseLostError
            # Of a film with its logo nothing is shown before it is whole.
            if part is not None and self.kind != LOGO:
                await room.show(session, self.kind, now)


async def _under_lease(room: AirRoom, held: leases.Claim, work: Awaitable[str | None]) -> str | None:
    """Keeps the lease while the work goes on; a lost one shows at the end, where nothing of it is written."""
    task = asyncio.ensure_future(work)
    patience = room.rules.lease.total_seconds() / 3
    try:
        while not (await asyncio.wait({task}, timeout=patience))[0]:
            with contextlib.suppress(SQLAlchemyError):
                async with room.database.write() as session:
                    await leases.renew(session, AirJob, room.rules, held, now=room.clock.now())
        return task.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _again(room: AirRoom, held: leases.Claim, code: str) -> None:
    async with room.database.write() as session:
        jitter = random.random()  # noqa: S311 - spreads retries, guards nothing
        state = await leases.fail(
            session,
            AirJob,
            room.rules,
            held,
            now=room.clock.now(),
            jitter=jitter,
            failed=AirState.FAILED.value,
            error_code=code[:60],
        )
    if state == AirState.FAILED and room.metrics is not None:
        room.metrics.count("yunping_air_pictures_total", state=AirState.FAILED.value)
    log.warning("a picture could not be made", job=str(held.id), code=code)
