"""The office's lists in use: the newest version of each, made ready once; and importing a new one in two steps."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from cms.audit.record import record
from cms.kernel.errors import Conflict, Invalid, NotFound
from cms.kernel.ids import uuid7
from cms.kernel.text import one_line
from cms.people.actor import Actor
from cms.people.permissions import Action, Subject, require_can
from cms.review.glyphs import read_table
from cms.review.list_csv import Changes, Entry, ListKind, Problem, compare, read_csv
from cms.review.list_rows import CheckImport, CheckList
from cms.review.lookups import Lists, make_lists
from cms.trust.canonical import encode
from cms.trust.signed import digest

SEED: Final = Path(__file__).with_name("seed_words.csv")
Mode = Literal["add", "replace"]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a list without its entries; number 0 is what the product ships."""

    number: int
    count: int
    note: str = ""
    created_by: uuid.UUID | None = None
    created_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class DryRun:
    """What an import would do to version `base`; `id` is None while something is wrong with the file."""

    id: uuid.UUID | None
    base: int
    changes: Changes
    problems: tuple[Problem, ...] = ()
    mode: Mode = "add"
    name: str = ""


class _Ready:
    """The lists as they were made ready last, in this process; a version never changes, so its id is all it takes."""

    def __init__(self) -> None:
        self.ids: tuple[uuid.UUID | None, ...] | None = None
        self.lists = Lists()


_READY: Final = _Ready()


@cache
def shipped(kind: ListKind) -> tuple[Entry, ...]:
    """What the product ships (blocking at its first use): a small list of words, no names and no sources."""
    return read_csv(kind, SEED.read_bytes()).entries if kind is ListKind.WORDS else ()


def office_of(actor: Actor) -> str:
    """The path of the whole office, whose lists these are: a station's chief does not change what a district asks."""
    return f"/{actor.unit.split('/')[1]}/"


async def lists_in_use(session: AsyncSession) -> Lists:
    """The newest version of each list. A new one is read and made ready once, off the loop."""
    last = select(CheckList.kind, func.max(CheckList.number)).group_by(CheckList.kind)
    query = select(CheckList.kind, CheckList.number, CheckList.id)
    found = await session.execute(query.where(tuple_(CheckList.kind, CheckList.number).in_(last)))
    known = {row.kind: (row.number, row.id) for row in found}
    numbers, ids = zip(*(known.get(kind.value, (0, None)) for kind in ListKind), strict=True)
    if _READY.ids != ids:
        entries = [await entries_of(session, kind, number) for kind, number in zip(ListKind, numbers, strict=True)]
        lists = await asyncio.to_thread(_made, entries, "w{}n{}s{}".format(*numbers))
        # Together, without a pause between: another task reads both.
        _READY.ids, _READY.lists = ids, lists
        return lists
    return _READY.lists


def _made(entries: Sequence[Sequence[Entry]], version: str) -> Lists:
    read_table()
    words, names, sources = entries
    return make_lists(words, names, sources, version=version)


async def entries_of(session: AsyncSession, kind: ListKind, number: int) -> Sequence[Entry]:
    """The entries of a version. Raises NotFound `review.no_list`."""
    if number == 0:
        return await asyncio.to_thread(shipped, kind)
    query = select(CheckList.entries).where(CheckList.kind == kind.value, CheckList.number == number)
    found = (await session.execute(query)).scalar_one_or_none()
    if found is None:
        raise NotFound("review.no_list")
    return list(found)


async def versions(session: AsyncSession, actor: Actor, kind: ListKind) -> Sequence[Version]:
    """Every version, newest first, down to what the product ships."""
    require_can(actor, Action.CHECKLIST_MANAGE, Subject(office_of(actor)))
    query = select(CheckList).where(CheckList.kind == kind.value).order_by(CheckList.number.desc())
    found = [
        Version(row.number, row.count, row.note, row.created_by, row.created_at)
        for row in (await session.execute(query)).scalars()
    ]
    return [*found, Version(0, len(await asyncio.to_thread(shipped, kind)))]


async def newest(session: AsyncSession, kind: ListKind) -> int:
    query = select(func.coalesce(func.max(CheckList.number), 0)).where(CheckList.kind == kind.value)
    return (await session.execute(query)).scalar_one()


async def dry_run(
    session: AsyncSession, actor: Actor, kind: ListKind, data: bytes, *, mode: Mode, name: str, now: dt.datetime
) -> DryRun:
    """Reads a file and says what it would change; a good one is kept for `apply`, one a person and list."""
    require_can(actor, Action.CHECKLIST_MANAGE, Subject(office_of(actor)))
    read = await asyncio.to_thread(read_csv, kind, data)
    await _forget(session, actor, kind)
    if read.problems:
        return DryRun(None, 0, Changes(), read.problems, mode, name)
    base = await newest(session, kind)
    before = await entries_of(session, kind, base)
    row = CheckImport(
        id=uuid7(now),
        kind=kind.value,
        mode=mode,
        entries=list(read.entries),
        name=one_line(name)[:200],
        created_by=actor.person,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return DryRun(row.id, base, compare(kind, before, read.entries, replace=mode == "replace"), (), mode, row.name)


async def waiting_import(session: AsyncSession, actor: Actor, kind: ListKind) -> DryRun | None:
    """The dry run of this person that waits for a yes, compared with the list as it is now."""
    require_can(actor, Action.CHECKLIST_MANAGE, Subject(office_of(actor)))
    query = select(CheckImport).where(CheckImport.kind == kind.value, CheckImport.created_by == actor.person)
    row = (await session.execute(query.options(undefer(CheckImport.entries)))).scalar_one_or_none()
    if row is None:
        return None
    base = await newest(session, kind)
    before = await entries_of(session, kind, base)
    changes = compare(kind, before, row.entries, replace=row.mode == "replace")
    return DryRun(row.id, base, changes, (), "replace" if row.mode == "replace" else "add", row.name)


async def apply(
    session: AsyncSession, actor: Actor, kind: ListKind, run: uuid.UUID, *, seen: int, now: dt.datetime
) -> CheckList:
    """Makes a dry run the newest version; `seen` is the version it was compared with on the page.

    Raises NotFound `review.no_import`, Conflict `review.list_moved` when somebody else made a version meanwhile,
    Invalid `review.list_unchanged`.
    """
    require_can(actor, Action.CHECKLIST_MANAGE, Subject(office_of(actor)))
    query = select(CheckImport).where(
        CheckImport.id == run, CheckImport.kind == kind.value, CheckImport.created_by == actor.person
    )
    row = (await session.execute(query.options(undefer(CheckImport.entries)).with_for_update())).scalar_one_or_none()
    if row is None:
        raise NotFound("review.no_import")
    base = await newest(session, kind)
    if seen != base:
        raise Conflict("review.list_moved", number=base)
    changes = compare(kind, await entries_of(session, kind, base), row.entries, replace=row.mode == "replace")
    if not (changes.added or changes.changed or changes.removed):
        raise Invalid("review.list_unchanged")
    made = await _add(session, actor, kind, changes.result, note=row.name, now=now)
    await session.delete(row)
    details = {"added": len(changes.added), "changed": len(changes.changed), "removed": len(changes.removed)}
    await _record(session, actor, "checklist.import", made, details)
    return made


async def drop_import(session: AsyncSession, actor: Actor, kind: ListKind) -> None:
    """Throws the dry run away."""
    require_can(actor, Action.CHECKLIST_MANAGE, Subject(office_of(actor)))
    await _forget(session, actor, kind)


async def restore(session: AsyncSession, actor: Actor, kind: ListKind, number: int, *, now: dt.datetime) -> CheckList:
    """Makes an older version the newest again, as a version of its own. Raises NotFound, Invalid as `apply`."""
    require_can(actor, Action.CHECKLIST_MANAGE, Subject(office_of(actor)))
    if number == await newest(session, kind):
        raise Invalid("review.list_unchanged")
    entries = await entries_of(session, kind, number)
    made = await _add(session, actor, kind, entries, note=f"← {number}", now=now)
    await _record(session, actor, "checklist.restore", made, {"from": number})
    return made


async def _forget(session: AsyncSession, actor: Actor, kind: ListKind) -> None:
    mine = (CheckImport.kind == kind.value, CheckImport.created_by == actor.person)
    await session.execute(delete(CheckImport).where(*mine))


async def _add(
    session: AsyncSession, actor: Actor, kind: ListKind, entries: Sequence[Entry], *, note: str, now: dt.datetime
) -> CheckList:
    row = CheckList(
        id=uuid7(now),
        kind=kind.value,
        number=await newest(session, kind) + 1,
        entries=list(entries),
        count=len(entries),
        sha256=digest("checklist", encode({"kind": kind.value, "entries": list(entries)})),
        note=note,
        created_by=actor.person,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return row


async def _record(
    session: AsyncSession, actor: Actor, action: str, made: CheckList, details: Mapping[str, object]
) -> None:
    facts = {"list": made.kind, "number": made.number, "count": made.count, "sha256": made.sha256, **details}
    of, now = ("checklist", f"{made.kind}-{made.number}"), made.created_at
    await record(session, actor, action, of=of, unit=actor.unit, details=facts, now=now)
