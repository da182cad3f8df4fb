"""The list of screens with four facts each, one screen, and pairing by the code a device shows."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk import labels, unit_field
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import DomainError, NotFound
from cms.people.permissions import Action, may_anywhere
from cms.people.picking import places_at
from screens import fleet
from screens.pages import hands
from screens.pairing import claim

# Codes of a player's refusals that have words of their own; all others of `trust` share one sentence.
REFUSED = frozenset({"film.broken", "film.stuck", "trust.format", "trust.hash", "trust"})
_FACTS = ("link", "version", "painted", "clock")


async def list_page(visit: Visit) -> web.StreamResponse:
    return await _list(visit)


async def rows_part(visit: Visit) -> web.StreamResponse:
    """The rows alone: the page asks for them every few seconds."""
    return visit.render("screens/rows.html", await _rows(visit))


async def pair(visit: Visit) -> web.StreamResponse:
    """Pins the device that shows the code to a name and a place."""
    form = await visit.form()
    orientation = text(form, "orientation")
    try:
        place = await unit_field.typed(visit, text(form, "unit"), Action.SCREEN_PAIR)
        screen = await claim(
            visit.deps.db,
            visit.actor,
            code=text(form, "code"),
            unit=place.path,
            name=text(form, "name"),
            point=text(form, "point")[:40],
            orientation="landscape" if orientation == "landscape" else "portrait",
            now=visit.now,
        )
    except DomainError as error:
        values = {name: text(form, name) for name in ("code", "unit", "name", "point", "orientation")}
        return await _list(visit, error, values)
    return visit.redirect(f"/desk/screens/{screen.public}", done="paired")


async def screen_page(visit: Visit) -> web.StreamResponse:
    return await _screen(visit)


async def change(visit: Visit) -> web.StreamResponse:
    """Renames, moves, tags or revokes."""
    form = await visit.form()
    public, verb = visit.part("screen"), visit.part("verb")
    try:
        place = await _moved(visit, form) if verb == "move" else ""
        async with visit.deps.db.write() as session:
            match verb:
                case "rename":
                    await fleet.rename(session, visit.actor, public, name=text(form, "name"), now=visit.now)
                case "move":
                    point = text(form, "point")[:40]
                    await fleet.move(session, visit.actor, public, unit=place, point=point, now=visit.now)
                case "tag":
                    tags = text(form, "tags").replace("，", ",").replace("、", ",").split(",")
                    await fleet.tag(session, visit.actor, public, tags=tags, now=visit.now)
                case "revoke":
                    await fleet.revoke(session, visit.actor, public, now=visit.now)
                case _:
                    raise NotFound("kernel.not_found")
    except DomainError as error:
        if isinstance(error, NotFound):
            raise
        return await _screen(visit, error)
    return visit.redirect(f"/desk/screens/{public}", done=f"screen_{verb}")


async def _moved(visit: Visit, form: Form) -> str:
    """Where a screen is moved to. Raises Invalid."""
    return (await unit_field.typed(visit, text(form, "unit"), Action.SCREEN_MANAGE)).path


async def _rows(visit: Visit) -> dict[str, Any]:
    words = visit.query("q")
    where = await unit_field.filtered(visit, visit.query("unit"), Action.SCREEN_READ)
    async with visit.deps.db.read() as session:
        found = await fleet.screens(session, visit.actor, now=visit.now, unit=where or None, words=words)
        names = await _names(session, [one.screen.unit for one in found])
        unit = await unit_field.field_of(session, where, Action.SCREEN_READ)
    return {
        "screens": [_line(visit, one, names) for one in found],
        "address": f"/desk/screens/rows?{visit.request.query_string}",
        "is_filtered": bool(where or words),
        "q": words,
        "unit": unit,
        "tally": _tally(visit, found),
    }


async def _list(
    visit: Visit, error: DomainError | None = None, values: Mapping[str, str] | None = None
) -> web.Response:
    blank = {"code": "", "unit": visit.actor.unit, "name": "", "point": "", "orientation": "portrait"}
    typed = values or blank
    async with visit.deps.db.read() as session:
        place = await unit_field.field_of(session, typed["unit"], Action.SCREEN_PAIR)
    context = {
        **await _rows(visit),
        "place": place,
        "values": typed,
        "may_pair": may_anywhere(visit.actor, Action.SCREEN_PAIR),
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("screens/list.html", context, section="screens", status=error.status if error else 200)


async def screen_with(visit: Visit, error: DomainError) -> web.Response:
    """The page of a screen with a refusal."""
    return await _screen(visit, error)


async def _screen(visit: Visit, error: DomainError | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        found = await fleet.screen(session, visit.actor, visit.part("screen"), now=visit.now)
        names = await _names(session, [found.screen.unit])
        place = await unit_field.field_of(session, found.screen.unit, Action.SCREEN_MANAGE)
    row = found.screen
    context = {
        "screen": {
            **_line(visit, found, names),
            "path": row.unit,
            "tags": "，".join(row.tags),
            "facts": _facts(visit, found, names),
        },
        **await hands.panel(visit, row),
        "place": place,
        "may_manage": may_anywhere(visit.actor, Action.SCREEN_MANAGE) and row.revoked_at is None,
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("screens/show.html", context, section="screens", status=error.status if error else 200)


async def _names(session: AsyncSession, paths: Sequence[str]) -> Mapping[str, str]:
    return {path: one.name for path, one in (await places_at(session, paths)).items()}


def _line(visit: Visit, view: fleet.ScreenView, names: Mapping[str, str]) -> dict[str, Any]:
    row = view.screen
    return {
        "public": row.public,
        "href": f"/desk/screens/{row.public}",
        "name": row.name,
        "unit": names.get(row.unit, row.unit),
        "point": row.point,
        "orientation": visit.t(f"screens.orientation.{row.orientation}"),
        "is_revoked": row.revoked_at is not None,
        "health": [_fact(visit, name, getattr(view.health, name)) for name in _FACTS],
        "seen_at": row.last_seen,
    }


def _fact(visit: Visit, name: str, fact: fleet.Fact) -> dict[str, str]:
    return {
        "name": visit.t(f"screens.health.{name}"),
        "level": fact.level.value,
        "text": visit.t(fact.reason, value=fact.value if fact.value is not None else 0),
    }


def _facts(visit: Visit, view: fleet.ScreenView, names: Mapping[str, str]) -> list[labels.Fact]:
    row = view.screen
    size = row.caps.get("width"), row.caps.get("height")
    facts = [
        labels.fact(visit.t("screens.fact.number"), row.public),
        labels.fact(visit.t("screens.fact.unit"), names.get(row.unit, row.unit)),
        labels.fact(visit.t("screens.fact.paired"), labels.instant(visit, row.paired_at)),
        labels.fact(visit.t("screens.fact.player"), row.player or "—"),
        labels.fact(visit.t("screens.fact.key"), row.key[:16]),
    ]
    if all(isinstance(one, int) for one in size):
        facts.append(labels.fact(visit.t("screens.fact.size"), f"{size[0]} × {size[1]}"))
    if row.refused_code and row.refused >= row.shown:
        facts.append(labels.fact(visit.t("screens.fact.refused"), refused_text(visit, row.refused_code)))
    if row.memory_mb is not None:
        facts.append(labels.fact(visit.t("screens.fact.memory"), f"{row.memory_mb} MB"))
    return facts


def refused_text(visit: Visit, code: str) -> str:
    """What a screen could not draw or did not believe, in words; a code of a newer player stands as it is."""
    family = code if code in REFUSED else code.partition(".")[0]
    return visit.t(f"screens.refused.{family}", code=code) if family in REFUSED else code


def _tally(visit: Visit, found: Any) -> list[dict[str, Any]]:
    up = sum(one.health.link.level is fleet.Level.GOOD for one in found)
    newest = sum(one.health.version.level is fleet.Level.GOOD for one in found)
    bad = sum(
        any(getattr(one.health, name).level in {fleet.Level.BAD, fleet.Level.WARN} for name in _FACTS) for one in found
    )
    counted = (("all", len(found)), ("up", up), ("newest", newest), ("trouble", bad))
    return [{"label": visit.t(f"screens.tally.{name}"), "count": count} for name, count in counted]


ROUTES = (
    get("/desk/screens/", list_page, Action.SCREEN_READ),
    get("/desk/screens/rows", rows_part, Action.SCREEN_READ),
    post("/desk/screens/pair", pair, Action.SCREEN_PAIR),
    get("/desk/screens/{screen}", screen_page, Action.SCREEN_READ),
    post("/desk/screens/{screen}/do/{verb}", change, Action.SCREEN_MANAGE),
)
