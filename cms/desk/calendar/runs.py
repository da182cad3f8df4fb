"""Runs of rules on the timeline: as lines and as things to drag, what a move would meet, the move, and its way back."""

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from cms.desk import fields, instants, labels
from cms.desk.calendar.clash_lines import blocks, clash_lines
from cms.desk.routing import post
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit, as_uuid
from cms.people.permissions import Action, Subject, can
from cms.planning.runs import LookedAt, RunMove, Scope, look_at_run, move_run, put_back_run
from cms.publishing.calendar import Placed

_LOCAL: Final = "%Y-%m-%d %H:%M"
_NO_STORE: Final = {"Cache-Control": "no-store"}


async def check(visit: Visit) -> web.StreamResponse:
    """What would be in the way of each way of moving it; writes nothing."""
    asked = _asked(visit, await visit.form())
    async with visit.deps.db.read() as session:
        found = await look_at_run(session, visit.actor, asked, now=visit.now)
    ways = [_way(visit, found, scope) for scope in found.clashes]
    answer = {
        "title": found.placed.document.title or visit.t("desk.documents.untitled"),
        "from": _said(visit, found.before.start, found.before.end),
        "to": _said(visit, found.after.start, found.after.end),
        "note": found.placed.target.name,
        "clashes": [] if len(ways) > 1 else ways[0]["clashes"],
        "may": any(one["may"] for one in ways),
        "scopes": ways if len(ways) > 1 else [],
    }
    return web.json_response(answer, headers=_NO_STORE)


async def move(visit: Visit) -> web.StreamResponse:
    """Moves this run or the whole rule; the answer says how to go back."""
    form = await visit.form()
    asked, sent = _asked(visit, form), text(form, "scope")
    scope = Scope(sent) if sent in set(Scope) else Scope.ONE
    async with visit.deps.db.write() as session:
        made = await move_run(session, visit.actor, asked, scope, now=visit.now)
    back = {"placement": str(asked.placement), "run": str(made[0].id)}
    return web.json_response({"moved": labels.instant(visit, asked.to), "back": back}, headers=_NO_STORE)


async def undo(visit: Visit) -> web.StreamResponse:
    """The rule as it stood before the move."""
    form = await visit.form()
    async with visit.deps.db.write() as session:
        made = await put_back_run(session, visit.actor, as_uuid(text(form, "placement")), now=visit.now)
    return web.json_response({"moved": "", "run": str(made.id)}, headers=_NO_STORE)


def rule_lines(visit: Visit, runs: Sequence[Placed]) -> dict[str, list[dict[str, Any]]]:
    """The rules as the table of the timeline shows them, by target: a line a rule, its next run and how many."""
    by_rule: dict[uuid.UUID, list[Placed]] = {}
    for run in runs:
        by_rule.setdefault(run.placement, []).append(run)
    lines: dict[str, list[dict[str, Any]]] = {}
    for every in by_rule.values():
        lines.setdefault(every[0].target, []).append(_line(visit, every))
    return lines


def _line(visit: Visit, every: Sequence[Placed]) -> dict[str, Any]:
    one = next((run for run in every if run.interval.end > visit.now), every[-1])
    may = next((run for run in every if _may_move(visit, run)), None)
    return {
        "title": one.title,
        "href": f"/desk/calendar/placements/{one.placement}",
        "layer": visit.t(f"planning.layer.{one.layer.name.lower()}"),
        "span": _said(visit, one.interval.start, one.interval.end),
        "count": len(every),
        "move": _facts(visit, may) if may is not None else None,
    }


def run_events(visit: Visit, runs: Sequence[Placed]) -> list[dict[str, Any]]:
    """The runs as the script draws them."""
    layers = {layer: visit.t(f"planning.layer.{layer.name.lower()}") for layer in {one.layer for one in runs}}
    return [_event(visit, one, layers[one.layer]) for one in runs]


def _event(visit: Visit, one: Placed, layer: str) -> dict[str, Any]:
    zone = visit.deps.zone
    start = one.interval.start.astimezone(zone)
    may = _may_move(visit, one)
    return {
        "id": f"{one.placement}:{int(one.interval.start.timestamp())}",
        "resourceIds": [one.target],
        "start": start.strftime(_LOCAL),
        "end": one.interval.end.astimezone(zone).strftime(_LOCAL),
        "title": one.title,
        "editable": may,
        "classNames": ["cal-run", f"cal-run-{one.layer.name.lower()}"],
        "extendedProps": {
            "href": f"/desk/calendar/placements/{one.placement}",
            "time": start.strftime("%H:%M"),
            "word": layer,
            "notes": [],
            "unit": "",
            "batch": False,
            "movable": may,
            **(_facts(visit, one) if may else {}),
        },
    }


def _facts(visit: Visit, one: Placed) -> dict[str, Any]:
    """What a move begins with."""
    zone = visit.deps.zone
    return {
        "placement": str(one.placement),
        "title": one.title,
        "start": one.interval.start.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        "at": fields.local(one.interval.start, zone),
        "row": one.target,
    }


def _may_move(visit: Visit, one: Placed) -> bool:
    return (
        one.is_run
        and one.interval.start > visit.now
        and bool(can(visit.actor, Action.PUBLISHING_SCHEDULE, Subject(one.unit_path)))
    )


def _way(visit: Visit, found: LookedAt, scope: Scope) -> dict[str, Any]:
    clashes = found.clashes[scope]
    return {"scope": scope.value, "clashes": clash_lines(visit, clashes), "may": not blocks(clashes)}


def _said(visit: Visit, start: dt.datetime, end: dt.datetime) -> str:
    local = end.astimezone(visit.deps.zone)
    form = "%H:%M" if start.astimezone(visit.deps.zone).date() == local.date() else "%m-%d %H:%M"
    return f"{labels.instant(visit, start)} – {local.strftime(form)}"


def _asked(visit: Visit, form: Form) -> RunMove:
    return RunMove(
        as_uuid(text(form, "placement")), instants.needed(visit, form, "start"), instants.needed(visit, form, "at")
    )


ROUTES = (
    post("/desk/calendar/runs/check", check, Action.PUBLISHING_SCHEDULE),
    post("/desk/calendar/runs/move", move, Action.PUBLISHING_SCHEDULE),
    post("/desk/calendar/runs/undo", undo, Action.PUBLISHING_SCHEDULE),
)
