"""Live input: what comes in of each source, taken on air and back, and the form that adds one."""

import datetime as dt
from typing import Any, Final

from aiohttp import web

from cms.content.queries import find
from cms.desk.frame import Section
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.clock import from_ms
from cms.kernel.errors import DomainError, Invalid, NotFound, Refused
from cms.live import sources
from cms.live.recordings import Recording, RecordingState, recordings
from cms.live.rules import SourceForm, SourceKind, SourceState, is_heard
from cms.live.sources import SourceRow
from cms.live.taking import LiveWish, end_live, take_live
from cms.people.permissions import Action, Subject, can
from cms.publishing.onair.board import choices
from cms.publishing.onair.logos import wearing
from cms.publishing.onair.models import CutInKind
from schedules.linear import SLOT_MS

_HREF: Final = "/desk/live/"
_MINUTES: Final = (30, 60, 120, 240, 480)
_FIELDS: Final = ("channel", "name", "kind", "port")
_TONES: Final = {
    RecordingState.RUNNING: "info",
    RecordingState.WAITING: "wait",
    RecordingState.KEPT: "good",
    RecordingState.FAILED: "bad",
}
_NEW: Final = {"channel": "", "name": "", "kind": SourceKind.LISTEN.value, "port": "9000", "active": True}


async def live_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def live_tiles(visit: Visit) -> web.StreamResponse:
    """What comes in, asked again every few seconds."""
    async with visit.deps.db.read() as session:
        found = await sources.sources(session, visit.actor, now=visit.now)
        worn = await wearing(session, {one.target.id for one in found})
    tiles = [_tile(visit, one, has_logo=one.target.id in worn) for one in found]
    context = {"tiles": tiles, "at": visit.now, "url": f"{_HREF}tiles"}
    return visit.page("live/tiles.html", context, section="live")


async def live_still(visit: Visit) -> web.StreamResponse:
    """The last picture that was seen of a source."""
    async with visit.deps.db.read() as session:
        found = await sources.source_of(session, visit.actor, visit.uuid("source"), Action.PUBLISHING_READ)
    if found.state is None or found.state.still is None:
        raise NotFound("live.none")
    return web.Response(body=found.state.still, content_type="image/jpeg", headers={"Cache-Control": "no-store"})


async def live_add(visit: Visit) -> web.StreamResponse:
    form, deps = await visit.form(), visit.deps
    secret = text(form, "url") if text(form, "kind") == SourceKind.PULL else text(form, "passphrase")
    told = SourceForm(text(form, "name"), text(form, "kind"), text(form, "active") == "on", text(form, "port"), secret)
    anywhere = deps.outputs_anywhere
    try:
        code = text(form, "channel")
        await sources.add_source(deps.db, deps.vault, visit.actor, code, told, anywhere=anywhere, now=visit.now)
    except DomainError as error:
        typed = {name: text(form, name) for name in _FIELDS}
        return await _page(visit, error, typed | {"active": told.active})
    return visit.redirect(_HREF, done="live_saved")


async def live_edit(visit: Visit) -> web.StreamResponse:
    """Another name, port or secret, or on and off; what is left empty stays."""
    form, deps, key = await visit.form(), visit.deps, visit.uuid("source")
    try:
        async with deps.db.read() as session:
            row = (await sources.source_of(session, visit.actor, key, Action.TARGET_MANAGE)).source
        port = text(form, "port") or str(row.port)
        told = SourceForm(text(form, "name"), row.kind, text(form, "active") == "on", port, text(form, "secret"))
        anywhere = deps.outputs_anywhere
        await sources.edit_source(deps.db, deps.vault, visit.actor, key, told, anywhere=anywhere, now=visit.now)
    except DomainError as error:
        if error.status in {403, 404}:
            raise
        return await _page(visit, error)
    return visit.redirect(_HREF, done="live_saved")


async def live_take(visit: Visit) -> web.StreamResponse:
    """On air, under the piece that says what it is."""
    async with visit.deps.db.read() as session:
        await sources.source_of(session, visit.actor, visit.uuid("source"), Action.PUBLISHING_PUBLISH)
    form = await visit.form()
    minutes = text(form, "minutes")
    try:
        if minutes not in {str(one) for one in _MINUTES}:
            raise Invalid("publishing.cut_in_times", fields={"minutes": "publishing.cut_in_times"})
        async with visit.deps.db.write() as session:
            held = await find(session, visit.actor, text(form, "document"))
            length = dt.timedelta(minutes=int(minutes))
            wish = LiveWish(visit.uuid("source"), held.document.id, length, record=text(form, "record") == "on")
            await take_live(session, visit.actor, wish, now=visit.now)
    except DomainError as error:
        if error.status == 403:
            raise
        return await _page(visit, error)
    return visit.redirect(_HREF, done="live_taken")


async def live_back(visit: Visit) -> web.StreamResponse:
    """Back to what is planned, at the next slot that may change."""
    await visit.form()
    try:
        async with visit.deps.db.write() as session:
            await end_live(session, visit.actor, visit.uuid("source"), now=visit.now)
    except DomainError as error:
        if error.status == 403:
            raise
        return await _page(visit, error)
    return visit.redirect(_HREF, done="live_back")


async def _page(visit: Visit, error: DomainError | None = None, typed: dict[str, Any] | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        found = await sources.sources(session, visit.actor, now=visit.now)
        channels = await sources.channels(session, visit.actor)
        worn = await wearing(session, {one.target.id for one in found})
        tiles = [_tile(visit, one, has_logo=one.target.id in worn) for one in found]
        kept = await recordings(session, visit.actor, now=visit.now)
        for tile, one in zip(tiles, found, strict=True):
            may = tile["may_take"] or tile["may_back"]
            offered = await choices(session, one.target, now=visit.now) if may else ()
            fit = [piece for piece in offered if CutInKind.LIVE in piece.kinds]
            tile["pieces"] = [{"value": piece.document, "label": piece.title} for piece in fit]
    fields = error.fields if isinstance(error, Invalid) else {}
    context = {
        "tiles": tiles,
        "recordings": [_recording(visit, one) for one in kept],
        "at": visit.now,
        "url": f"{_HREF}tiles",
        "channels": [{"value": one.code, "label": one.name} for one in channels],
        "kinds": [{"value": one.value, "label": visit.t(f"enum.SourceKind.{one.name}")} for one in SourceKind],
        "minutes": [{"value": str(one), "label": visit.t("desk.signal.minutes_of", count=one)} for one in _MINUTES],
        "values": typed or _NEW,
        "error": visit.refusal(error) if error else None,
        "wrong": {name: visit.refusal(Invalid(code, fields=None)) for name, code in fields.items()},
    }
    return visit.page("live/list.html", context, section="live", status=error.status if error else 200)


def _recording(visit: Visit, one: Recording) -> dict[str, Any]:
    """A recording in a line: how far it is, the draft it became, what is missing in it."""
    error = Refused(one.error) if one.error.startswith("live.") else Refused("live.refused", why=one.error)
    why = visit.refusal(error) if one.error else None
    return {
        "title": one.title,
        "channel": one.channel,
        "at": one.at,
        "tone": _TONES[one.state],
        "word": visit.t(f"enum.RecordingState.{one.state.name}"),
        "href": f"/desk/documents/{one.document}" if one.document else "",
        "why": why,
    }


def _tile(visit: Visit, one: SourceRow, *, has_logo: bool) -> dict[str, Any]:
    source, state = one.source, one.state
    place = Subject(one.target.unit_path)
    tone, word = _going(one, visit.now)
    on_air, said = one.cut_in is not None, state.error if state else ""
    publishes, recalls = (
        bool(can(visit.actor, action, place)) for action in (Action.PUBLISHING_PUBLISH, Action.PUBLISHING_RECALL)
    )
    return {
        "id": str(source.id),
        "href": f"{_HREF}{source.id}",
        "name": source.name,
        "channel": one.target.name,
        "where": source.url if source.kind == SourceKind.PULL else f"srt://…:{source.port}",
        "kind": visit.t(f"enum.SourceKind.{SourceKind(source.kind).name}"),
        "is_listener": source.kind == SourceKind.LISTEN,
        "port": source.port,
        "active": source.active,
        "still": f"{_HREF}{source.id}/still.jpg?{int(state.still_at.timestamp())}" if state and state.still_at else "",
        "tone": tone,
        "word": visit.t(f"desk.signal.is.{word}"),
        "on_air": on_air,
        "until": one.cut_in.until if one.cut_in is not None else None,
        "records": bool(one.take and one.take.record),
        "may_take": publishes and not on_air and source.active,
        "may_back": recalls and on_air,
        "may_manage": bool(can(visit.actor, Action.TARGET_MANAGE, place)),
        "logo": has_logo,
        "factor": f"{state.factor:.2f}" if state and state.factor else "",
        "recording": f"{state.price_of(record=True):.2f}" if state and state.recording else "",
        "rungs": state.rungs if state else 0,
        "size": state.size if state else "",
        "since": state.since if state else None,
        "slot_at": from_ms(state.slot * SLOT_MS) if state and state.slot else None,
        "late": state.late if state else 0,
        "losses": state.losses if state else 0,
        "error": visit.t("desk.signal.other_house") if state and state.error == "media.house_mismatch" else said,
        "may_begin": publishes and word == "receiving",
    }


def _going(one: SourceRow, now: dt.datetime) -> tuple[str, str]:
    """The tone and the word for how it is with a source."""
    if not one.source.active or not one.target.active:
        return "past", "off"
    if one.state is None or not is_heard(one.state, now):
        return "bad", "silent"
    tones = {SourceState.WAITING: "wait", SourceState.RECEIVING: "info", SourceState.ENCODING: "good"}
    state = SourceState(one.state.state)
    return tones.get(state, "bad"), state.value


ROUTES = (
    get(_HREF, live_page, Action.PUBLISHING_READ),
    get(f"{_HREF}tiles", live_tiles, Action.PUBLISHING_READ),
    post(_HREF, live_add, Action.TARGET_MANAGE),
    get(f"{_HREF}{{source}}/still.jpg", live_still, Action.PUBLISHING_READ),
    post(f"{_HREF}{{source}}", live_edit, Action.TARGET_MANAGE),
    post(f"{_HREF}{{source}}/take", live_take, Action.PUBLISHING_PUBLISH),
    post(f"{_HREF}{{source}}/back", live_back, Action.PUBLISHING_RECALL),
)
SECTION = Section(
    "live", "desk.nav.live", "radio-tower", 59, _HREF, Action.PUBLISHING_READ, "desk.nav.group.screens", ROUTES
)
