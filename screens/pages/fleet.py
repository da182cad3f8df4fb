"""The list of screens with four facts each, one screen, and pairing by the code a device shows."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncSession

from cms.desk import labels, paging, unit_field
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import DomainError, NotFound
from cms.people.permissions import Action, may_anywhere, require_reach
from cms.people.picking import places_at
from screens import fleet
from screens.pages import hands, parts, tags
from screens.pairing import LENGTH, claim, normal_code
from screens.places import degrees, place_screen
from screens.standing import WANTED, Tally, tallies

# Codes of a player's refusals that have words of their own; all others of `trust` share one sentence.
REFUSED = frozenset({"film.broken", "film.stuck", "trust.format", "trust.hash", "trust"})
_SIZE: Final = 50


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
                    typed = text(form, "tags").replace("，", ",").replace("、", ",").split(",")
                    await fleet.tag(session, visit.actor, public, tags=typed, now=visit.now)
                case "place":
                    await place_screen(
                        session, visit.actor, public, lng=text(form, "lng"), lat=text(form, "lat"), now=visit.now
                    )
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
    words, trouble = visit.query("q"), visit.query("trouble")
    where = await unit_field.filtered(visit, visit.query("unit"), Action.SCREEN_READ)
    asked: dict[str, Any] = {"unit": where or None, "words": words, "trouble": trouble}
    skip = paging.page_of(visit) * _SIZE
    async with visit.deps.db.read() as session:
        found = await fleet.screens(session, visit.actor, now=visit.now, skip=skip, limit=_SIZE, **asked)
        total = await fleet.count_screens(session, visit.actor, now=visit.now, **asked)
        within = [where] if where else require_reach(visit.actor, Action.SCREEN_READ)
        sums = sum((await tallies(session, within, now=visit.now)).values(), start=Tally())
        names = await _names(session, [one.screen.unit for one in found])
        unit = await unit_field.field_of(session, where, Action.SCREEN_READ)
    kept = {"q": words, "unit": where, "trouble": trouble}
    return {
        "screens": [_line(visit, one, names) for one in found],
        "address": f"/desk/screens/rows?{visit.request.query_string}",
        "is_filtered": bool(where or words or trouble),
        "q": words,
        "unit": unit,
        "trouble": trouble,
        "troubles": [{"value": one, "label": visit.t(f"screens.only.{one}")} for one in WANTED],
        "tally": _tally(visit, sums),
        "pager": paging.pager_of("/desk/screens/", kept, skip=skip, shown=len(found), total=total, size=_SIZE),
    }


async def _list(
    visit: Visit, error: DomainError | None = None, values: Mapping[str, str] | None = None
) -> web.Response:
    # The QR beside the code on a screen leads here: whoever scans it need not type the code.
    scanned = normal_code(visit.query("code"))[:LENGTH]
    blank = {"code": scanned, "unit": visit.actor.unit, "name": "", "point": "", "orientation": "portrait"}
    typed = values or blank
    async with visit.deps.db.read() as session:
        place = await unit_field.field_of(session, typed["unit"], Action.SCREEN_PAIR)
    context = {
        **await _rows(visit),
        "place": place,
        "values": typed,
        "tabs": parts.tabs(visit, "list"),
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
        offered = await tags.offered(session, visit)
    row = found.screen
    context = {
        "screen": {
            **_line(visit, found, names),
            "path": row.unit,
            "tags": "，".join(row.tags),
            "lng": degrees(row.lng),
            "lat": degrees(row.lat),
            "facts": _facts(visit, found, names),
        },
        **await hands.panel(visit, row),
        "place": place,
        "offered": offered,
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
        "health": parts.health(visit, view.health),
        "seen_at": row.last_seen,
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
    if code.startswith("hands."):
        said = labels.trouble(visit, code, {})
        return f"{said['text']} {said['next']}"
    family = code if code in REFUSED else code.partition(".")[0]
    return visit.t(f"screens.refused.{family}", code=code) if family in REFUSED else code


def _tally(visit: Visit, sums: Tally) -> list[dict[str, Any]]:
    up = sums.total - sums.never - sums.link
    newest = sums.total - sums.never - sums.version
    counted = (("all", sums.total), ("up", up), ("newest", newest), ("trouble", sums.trouble))
    return [{"label": visit.t(f"screens.tally.{name}"), "count": count} for name, count in counted]


ROUTES = (
    get("/desk/screens/", list_page, Action.SCREEN_READ),
    get("/desk/screens/rows", rows_part, Action.SCREEN_READ),
    post("/desk/screens/pair", pair, Action.SCREEN_PAIR),
    get("/desk/screens/{screen}", screen_page, Action.SCREEN_READ),
    post("/desk/screens/{screen}/do/{verb}", change, Action.SCREEN_MANAGE),
)
