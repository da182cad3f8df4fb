"""Units and people out of a table: first a dry run that names each fault, then everything or nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from cms.desk import labels
from cms.desk.confirming import confirm_own
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import DomainError, Invalid
from cms.kernel.messages import LANGUAGES
from cms.people.people_import import import_people, plan_people_import
from cms.people.permissions import Action
from cms.people.roles import Role
from cms.people.sheets import Fault, SheetRefused
from cms.people.unit_import import import_units, plan_unit_import

_FAULTS_SHOWN = 100
_ROWS_SHOWN = 20
# What a first file may look like; the byte order mark tells a spreadsheet that it is UTF-8.
_SAMPLES = {
    "units": (
        "代码,名称,层级,上级",
        "04,太湖新城所,所,{top}",
        "017,湖湾社区站,站,{top}/04",
        "001,文化广场点,点,{top}/04/017",
    ),
    "people": (
        "姓名,用户名,单位,角色,电话",
        "沈静怡,shenjingyi,{top},采编,13800000000",
        "陆明,luming,{top},责任编辑、校对,",
    ),
}


async def units_page(visit: Visit) -> web.StreamResponse:
    return _page(visit, "units")


async def people_page(visit: Visit) -> web.StreamResponse:
    return _page(visit, "people")


async def units_sample(visit: Visit) -> web.StreamResponse:
    return _sample(visit, "units")


async def people_sample(visit: Visit) -> web.StreamResponse:
    return _sample(visit, "people")


async def units_check(visit: Visit) -> web.StreamResponse:
    """The dry run: what the table would make, or everything that is wrong with it."""
    try:
        data = _data(await visit.form())
        async with visit.deps.db.read() as session:
            plan = await plan_unit_import(session, visit.actor, data)
    except DomainError as error:
        return _page(visit, "units", error)
    rows = [[one.code, one.name, labels.level(visit, one.level), one.path] for one in plan.units[:_ROWS_SHOWN]]
    return _plan(visit, "units", data, faults=plan.faults, rows=rows, count=len(plan.units))


async def units_apply(visit: Visit) -> web.StreamResponse:
    """Everything or nothing; what changed since the dry run is judged again."""
    data = _data(await visit.form())
    try:
        async with visit.deps.db.write() as session:
            await import_units(session, visit.actor, data, now=visit.now)
    except SheetRefused as refused:
        return _plan(visit, "units", data, faults=refused.faults)
    except DomainError as error:
        return _page(visit, "units", error)
    return visit.redirect("/desk/units/", done="units_imported")


async def people_check(visit: Visit) -> web.StreamResponse:
    try:
        data = _data(await visit.form())
        return await _people_plan(visit, data)
    except DomainError as error:
        return _page(visit, "people", error)


async def people_apply(visit: Visit) -> web.StreamResponse:
    """Adds everybody; the codes are on this answer and nowhere else. Roles that sign ask for the password, as ever."""
    form = await visit.form()
    data = _data(form)
    names = role_names(visit)
    try:
        async with visit.deps.db.read() as session:
            plan = await plan_people_import(session, visit.actor, data, role_names=names)
        if plan.signs:
            await confirm_own(visit, text(form, "own_password", keep=True))
        async with visit.deps.db.write() as session:
            added = await import_people(session, visit.actor, data, role_names=names, now=visit.now)
    except SheetRefused as refused:
        return _plan(visit, "people", data, faults=refused.faults)
    except DomainError as error:
        return await _people_plan(visit, data, error)
    context = {"people": [{"name": a.name, "login": a.login, "unit": a.unit, "code": a.code} for a in added]}
    return visit.page("people/codes.html", context, section="people")


def role_names(visit: Visit) -> dict[str, Role]:
    """Roles by their identifiers and by what both languages call them."""
    texts = visit.deps.catalogue
    return {
        name.casefold(): role
        for role in Role
        for name in (role.value, *(texts.text(language, f"enum.Role.{role.name}") for language in LANGUAGES))
    }


async def _people_plan(visit: Visit, data: bytes, error: DomainError | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        plan = await plan_people_import(session, visit.actor, data, role_names=role_names(visit))
    rows = [
        [one.name, one.login, one.unit, visit.joined(labels.role(visit, role) for role in one.roles)]
        for one in plan.people[:_ROWS_SHOWN]
    ]
    return _plan(
        visit, "people", data, faults=plan.faults, rows=rows, count=len(plan.people), signs=plan.signs, error=error
    )


def _data(form: Form) -> bytes:
    """The file, or what the page of the dry run kept of it. Raises Invalid `desk.no_file`."""
    sent = form.get("file")
    if isinstance(sent, web.FileField):
        with sent.file:
            data = sent.file.read()
        if data:
            return data
    kept = form.get("content")
    if isinstance(kept, str) and kept:
        return kept.encode()
    raise Invalid("desk.no_file")


def _sample(visit: Visit, what: str) -> web.Response:
    lines = "".join(f"{line}\r\n" for line in _SAMPLES[what])
    body = "\ufeff" + lines.format(top=visit.actor.unit.strip("/"))
    headers = {"Content-Disposition": f'attachment; filename="{what}.csv"', "X-Content-Type-Options": "nosniff"}
    return web.Response(text=body, content_type="text/csv", charset="utf-8", headers=headers)


def _page(visit: Visit, what: str, error: DomainError | None = None) -> web.Response:
    return _plan(visit, what, error=error)


def _plan(
    visit: Visit,
    what: str,
    data: bytes = b"",
    *,
    faults: Sequence[Fault] = (),
    rows: Sequence[Sequence[str]] = (),
    count: int = 0,
    signs: bool = False,
    error: DomainError | None = None,
) -> web.Response:
    context: Mapping[str, Any] = {
        "what": what,
        "base": f"/desk/{what}/import",
        "content": _kept(data) if count else "",
        "faults": [_fault(visit, one) for one in faults[:_FAULTS_SHOWN]],
        "fault_count": len(faults),
        "rows": rows,
        "count": count,
        "signs": signs,
        "error": visit.refusal(error) if error else None,
    }
    status = error.status if error else 422 if faults else 200
    return visit.page("people/import.html", context, section=what, status=status)


def _kept(data: bytes) -> str:
    """The table as text, for the button that takes it; it was read already, so one of these fits."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def _fault(visit: Visit, one: Fault) -> dict[str, Any]:
    said = visit.deps.catalogue.error(visit.language, one.code, one.params)
    return {"row": one.row, "column": visit.t(f"desk.csv.column.{one.column}"), "text": said.text, "next": said.next}


UNITS = (
    get("/desk/units/import", units_page, Action.UNIT_MANAGE),
    get("/desk/units/import/sample", units_sample, Action.UNIT_MANAGE),
    post("/desk/units/import", units_check, Action.UNIT_MANAGE),
    post("/desk/units/import/apply", units_apply, Action.UNIT_MANAGE),
)
PEOPLE = (
    get("/desk/people/import", people_page, Action.PEOPLE_MANAGE),
    get("/desk/people/import/sample", people_sample, Action.PEOPLE_MANAGE),
    post("/desk/people/import", people_check, Action.PEOPLE_MANAGE),
    post("/desk/people/import/apply", people_apply, Action.PEOPLE_MANAGE),
)
