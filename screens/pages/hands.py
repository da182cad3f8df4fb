"""Remote hands on the desk: orders to one screen on its page, commands to a subtree, and how far each came."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from aiohttp import web

from cms.desk import labels, unit_field
from cms.desk.policy import page_headers
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.kernel.errors import DomainError, Invalid
from cms.people.permissions import Action, Subject, can, may_anywhere
from cms.people.picking import places_at
from cms.planning.holidays import district
from screens import fleet
from screens.hands import reading, rollout, states
from screens.hands.ordering import Asked, able_actions, order_subtree, reached
from screens.hands.reading import CommandView, OrderView
from screens.hands.uploads import TEXT, handed_in
from screens.pages import hands_form
from screens.tables import Screen

HOME: Final = "/desk/screens/orders/"
_LEVELS: Final = {
    states.DONE: "good",
    states.REFUSED: "bad",
    states.FAILED: "bad",
    states.EXPIRED: "warn",
}


async def panel(visit: Visit, screen: Screen) -> dict[str, Any]:
    """What the page of one screen shows of its hands."""
    async with visit.deps.db.read() as session:
        orders = await reading.of_screen(session, screen.id)
    may = bool(can(visit.actor, Action.SCREEN_MANAGE, Subject(screen.unit))) and screen.revoked_at is None
    able = [one for one in able_actions(screen.caps) if one in hands_form.ORDERED]
    return {
        "hands": {
            "may": may,
            "able": [_action(visit, one) for one in able],
            "orders": [_order(visit, one) for one in orders],
            "is_open": any(one.is_open for one in orders),
            "url": f"/desk/screens/{screen.public}/hands",
            "is_linked": screen.link is not None,
            **hands_form.choices(visit),
        }
    }


async def panel_part(visit: Visit) -> web.StreamResponse:
    """The list of orders alone: the page asks for it while something is open."""
    async with visit.deps.db.read() as session:
        found = await fleet.screen(session, visit.actor, visit.part("screen"), now=visit.now)
    return visit.render("screens/hands_orders.html", await panel(visit, found.screen))


async def file(visit: Visit) -> web.StreamResponse:
    """A picture or a log that a box handed in."""
    async with visit.deps.db.read() as session:
        found = await handed_in(session, visit.actor, visit.uuid("order"))
    headers = {**page_headers(), "Cache-Control": "private, no-store"}
    if found.media_type == TEXT:
        headers["Content-Disposition"] = f'attachment; filename="{found.screen}.txt"'
    headers["Content-Type"] = found.media_type
    return web.Response(body=found.body, headers=headers)


async def list_page(visit: Visit) -> web.StreamResponse:
    return await _list(visit)


async def ask_page(visit: Visit) -> web.StreamResponse:
    """How many screens a command would reach, before it is given."""
    form = await visit.form()
    try:
        return await _asked(visit, form)
    except DomainError as error:
        return await _list(visit, error, form)


async def give(visit: Visit) -> web.StreamResponse:
    """Gives a command to a subtree, for as many screens as the person saw."""
    form = await visit.form()
    try:
        action = hands_form.action_of(form)
        asked = Asked(action, hands_form.params_of(action, form))
        typed = text(form, "confirmed")
        made = await order_subtree(
            visit.deps.db,
            visit.deps.hands,
            visit.actor,
            text(form, "unit"),
            asked,
            confirmed=int(typed) if typed.isdecimal() else 0,
            now=visit.now,
        )
    except DomainError as error:
        return await _list(visit, error, form)
    return visit.redirect(f"{HOME}{made.id}", done="screen_ordered")


async def command_page(visit: Visit) -> web.StreamResponse:
    return await _command(visit, "screens/command.html")


async def command_part(visit: Visit) -> web.StreamResponse:
    return await _command(visit, "screens/command_rows.html")


async def updates_page(visit: Visit) -> web.StreamResponse:
    """Updates of the player: how far each went, and why it stopped."""
    async with visit.deps.db.read() as session:
        rows = await reading.rollouts(session)
        shown = []
        for row in rows:
            standing = None
            if row.state == rollout.RUNNING:
                standing, _ = await rollout.standing_of(session, row, now=visit.now)
            shown.append(_rollout(visit, row, standing))
        may_stop = bool(can(visit.actor, Action.SYSTEM_CONFIGURE, Subject(await district(session))))
        running = await reading.versions(session, visit.actor)
    versions = [{"version": one or "—", "count": count} for one, count in running]
    context = {"rollouts": shown, "may_stop": may_stop, "versions": versions}
    return visit.page("screens/updates.html", context, section="screens")


async def start_update(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        await rollout.start(session, visit.actor, visit.uuid("rollout"), now=visit.now)
    return visit.redirect("/desk/screens/updates/", done="rollout_started")


async def stop_update(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        await rollout.stop(session, visit.actor, visit.uuid("rollout"), now=visit.now)
    return visit.redirect("/desk/screens/updates/", done="rollout_stopped")


async def _asked(visit: Visit, form: Form) -> web.Response:
    action = hands_form.action_of(form)
    params = hands_form.params_of(action, form)
    place = await unit_field.typed(visit, text(form, "unit"), Action.SCREEN_MANAGE)
    async with visit.deps.db.read() as session:
        found = await reached(session, visit.actor, unit=place.path, action=action)
    if not found.able:
        raise Invalid("hands.nobody", fields={"unit": "hands.nobody"})
    kept = [(name, value) for name, value in form.items() if isinstance(value, str) and name not in {"csrf", "unit"}]
    context = {
        "said": hands_form.said(visit, action, params),
        "unit": place.name,
        "path": place.path,
        "kept": kept,
        "count": len(found.able),
        "linked": found.linked,
        "away": len(found.able) - found.linked,
        "unable": found.unable,
    }
    return visit.page("screens/ask.html", context, section="screens")


async def _list(visit: Visit, error: DomainError | None = None, form: Form | None = None) -> web.Response:
    before = visit.query("before")
    async with visit.deps.db.read() as session:
        found = await reading.commands(session, visit.actor, before=as_uuid(before) if before else None)
        places = await places_at(session, [one.command.unit for one in found])
        names = {path: one.name for path, one in places.items()}
        typed = text(form, "unit") if form is not None else visit.actor.unit
        unit = await unit_field.field_of(session, typed, Action.SCREEN_MANAGE)
    chosen = text(form, "action") if form is not None else "reload"
    context = {
        "commands": [_line(visit, one, names) for one in found],
        "earlier": f"{HOME}?before={found[-1].command.id}" if len(found) == reading.PAGE else "",
        "may": may_anywhere(visit.actor, Action.SCREEN_MANAGE),
        "unit": unit,
        "actions": [{"value": one, "label": visit.t(f"screens.hands.{one}")} for one in hands_form.ORDERED],
        "action": chosen,
        "error": visit.refusal(error) if error else None,
        **hands_form.choices(visit),
    }
    return visit.page("screens/orders.html", context, section="screens", status=error.status if error else 200)


async def _command(visit: Visit, template: str) -> web.Response:
    after = visit.query("after")
    async with visit.deps.db.read() as session:
        found = await reading.command(session, visit.actor, visit.uuid("command"))
        orders = await reading.of_command(session, found.command.id, after=as_uuid(after) if after else None)
        names = {path: one.name for path, one in (await places_at(session, [found.command.unit])).items()}
    line = _line(visit, found, names)
    more = f"{line['href']}?after={orders[-1].order.id}" if len(orders) == reading.PAGE else ""
    context = {
        "command": line,
        "orders": [_order(visit, one) for one in orders],
        "later": more,
        "address": f"{line['href']}/rows" + (f"?after={after}" if after else ""),
        "tally": _tally(visit, found),
    }
    if template.endswith("_rows.html"):
        return visit.render(template, context)
    return visit.page(template, context, section="screens")


def _action(visit: Visit, action: str) -> dict[str, Any]:
    return {"name": action, "label": visit.t(f"screens.hands.{action}"), "icon": hands_form.ICONS[action]}


def _order(visit: Visit, view: OrderView) -> dict[str, Any]:
    row = view.order
    trouble = labels.trouble(visit, row.code, {}) if row.code and row.state in {states.REFUSED, states.FAILED} else None
    is_text = view.file == TEXT
    may_open = view.file is not None and (not is_text or may_anywhere(visit.actor, Action.SCREEN_MANAGE))
    return {
        "screen": {"name": view.name, "href": f"/desk/screens/{view.screen}", "public": view.screen},
        "said": hands_form.said(visit, row.action, view.command.params),
        "icon": hands_form.ICONS[row.action],
        "by": view.command.by_name,
        "at": view.command.at,
        "ended_at": row.ended_at,
        "state": visit.t(f"screens.hands.state.{row.state}"),
        "level": _LEVELS.get(row.state, "none"),
        "is_open": view.is_open,
        "trouble": trouble,
        "value": row.value if row.action in {"volume", "brightness"} else None,
        "picture": f"/desk/screens/files/{row.id}" if may_open and not is_text else "",
        "log": f"/desk/screens/files/{row.id}" if may_open and is_text else "",
    }


def _line(visit: Visit, view: CommandView, names: Mapping[str, str]) -> dict[str, Any]:
    row = view.command
    done = view.counts.get(states.DONE, 0)
    bad = sum(view.counts.get(state, 0) for state in (states.REFUSED, states.FAILED, states.EXPIRED))
    return {
        "href": f"{HOME}{row.id}",
        "said": hands_form.said(visit, row.action, row.params),
        "icon": hands_form.ICONS[row.action],
        "unit": visit.t("screens.hands.fleet") if row.unit == "/" else names.get(row.unit, row.unit),
        "by": row.by_name,
        "at": row.at,
        "count": row.count,
        "done": done,
        "bad": bad,
        "open": view.open,
        "progress": visit.t("screens.hands.progress", done=done, count=row.count),
    }


def _tally(visit: Visit, view: CommandView) -> Sequence[dict[str, Any]]:
    counts = view.counts
    return [{"label": visit.t(f"screens.hands.state.{one}"), "count": counts.get(one, 0)} for one in states.STATES]


def _rollout(visit: Visit, row: Any, standing: rollout.Standing | None) -> dict[str, Any]:
    return {
        "version": row.version,
        "state": visit.t(f"screens.rollout.{row.state}"),
        "level": {"ready": "warn", "running": "none", "stopped": "bad", "done": "good"}[row.state],
        "is_running": row.state == rollout.RUNNING,
        "is_ready": row.state == rollout.READY,
        "stage": visit.t(f"screens.rollout.stage.{row.stage}"),
        "by": row.by_name,
        "at": row.at,
        "ended_at": row.ended_at,
        "trouble": labels.trouble(visit, row.reason, {}) if row.reason else None,
        "url": f"/desk/screens/updates/{row.id}",
        "standing": None
        if standing is None
        else visit.t(
            "screens.rollout.standing",
            chosen=standing.chosen,
            updated=standing.updated,
            bad=standing.failed + standing.silent,
        ),
    }


ROUTES = (
    get("/desk/screens/orders/", list_page, Action.SCREEN_READ),
    post("/desk/screens/orders/ask", ask_page, Action.SCREEN_MANAGE),
    post("/desk/screens/orders/", give, Action.SCREEN_MANAGE),
    get("/desk/screens/orders/{command}", command_page, Action.SCREEN_READ),
    get("/desk/screens/orders/{command}/rows", command_part, Action.SCREEN_READ),
    get("/desk/screens/files/{order}", file, Action.SCREEN_READ),
    get("/desk/screens/updates/", updates_page, Action.SCREEN_READ),
    post("/desk/screens/updates/{rollout}/start", start_update, Action.SYSTEM_CONFIGURE),
    post("/desk/screens/updates/{rollout}/stop", stop_update, Action.SYSTEM_CONFIGURE),
    get("/desk/screens/{screen}/hands", panel_part, Action.SCREEN_READ),
)
