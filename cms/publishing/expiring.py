"""Rights that run out: who keeps a file is told beforehand, and on the day of the pieces that still show it."""

import datetime as dt
import uuid
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.uses import Out, out_with
from cms.kernel.clock import to_ms
from cms.kernel.db import Database
from cms.library.models import Asset
from cms.library.rights import AHEAD, stage
from cms.notices.models import Notice
from cms.notices.recipients import who_may
from cms.notices.tell import settle, tell
from cms.people.models import Person
from cms.people.permissions import Action, Subject, can, reach
from cms.people.sessions import actor_of
from schedules.clashes import said

_CAUSE: Final = "rights:"
_USED: Final = "used"
_NAMED: Final = 3
_BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class _Case:
    """A file whose rights end or have ended, what is told of it, and the pieces that show it all the same."""

    asset: Asset
    cause: str
    out: Sequence[Out]


async def watch_rights(db: Database, *, now: dt.datetime) -> int:
    """Tells of what came up since the last look, and takes back what is not so any more; returns of how many files.

    May run in any number of workers: what was told is remembered by the notices themselves.
    """
    async with db.read() as session:
        due = [key async for cases in _cases(session, now) for key in await _untold(session, cases)]
        over = await _over(session, now)
    for cause in over:
        async with db.write() as session:
            await settle(session, cause=cause, now=now)
    told = 0
    for asset in due:
        async with db.write() as session:
            told += await _tell_of(session, asset, now)
    return told


async def _cases(session: AsyncSession, now: dt.datetime) -> AsyncIterator[list[_Case]]:
    """Every file with at most a month left, a batch at a time."""
    where = (Asset.valid_until <= now + AHEAD, Asset.deleted_at.is_(None))
    query = select(Asset).where(*where).order_by(Asset.valid_until, Asset.id).limit(_BATCH)
    rows = (await session.scalars(query)).all()
    while rows:
        yield await _of(session, rows, now)
        after = tuple_(Asset.valid_until, Asset.id) > (rows[-1].valid_until, rows[-1].id)
        rows = (await session.scalars(query.where(after))).all()


async def _of(session: AsyncSession, rows: Sequence[Asset], now: dt.datetime) -> list[_Case]:
    stages = {row.id: stage(row.valid_until, now=now) for row in rows}
    out = await out_with(session, [row.id for row in rows if stages[row.id] == 0])
    cases = []
    for row in rows:
        if row.valid_until is not None and stages[row.id] is not None:
            end = _USED if out.get(row.id) else str(stages[row.id])
            cases.append(_Case(row, f"{_CAUSE}{row.id.hex}:{to_ms(row.valid_until)}:{end}", out.get(row.id, ())))
    return cases


async def _untold(session: AsyncSession, cases: Sequence[_Case]) -> list[uuid.UUID]:
    """The files of which nobody was told yet as they stand, or not of every piece."""
    causes = {case.cause for case in cases} | {_used(case.cause) for case in cases}
    told: dict[str, set[str]] = {}
    for row in await session.execute(select(Notice.cause, Notice.params).where(Notice.cause.in_(causes))):
        told.setdefault(row.cause, set()).update(row.params.get("documents", ()))
    return [
        case.asset.id
        for case in cases
        # Once people heard of the pieces, that the last one is gone is no news.
        if (case.cause not in told and not (_used(case.cause) in told and not case.out))
        or {str(one.document) for one in case.out} - told.get(case.cause, set())
    ]


async def _over(session: AsyncSession, now: dt.datetime) -> list[str]:
    """Causes of open notices that do not hold: rights were extended, a later stage began, nothing shows it now."""
    query = select(Notice.cause).where(Notice.cause.startswith(_CAUSE), Notice.done_at.is_(None)).distinct()
    open_ = {cause: uuid.UUID(cause.split(":")[1]) for cause in (await session.scalars(query)).all()}
    hold = set()
    for some in _parted(sorted(set(open_.values()))):
        rows = (await session.scalars(select(Asset).where(Asset.id.in_(some), Asset.deleted_at.is_(None)))).all()
        hold |= {case.cause for case in await _of(session, rows, now)}
    return sorted(set(open_) - hold)


async def _tell_of(session: AsyncSession, asset: uuid.UUID, now: dt.datetime) -> int:
    # Held, and looked at again: another worker may have told meanwhile.
    query = select(Asset).where(Asset.id == asset, Asset.deleted_at.is_(None)).with_for_update(skip_locked=True)
    cases = await _of(session, (await session.scalars(query)).all(), now)
    if not await _untold(session, cases):
        return 0
    [case] = cases
    people = await _keepers(session, case.asset)
    for person in people:
        paths = reach(await actor_of(session, person), Action.DOCUMENT_READ)
        subject, params = _sentence(case, paths, now)
        href = f"/desk/library/assets/{asset}"
        await tell(session, person=person, cause=case.cause, subject=subject, params=params, href=href, now=now)
    return 1 if people else 0


async def _keepers(session: AsyncSession, asset: Asset) -> Sequence[uuid.UUID]:
    """Who may change the file: people of its unit and above, and whoever brought it."""
    people = set(await who_may(session, Action.LIBRARY_EDIT, asset.unit_path))
    bringer = await session.get_one(Person, asset.created_by)
    subject = Subject(asset.unit_path, frozenset({bringer.id}))
    if bringer.active and can(await actor_of(session, bringer.id), Action.LIBRARY_EDIT, subject):
        people.add(bringer.id)
    return sorted(people)


def _sentence(case: _Case, paths: Collection[str], now: dt.datetime) -> tuple[str, Mapping[str, Any]]:
    """The sentence for somebody who may read the pieces of `paths`: others are counted, not named."""
    name, until = case.asset.name, case.asset.valid_until
    if not case.out:
        if until is None or until <= now:
            return "notices.subject.rights_over", {"name": name}
        return "notices.subject.rights_soon", {"name": name, "days": stage(until, now=now), "at": said(until)}
    titles = [one.title for one in case.out if any(one.unit.startswith(path) for path in paths)]
    params = {"name": name, "count": len(case.out), "documents": [str(one.document) for one in case.out]}
    if not titles:
        return "notices.subject.rights_elsewhere", params
    return "notices.subject.rights_used", {**params, "pieces": "".join(f"《{one}》" for one in titles[:_NAMED])}


def _used(cause: str) -> str:
    return f"{cause.rpartition(':')[0]}:{_USED}"


def _parted(ids: Sequence[uuid.UUID]) -> list[Sequence[uuid.UUID]]:
    return [ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH)]
