"""Who gets a target, and why: the rule as a form, and under it what it says of each screen, before it is saved too."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.contract import AudienceRule, Why
from cms.desk import paging, unit_field
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import DomainError, NotFound
from cms.people.permissions import Action, Subject, can
from cms.people.picking import places_at
from cms.planning.models import Target
from screens.audiences import (
    Answer,
    Explained,
    audience_typed,
    explain,
    publics,
    save_audience,
    screen_target,
    screen_targets,
    target_to_change,
)
from screens.pages import parts, tags

_LISTS: Final = ("tags", "except_tags", "screens", "except_screens")
_SIZE: Final = 50


async def targets_page(visit: Visit) -> web.StreamResponse:
    """Every screen target with how many screens its rule reaches."""
    async with visit.deps.db.read() as session:
        rows = await screen_targets(session, visit.actor)
        names = await _names(session, [path for row in rows for path in row.units])
        found = [(row, await explain(session, visit.actor, AudienceRule.read(row.units, row.settings))) for row in rows]
    context = {
        "tabs": parts.tabs(visit, "audiences"),
        "targets": [
            {
                "name": row.name,
                "code": row.code,
                "href": f"/desk/screens/audiences/{row.code}",
                "units": visit.joined(names.get(path, path) for path in row.units[:4]),
                "extra": _extra(visit, answer.audience),
                "reached": answer.reached,
                "total": len(answer.screens),
            }
            for row, answer in found
        ],
    }
    return visit.page("screens/audiences.html", context, section="screens")


async def audience_page(visit: Visit) -> web.StreamResponse:
    return await _audience(visit)


async def audience_save(visit: Visit) -> web.StreamResponse:
    """Tries a rule without keeping it, or keeps it; the button said which."""
    form = await visit.form()
    code = visit.part("target")
    async with visit.deps.db.read() as session:
        await target_to_change(session, visit.actor, code)
    try:
        async with visit.deps.db.read() as session:
            rule = await audience_typed(session, await _units(visit, form, "unit"), await _lists(visit, form))
        if text(form, "verb") == "try":
            return await _audience(visit, rule=rule)
        async with visit.deps.db.write() as session:
            await save_audience(session, visit.actor, code, rule, now=visit.now)
    except DomainError as error:
        if isinstance(error, NotFound):
            raise
        return await _audience(visit, error=error, form=form)
    return visit.redirect(f"/desk/screens/audiences/{code}", done="audience_saved")


async def _audience(
    visit: Visit, *, rule: AudienceRule | None = None, error: DomainError | None = None, form: Form | None = None
) -> web.Response:
    async with visit.deps.db.read() as session:
        row = await screen_target(session, visit.actor, visit.part("target"))
        kept = AudienceRule.read(row.units, row.settings)
        answer = await explain(session, visit.actor, rule or kept)
        shown, pager = _page(visit, answer)
        named = await publics(session, [*answer.audience.screens, *answer.audience.except_screens])
        names = await _names(session, [one.unit for one in shown] + [one.verdict.line for one in shown])
        unit = await unit_field.field_of(session, "", Action.TARGET_MANAGE)
        fields = await _fields(session, answer.audience, named, form)
        offered = await tags.offered(session, visit)
    context = {
        "tabs": parts.tabs(visit, "audiences"),
        "target": _head(visit, row),
        "rule": fields,
        "offered": offered,
        "unit": unit,
        "is_try": rule is not None and rule != kept,
        "reached": answer.reached,
        "total": len(answer.screens),
        "reasons": [
            {"key": why.value, "label": visit.t(f"screens.why.{why.value}"), "count": answer.counts[why]}
            for why in Why
            if answer.counts.get(why)
        ],
        "why": visit.query("why"),
        "q": visit.query("q"),
        "screens": [_line(visit, one, names, named) for one in shown],
        "pager": pager,
        "may_edit": bool(can(visit.actor, Action.TARGET_MANAGE, Subject(row.unit_path))),
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("screens/audience.html", context, section="screens", status=error.status if error else 200)


def _page(visit: Visit, answer: Answer) -> tuple[Sequence[Explained], dict[str, Any] | None]:
    """The screens asked for: of one reason, or with words in their names."""
    why, words = visit.query("why"), visit.query("q").strip().lower()
    found = [
        one
        for one in answer.screens
        if (not why or one.verdict.why == why)
        and (not words or words in one.name.lower() or words in {one.public, one.point.lower(), *one.tags})
    ]
    skip = paging.page_of(visit) * _SIZE
    shown = found[skip : skip + _SIZE]
    path = f"/desk/screens/audiences/{visit.part('target')}"
    asked = {"why": why, "q": visit.query("q")}
    return shown, paging.pager_of(path, asked, skip=skip, shown=len(shown), total=len(found), size=_SIZE)


def _line(
    visit: Visit, one: Explained, names: Mapping[str, str], named: Mapping[str, tuple[str, str]]
) -> dict[str, Any]:
    said = one.verdict.line
    line = names.get(said, named.get(said, (said, ""))[0])
    return {
        "name": one.name,
        "public": one.public,
        "href": f"/desk/screens/{one.public}",
        "unit": names.get(one.unit, one.unit),
        "point": one.point,
        "tags": one.tags,
        "is_in": one.verdict.is_in,
        "why": visit.t(f"screens.because.{one.verdict.why.value}", line=line),
    }


async def _fields(
    session: AsyncSession, rule: AudienceRule, named: Mapping[str, tuple[str, str]], form: Form | None
) -> dict[str, Any]:
    """The rule as its form shows it; after a refusal what was typed."""
    shown: dict[str, Any] = {
        "units": await unit_field.chosen(session, rule.units),
        "except_units": await unit_field.chosen(session, rule.except_units),
        "tags": "，".join(rule.tags),
        "except_tags": "，".join(rule.except_tags),
        "screens": "，".join(named.get(one, (one, ""))[0] for one in rule.screens),
        "except_screens": "，".join(named.get(one, (one, ""))[0] for one in rule.except_screens),
    }
    if form is not None:
        shown |= {name: text(form, name) for name in _LISTS}
        shown["units"] = await unit_field.chosen(session, _sent(form, "unit"))
        shown["except_units"] = await unit_field.chosen(session, _sent(form, "except_unit"))
    return shown


async def _lists(visit: Visit, form: Form) -> dict[str, Sequence[str]]:
    found: dict[str, Sequence[str]] = {
        name: text(form, name).replace("，", ",").replace("、", ",").split(",") for name in _LISTS
    }
    return {**found, "except_units": await _units(visit, form, "except_unit")}


async def _units(visit: Visit, form: Form, name: str) -> list[str]:
    """Units that were chosen, and one that was typed beside them. Raises Invalid."""
    return [(await unit_field.typed(visit, one, Action.TARGET_MANAGE)).path for one in _sent(form, name)]


def _sent(form: Form, name: str) -> list[str]:
    return list(dict.fromkeys(one for one in form.getall(name, []) if isinstance(one, str) and one))


def _head(visit: Visit, row: Target) -> dict[str, str]:
    edit = f"/desk/targets/{row.code}" if visit.may(Action.TARGET_MANAGE) else ""
    return {"name": row.name, "code": row.code, "href": f"/desk/screens/audiences/{row.code}", "edit": edit}


def _extra(visit: Visit, rule: AudienceRule) -> str:
    """What narrows or widens the units, in words."""
    counted = [(name, len(lines)) for name, lines in rule.kept().items()]
    return visit.joined(visit.t(f"screens.rule.{name}.count", count=count) for name, count in counted)


async def _names(session: AsyncSession, paths: Sequence[str]) -> Mapping[str, str]:
    return {path: one.name for path, one in (await places_at(session, paths)).items()}


ROUTES = (
    get("/desk/screens/audiences", targets_page, Action.SCREEN_READ),
    get("/desk/screens/audiences/{target}", audience_page, Action.SCREEN_READ),
    post("/desk/screens/audiences/{target}", audience_save, Action.TARGET_MANAGE),
)
