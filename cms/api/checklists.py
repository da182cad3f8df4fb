"""The office's lists for machine checks over the API: looked through, imported in two steps, taken back a version."""

import datetime as dt
from typing import Literal

from aiohttp import BodyPartReader

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, Spoken, ask, bring, speak, take
from cms.api.shapes import Done, Nothing, id_of
from cms.desk.paging import page_of
from cms.desk.uploads import blocks_of
from cms.desk.views import checklists
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.people.permissions import Action
from cms.review import lists
from cms.review.list_csv import COLUMNS, MOST_BYTES, MOST_ROWS, Problem, rows

_PAGE = 200
_NAMED = 200


class ListVersion(Given):
    """A version of a list; number 0 is what the product ships."""

    number: int
    count: int
    note: str
    at: dt.datetime | None


class ListProblem(Given):
    """What is wrong in which row (the heading is row 1) and column; row 0 is the file."""

    row: int
    column: str
    code: str
    text: str


class ListRun(Given):
    """What an import would do to version `seen`; `run` is null while something is wrong with the file.

    Of what would change, the first names are told, and how many there are.
    """

    run: str | None
    seen: int
    mode: str
    name: str
    added: list[str]
    changed: list[str]
    removed: list[str]
    counts: list[int]
    same: int
    problems: list[ListProblem]


class CheckListPage(Given):
    """A page of the newest version, by the columns of its file; `next` is the `page` of the next one, null at the end.

    `waiting` is one's own dry run that waits to be applied.
    """

    kind: str
    version: int
    columns: list[str]
    rows: list[list[str]]
    total: int
    next: int | None
    versions: list[ListVersion]
    waiting: ListRun | None


class ListApply(Sent):
    """Which dry run, and the version it was compared with."""

    run: Text
    seen: int


class ListRestore(Sent):
    """The number of the version that is to be the newest again."""

    number: int


class ListMade(Given):
    """The version it became."""

    number: int
    count: int


async def list_one(visit: Visit) -> CheckListPage:
    """A list of machine checks: words, names or sources."""
    kind = checklists.kind_of(visit.part("list"))
    async with visit.deps.db.read() as session:
        every = await lists.versions(session, visit.actor, kind)
        entries = await lists.entries_of(session, kind, every[0].number)
        waiting = await lists.waiting_import(session, visit.actor, kind)
    found, at = list(rows(kind, entries, words=visit.query("q"))), page_of(visit)
    shown = found[at * _PAGE : (at + 1) * _PAGE]
    return CheckListPage(
        kind=kind.value,
        version=every[0].number,
        columns=list(COLUMNS[kind]),
        rows=shown,
        total=len(found),
        next=at + 1 if (at + 1) * _PAGE < len(found) else None,
        versions=[ListVersion(number=one.number, count=one.count, note=one.note, at=one.created_at) for one in every],
        waiting=_run(visit, waiting) if waiting else None,
    )


async def try_list(visit: Visit, part: BodyPartReader) -> ListRun:
    """The dry run of a CSV; ``mode=replace`` takes away what is not in it, else it is added to what is there."""
    kind = checklists.kind_of(visit.part("list"))
    if visit.query("mode") not in {"", "add", "replace"}:
        raise Invalid("api.body", fields={"mode": "api.field"}, names="mode")
    mode: Literal["add", "replace"] = "replace" if visit.query("mode") == "replace" else "add"
    data = bytearray()
    async for block in blocks_of(part):
        data += block
        if len(data) > MOST_BYTES:
            break  # the reader refuses what is longer
    async with visit.deps.db.write() as session:
        run = await lists.dry_run(
            session, visit.actor, kind, bytes(data), mode=mode, name=part.filename or "", now=visit.now
        )
    return _run(visit, run)


async def apply_list(visit: Visit, sent: ListApply) -> ListMade:
    """Makes a dry run the newest version; 409 when somebody made one meanwhile."""
    kind = checklists.kind_of(visit.part("list"))
    async with visit.deps.db.write() as session:
        made = await lists.apply(session, visit.actor, kind, id_of(sent.run), seen=sent.seen, now=visit.now)
        return ListMade(number=made.number, count=made.count)


async def drop_run(visit: Visit, _sent: Nothing) -> Done:
    """Throws one's own dry run away."""
    kind = checklists.kind_of(visit.part("list"))
    async with visit.deps.db.write() as session:
        await lists.drop_import(session, visit.actor, kind)
    return Done(id=kind.value)


async def restore_list(visit: Visit, sent: ListRestore) -> ListMade:
    """Makes an older version the newest, as a version of its own."""
    kind = checklists.kind_of(visit.part("list"))
    async with visit.deps.db.write() as session:
        made = await lists.restore(session, visit.actor, kind, sent.number, now=visit.now)
        return ListMade(number=made.number, count=made.count)


def _run(visit: Visit, run: lists.DryRun) -> ListRun:
    changes = run.changes
    parts = (changes.added, changes.changed, changes.removed)
    added, changed, removed = (list(keys[:_NAMED]) for keys in parts)
    return ListRun(
        run=str(run.id) if run.id else None,
        seen=run.base,
        mode=run.mode,
        name=run.name,
        added=added,
        changed=changed,
        removed=removed,
        counts=[len(keys) for keys in parts],
        same=changes.same,
        problems=[_problem(visit, one) for one in run.problems[:_NAMED]],
    )


def _problem(visit: Visit, one: Problem) -> ListProblem:
    text = visit.t(f"review.list.{one.code}", value=one.value, most=MOST_ROWS)
    return ListProblem(row=one.row, column=one.column, code=one.code, text=text)


_ONE, _MAY = "/api/v1/checklists/{list}", Action.CHECKLIST_MANAGE
RESOURCES: tuple[Resource, ...] = (
    ask(_ONE, list_one, _MAY, given=CheckListPage, queries=("q", "page")),
    speak(
        "GET",
        f"{_ONE}/export",
        checklists.export_it,
        _MAY,
        summary="A version, the newest unless its number is asked for, as the CSV that can be imported again.",
        spoken=Spoken(gives=("text/csv",)),
        queries=("number",),
    ),
    bring(f"{_ONE}/import", try_list, _MAY, given=ListRun, queries=("mode",)),
    take("POST", f"{_ONE}/apply", apply_list, _MAY, sent=ListApply, given=ListMade),
    take("DELETE", f"{_ONE}/import", drop_run, _MAY, sent=Nothing, given=Done),
    take("POST", f"{_ONE}/restore", restore_list, _MAY, sent=ListRestore, given=ListMade),
)
