"""The office's lists for machine checks over the API: words, names and sources, imported in two steps."""

import datetime as dt
from typing import Annotated, Any

from aiohttp import BodyPartReader
from pydantic import Field

from cms.api.resources import Given, Resource, Sent, ask, bring, take
from cms.api.shapes import Done, Nothing, id_of
from cms.desk.uploads import blocks_of
from cms.desk.visit import Visit
from cms.kernel.errors import NotFound
from cms.people.permissions import Action, Subject, require_can
from cms.review import lists
from cms.review.list_csv import MOST_BYTES, MOST_ROWS, ListKind, Problem


class ListVersion(Given):
    """A version of a list; 0 is what ships."""

    number: int
    count: int
    note: str
    at: dt.datetime | None


class ListVersions(Given):
    """Newest first."""

    versions: list[ListVersion]


class ListEntries(Given):
    """The entries of a version."""

    number: int
    entries: list[dict[str, Any]]


class ListProblem(Given):
    """What is wrong in which row (the heading is row 1) and column."""

    row: int
    column: str
    code: str
    text: str


class ListRun(Given):
    """What an import would do; `run` is null while something is wrong. `seen` goes with the apply."""

    run: str | None
    seen: int
    mode: str
    added: list[str]
    changed: list[str]
    removed: list[str]
    same: int
    problems: list[ListProblem]


class ListApplying(Sent):
    """Which dry run, and the version it was compared with."""

    run: str
    seen: int


class ListRestoring(Sent):
    """Which older version."""

    number: Annotated[int, Field(ge=0)]


class ListMade(Given):
    """The newest version now."""

    number: int
    count: int


async def list_versions(visit: Visit) -> ListVersions:
    """The versions of a list: `words`, `names` or `sources`."""
    async with visit.deps.db.read() as session:
        found = await lists.versions(session, visit.actor, _kind(visit))
    return ListVersions(
        versions=[ListVersion(number=one.number, count=one.count, note=one.note, at=one.created_at) for one in found]
    )


async def read_entries(visit: Visit) -> ListEntries:
    """The entries of a version, of the newest one without a `number`."""
    kind, asked = _kind(visit), visit.query("number")
    require_can(visit.actor, Action.CHECKLIST_MANAGE, Subject(lists.office_of(visit.actor)))
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 8):
        raise NotFound("review.no_list")
    async with visit.deps.db.read() as session:
        number = int(asked) if asked else await lists.newest(session, kind)
        return ListEntries(number=number, entries=list(await lists.entries_of(session, kind, number)))


async def bring_list(visit: Visit, part: BodyPartReader) -> ListRun:
    """The dry run of a table (.csv), added to the list or, with ``mode=replace``, in its place."""
    kind = _kind(visit)
    mode: lists.Mode = "replace" if visit.query("mode") == "replace" else "add"
    data = bytearray()
    async for block in blocks_of(part):
        data += block
        if len(data) > MOST_BYTES:
            break  # the reader of tables refuses it in its own words
    async with visit.deps.db.write() as session:
        run = await lists.dry_run(
            session, visit.actor, kind, bytes(data), mode=mode, name=part.filename or "", now=visit.now
        )
    return ListRun(
        run=str(run.id) if run.id else None,
        seen=run.base,
        mode=run.mode,
        added=list(run.changes.added),
        changed=list(run.changes.changed),
        removed=list(run.changes.removed),
        same=run.changes.same,
        problems=[_problem(visit, one) for one in run.problems],
    )


async def apply_run(visit: Visit, sent: ListApplying) -> ListMade:
    """Makes a dry run the newest version."""
    async with visit.deps.db.write() as session:
        made = await lists.apply(session, visit.actor, _kind(visit), id_of(sent.run), seen=sent.seen, now=visit.now)
        return ListMade(number=made.number, count=made.count)


async def drop_run(visit: Visit, _sent: Nothing) -> Done:
    """Throws one's dry run away."""
    async with visit.deps.db.write() as session:
        await lists.drop_import(session, visit.actor, _kind(visit))
    return Done(id=visit.part("list"))


async def restore_version(visit: Visit, sent: ListRestoring) -> ListMade:
    """Makes an older version the newest again."""
    async with visit.deps.db.write() as session:
        made = await lists.restore(session, visit.actor, _kind(visit), sent.number, now=visit.now)
        return ListMade(number=made.number, count=made.count)


def _problem(visit: Visit, one: Problem) -> ListProblem:
    said = visit.t(f"review.list.{one.code}", value=one.value, most=MOST_ROWS)
    return ListProblem(row=one.row, column=one.column, code=one.code, text=said)


def _kind(visit: Visit) -> ListKind:
    try:
        return ListKind(visit.part("list"))
    except ValueError:
        raise NotFound("kernel.not_found") from None


_ONE, _MANAGE = "/api/v1/checks/{list}", Action.CHECKLIST_MANAGE
RESOURCES: tuple[Resource, ...] = (
    ask(f"{_ONE}/versions", list_versions, _MANAGE, given=ListVersions),
    ask(f"{_ONE}/entries", read_entries, _MANAGE, given=ListEntries, queries=("number",)),
    bring(f"{_ONE}/runs", bring_list, _MANAGE, given=ListRun, queries=("mode",)),
    take("POST", f"{_ONE}/apply", apply_run, _MANAGE, sent=ListApplying, given=ListMade),
    take("DELETE", f"{_ONE}/runs", drop_run, _MANAGE, sent=Nothing, given=Done),
    take("POST", f"{_ONE}/restore", restore_version, _MANAGE, sent=ListRestoring, given=ListMade),
)
