"""The office's lists for machine checks: looking through them, importing a table in two steps, going back a version."""

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk.frame import Section
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.errors import DomainError, NotFound
from cms.people.models import Person
from cms.people.permissions import Action, Subject, require_can
from cms.review import lists
from cms.review.list_csv import COLUMNS, MOST_ROWS, ListKind, Problem, rows, write_csv

PAGE: Final = 50
# A dry run names this many of what it would change; the file itself has the rest.
_NAMED: Final = 30


async def lists_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit, kind_of(visit.query("list") or ListKind.WORDS.value))


async def try_it(visit: Visit) -> web.StreamResponse:
    """The dry run: reads a file and shows what it would change, or everything that is wrong with it."""
    kind = kind_of(visit.part("list"))
    form = await visit.form()
    mode: lists.Mode = "replace" if text(form, "mode") == "replace" else "add"
    name, data = await _file(form)
    try:
        async with visit.deps.db.write() as session:
            run = await lists.dry_run(session, visit.actor, kind, data, mode=mode, name=name, now=visit.now)
    except DomainError as error:
        return await _page(visit, kind, error=error)
    if run.problems:
        return await _page(visit, kind, problems=run.problems, name=name)
    return visit.redirect(f"/desk/checks/?list={kind}")


async def apply_it(visit: Visit) -> web.StreamResponse:
    kind = kind_of(visit.part("list"))
    form = await visit.form()
    try:
        async with visit.deps.db.write() as session:
            run, seen = as_uuid(text(form, "run")), _number(text(form, "seen"))
            await lists.apply(session, visit.actor, kind, run, seen=seen, now=visit.now)
    except DomainError as error:
        return await _page(visit, kind, error=error)
    return visit.redirect(f"/desk/checks/?list={kind}", done="checklist_imported")


async def drop_it(visit: Visit) -> web.StreamResponse:
    kind = kind_of(visit.part("list"))
    await visit.form()
    async with visit.deps.db.write() as session:
        await lists.drop_import(session, visit.actor, kind)
    return visit.redirect(f"/desk/checks/?list={kind}")


async def restore_it(visit: Visit) -> web.StreamResponse:
    """An older version as the newest one."""
    kind = kind_of(visit.part("list"))
    form = await visit.form()
    try:
        async with visit.deps.db.write() as session:
            number = _number(text(form, "number"))
            await lists.restore(session, visit.actor, kind, number, now=visit.now)
    except DomainError as error:
        return await _page(visit, kind, error=error)
    return visit.redirect(f"/desk/checks/?list={kind}", done="checklist_restored")


async def export_it(visit: Visit) -> web.StreamResponse:
    """A version as the table that `try_it` reads."""
    kind = kind_of(visit.part("list"))
    require_can(visit.actor, Action.CHECKLIST_MANAGE, Subject(lists.office_of(visit.actor)))
    async with visit.deps.db.read() as session:
        asked = visit.query("number")
        number = _number(asked) if asked else await lists.newest(session, kind)
        entries = await lists.entries_of(session, kind, number)
    data = await asyncio.to_thread(write_csv, kind, entries)
    headers = {"Content-Disposition": f'attachment; filename="{kind}-{number}.csv"', "Cache-Control": "no-store"}
    return web.Response(body=data, content_type="text/csv", charset="utf-8", headers=headers)


async def _page(
    visit: Visit,
    kind: ListKind,
    *,
    problems: tuple[Problem, ...] = (),
    name: str = "",
    error: DomainError | None = None,
) -> web.Response:
    words, first = visit.query("q"), max(1, _number(visit.query("from") or "1"))
    async with visit.deps.db.read() as session:
        every = await lists.versions(session, visit.actor, kind)
        entries = await lists.entries_of(session, kind, every[0].number)
        waiting = await lists.waiting_import(session, visit.actor, kind)
        people = await _people(session, every)
    found = list(rows(kind, entries, words=words))
    shown = found[first - 1 : first - 1 + PAGE]
    context = {
        "kind": kind.value,
        "tabs": [
            {
                "label": visit.t(f"desk.checks.list.{one}"),
                "href": f"/desk/checks/?list={one}",
                "is_current": one is kind,
            }
            for one in ListKind
        ],
        "about": visit.t(f"desk.checks.about.{kind}"),
        "columns": list(COLUMNS[kind]),
        "rows": shown,
        "q": words,
        "page": _pager(visit, kind, words, first, len(shown), len(found)),
        "version": every[0].number,
        "versions": [_version(visit, one, people) for one in every[:20]],
        "waiting": _waiting(visit, waiting) if waiting else None,
        "problems": [_problem(visit, one) for one in problems],
        "file": name,
        "limit": MOST_ROWS,
        "error": visit.refusal(error) if error else None,
    }
    status = error.status if error else 422 if problems else 200
    return visit.page("checks/list.html", context, section="checks", status=status)


def _waiting(visit: Visit, run: lists.DryRun) -> dict[str, Any]:
    """What a dry run would do, each kind of change with its first names."""
    changes = run.changes
    parts = (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed))
    return {
        "run": str(run.id),
        "seen": run.base,
        "name": run.name,
        "mode": visit.t(f"desk.checks.mode.{run.mode}"),
        "parts": [
            {
                "label": visit.t(f"desk.checks.{name}", count=len(keys)),
                "names": "、".join(keys[:_NAMED]) + ("…" if len(keys) > _NAMED else ""),
            }
            for name, keys in parts
            if keys
        ],
        "same": visit.t("desk.checks.same", count=changes.same),
        "changes": any(keys for _, keys in parts),
    }


def _version(visit: Visit, one: lists.Version, people: Mapping[uuid.UUID, str]) -> dict[str, Any]:
    return {
        "number": one.number,
        "label": visit.t("desk.checks.version", number=one.number) if one.number else visit.t("desk.checks.shipped"),
        "count": visit.t("desk.checks.count", count=one.count),
        "note": one.note,
        "by": people.get(one.created_by, "") if one.created_by else "",
        "at": one.created_at,
    }


def _problem(visit: Visit, one: Problem) -> dict[str, str]:
    if one.row and one.column:
        where = visit.t("desk.checks.cell", row=one.row, column=one.column)
    else:
        where = visit.t("desk.checks.row", row=one.row) if one.row else visit.t("desk.checks.file")
    params = {"value": one.value, "most": MOST_ROWS}
    return {"where": where, "text": visit.t(f"review.list.{one.code}", **params)}


async def _people(session: AsyncSession, found: Any) -> dict[uuid.UUID, str]:
    wanted = {one.created_by for one in found if one.created_by}
    named = await session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {row.id: row.name for row in named}


async def _file(form: Form) -> tuple[str, bytes]:
    """The name and bytes of what was chosen; nothing chosen is an empty file, which the rules refuse."""
    found = form.get("file")
    if not isinstance(found, web.FileField):
        return "", b""
    try:
        return found.filename, await asyncio.to_thread(found.file.read)
    finally:
        found.file.close()


def _pager(  # noqa: PLR0917 - one private caller
    visit: Visit, kind: ListKind, words: str, first: int, shown: int, total: int
) -> dict[str, Any] | None:
    if not shown or (total <= shown and first == 1):
        return None

    def url(start: int) -> str:
        return "/desk/checks/?" + urlencode({"list": kind.value, **({"q": words} if words else {}), "from": start})

    return {
        "first": first,
        "last": first + shown - 1,
        "total": total,
        "text": visit.t("desk.checks.range", first=first, last=first + shown - 1, total=total),
        "earlier": url(max(1, first - PAGE)) if first > 1 else "",
        "later": url(first + PAGE) if first + shown <= total else "",
    }


def kind_of(value: str) -> ListKind:
    """The list a word names. Raises NotFound `kernel.not_found`."""
    try:
        return ListKind(value)
    except ValueError:
        raise NotFound("kernel.not_found") from None


def _number(value: str) -> int:
    """A short decimal number; -1 for anything else, which no version has."""
    return int(value) if value.isascii() and value.isdigit() and len(value) < 8 else -1


ROUTES = (
    get("/desk/checks/", lists_page, Action.CHECKLIST_MANAGE),
    get("/desk/checks/{list}/export", export_it, Action.CHECKLIST_MANAGE),
    post("/desk/checks/{list}/try", try_it, Action.CHECKLIST_MANAGE),
    post("/desk/checks/{list}/apply", apply_it, Action.CHECKLIST_MANAGE),
    post("/desk/checks/{list}/drop", drop_it, Action.CHECKLIST_MANAGE),
    post("/desk/checks/{list}/restore", restore_it, Action.CHECKLIST_MANAGE),
)
SECTION: Final = Section(
    "checks",
    "desk.nav.checks",
    "badge-check",
    80,
    "/desk/checks/",
    Action.CHECKLIST_MANAGE,
    "desk.nav.group.system",
    ROUTES,
)
