"""The targets: where pieces can go, the account behind each, and what its platform said."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.contract import Channel
from cms.desk import labels, unit_field
from cms.desk.routing import get, post
from cms.desk.settings_form import PREFIX, Field, defaults_of, fields_of, settings_from, typed_of
from cms.desk.views.gate import text
from cms.desk.views.journal import ROUTES as JOURNAL
from cms.desk.views.places import number_of
from cms.desk.visit import Form, Visit
from cms.kernel.errors import DomainError, Invalid
from cms.people.permissions import Action, require_reach
from cms.people.picking import places_at
from cms.planning.models import Target
from cms.planning.targets import Change, add_target, edit_target, every_target, note_secrets, target_of
from cms.publishing.accounts import resume
from cms.publishing.refresh import refresh_targets
from cms.publishing.services.models import AccountSecret

_SECRET: Final = "key-"  # noqa: S105 - the beginning of a field's name
_LONGEST: Final = 4096


async def targets_page(visit: Visit) -> web.StreamResponse:
    return await _targets(visit)


async def target_add(visit: Visit) -> web.StreamResponse:
    """Makes a target; one with an account behind it is led on to its settings."""
    form = await visit.form()
    channel = visit.deps.channels.get(text(form, "kind"))
    try:
        places = await _typed_places(visit, form)
        async with visit.deps.db.write() as session:
            await add_target(
                session,
                visit.actor,
                code=text(form, "code"),
                kind=channel.kind if channel else "",
                name=text(form, "name"),
                unit=places[0] if places else visit.actor.unit,
                units=places if _has_places(channel) else (),
                settings=defaults_of(channel.settings) if channel else None,
                loop_seconds=number_of(text(form, "loop_minutes")) * 60,
                now=visit.now,
            )
    except DomainError as error:
        typed = {n: text(form, n) for n in ("code", "kind", "name", "loop_minutes", "unit")}
        return await _targets(visit, error, typed)
    there = f"/desk/targets/{text(form, 'code')}" if channel and _has_account(channel) else "/desk/targets/"
    return visit.redirect(there, done="target_added")


async def target_page(visit: Visit) -> web.StreamResponse:
    return await _target(visit)


async def target_edit(visit: Visit) -> web.StreamResponse:
    """Name, reach, loop, on or off, the channel's settings, and secrets that were typed anew."""
    form = await visit.form()
    async with visit.deps.db.read() as session:
        before = await target_of(session, visit.actor, visit.part("target"))
    channel = visit.deps.channels.get(before.kind)
    typed = typed_of(channel.settings, form) if channel else {}
    try:
        secrets = _secrets(channel, form)
        settings = settings_from(channel.settings, typed) if channel and channel.settings else before.settings
        change = Change(
            name=text(form, "name"),
            units=tuple(await _typed_places(visit, form)) if _has_places(channel) else tuple(before.units),
            loop_seconds=number_of(text(form, "loop_minutes")) * 60 if _has_places(channel) else before.loop_seconds,
            active=text(form, "active") == "on",
            settings=settings,
        )
        async with visit.deps.db.write() as session:
            row = await edit_target(session, visit.actor, before.code, change, now=visit.now)
            if row.active and channel is not None and channel.display is not None:
                await refresh_targets(session, [row], reason="target", now=visit.now, actor=visit.actor.person)
            if secrets:
                await note_secrets(session, visit.actor, row.code, sorted(secrets), now=visit.now)
    except DomainError as error:
        return await _target(visit, error, form, typed)
    vault = visit.deps.vault(before.code)
    for name, secret in secrets.items():
        await vault.put(name, secret)
    return visit.redirect(f"/desk/targets/{before.code}", done="target_saved")


async def target_resume(visit: Visit) -> web.StreamResponse:
    """What an administrator mended: the account goes on, and everything that waited is tried again."""
    async with visit.deps.db.write() as session:
        await resume(session, visit.actor, visit.part("target"), now=visit.now)
    return visit.redirect(f"/desk/targets/{visit.part('target')}", done="target_resumed")


async def _targets(
    visit: Visit, error: DomainError | None = None, values: dict[str, str] | None = None
) -> web.Response:
    async with visit.deps.db.read() as session:
        found = await every_target(session)
        require_reach(visit.actor, Action.TARGET_MANAGE)
        known = await places_at(session, [path for one in found for path in one.units])
        names = {path: one.name for path, one in known.items()}
        typed = values or {"code": "", "kind": "screen", "name": "", "loop_minutes": "15", "unit": visit.actor.unit}
        unit = await unit_field.field_of(session, typed["unit"], Action.TARGET_MANAGE)
    context: dict[str, Any] = {
        "targets": [
            {
                "code": one.code,
                "href": f"/desk/targets/{one.code}",
                "name": one.name,
                "kind": one.kind,
                "channel": labels.channel(visit, one.kind),
                "units": [names.get(path, path) for path in one.units],
                "loop": one.loop_seconds // 60,
                "is_loop": one.kind == "screen",
                "active": one.active,
                "paused": one.paused_at is not None,
            }
            for one in found
        ],
        "kinds": [{"value": one, "label": labels.channel(visit, one)} for one in sorted(visit.deps.channels)],
        "unit": unit,
        "values": typed,
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("places/targets.html", context, section="targets", status=error.status if error else 200)


async def _target(
    visit: Visit, error: DomainError | None = None, form: Form | None = None, typed: Mapping[str, Any] | None = None
) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        row = await target_of(session, visit.actor, visit.part("target"))
        places = await unit_field.chosen(session, _places(form) if form is not None else row.units)
        unit = await unit_field.field_of(session, "", Action.TARGET_MANAGE)
        kept = await _kept(session, row.code)
    channel = visit.deps.channels.get(row.kind)
    wrong = dict(error.fields) if isinstance(error, Invalid) else {}
    context = {
        "target": {
            "code": row.code,
            "href": f"/desk/targets/{row.code}",
            "kind": row.kind,
            "channel": labels.channel(visit, row.kind),
            "name": text(form, "name") if form is not None else row.name,
            "loop_minutes": text(form, "loop_minutes") if form is not None else str(row.loop_seconds // 60),
            "active": text(form, "active") == "on" if form is not None else row.active,
            "is_loop": channel is not None and channel.display is not None and row.kind == "screen",
            "is_display": channel is not None and channel.display is not None,
            "has_places": _has_places(channel),
            "hook": _hook(visit, channel, row),
            "has_account": channel is not None and _has_account(channel),
        },
        "places": places,
        "unit": unit,
        "fields": [
            _shown(visit, row.kind, one, wrong)
            for one in fields_of(channel.settings if channel else None, row.settings, typed)
        ],
        "keys": _keys(visit, channel, kept, wrong),
        "paused": _paused(visit, row),
        "unit_error": _said_of(visit, wrong.get("unit")),
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("places/target.html", context, section="targets", status=error.status if error else 200)


def _has_places(channel: Channel | None) -> bool:
    """A post goes to an account, which stands nowhere."""
    return channel is None or channel.display is not None


def _has_account(channel: Channel) -> bool:
    return bool(channel.secrets or channel.settings or channel.callback or channel.post)


def _places(form: Form) -> list[str]:
    return list(dict.fromkeys(value for value in form.getall("unit", []) if isinstance(value, str) and value))


async def _typed_places(visit: Visit, form: Form) -> list[str]:
    """The units that were chosen, and the one that was typed beside them. Raises Invalid."""
    found = [(await unit_field.typed(visit, one, Action.TARGET_MANAGE)).path for one in _places(form)]
    return list(dict.fromkeys(found))


def _secrets(channel: Channel | None, form: Form) -> dict[str, str]:
    """What was typed anew; an empty field leaves what is there."""
    found: dict[str, str] = {}
    for name in channel.secrets if channel else ():
        given = text(form, _SECRET + name)
        if len(given) > _LONGEST:
            raise Invalid("desk.settings_wrong", fields={_SECRET + name: "desk.setting.too_long"})
        if given:
            found[name] = given
    return found


async def _kept(session: AsyncSession, account: str) -> dict[str, dt.datetime]:
    query = select(AccountSecret.name, AccountSecret.changed_at).where(AccountSecret.account == account)
    return {row.name: row.changed_at for row in (await session.execute(query)).all()}


def _keys(
    visit: Visit, channel: Channel | None, kept: Mapping[str, dt.datetime], wrong: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The secrets by name and when each was set; never a part of one."""
    return [
        {
            "name": _SECRET + name,
            "label": labels.known(visit, f"{channel.kind}.secret.{name}", f"publishing.secret.{name}", name),
            "hint": visit.t("desk.target.key_set", at=labels.instant(visit, kept[name]))
            if name in kept
            else visit.t("desk.target.key_none"),
            "error": _said_of(visit, wrong.get(_SECRET + name)),
        }
        for name in (channel.secrets if channel else ())
        if channel is not None
    ]


def _shown(visit: Visit, kind: str, one: Field, wrong: Mapping[str, str]) -> dict[str, Any]:
    key = f"{kind}.setting.{one.name}"
    return {
        "name": PREFIX + one.name,
        "label": labels.known(visit, key, one.title),
        "hint": labels.known(visit, f"{key}.hint", one.hint),
        "kind": one.kind,
        "value": one.value,
        "options": [
            {"value": value, "label": labels.known(visit, f"{key}.{value}", label)} for value, label in one.options
        ],
        "required": one.required and one.kind not in {"check", "lines"},
        "error": _said_of(visit, wrong.get(PREFIX + one.name)),
    }


def _paused(visit: Visit, row: Target) -> dict[str, str] | None:
    if row.paused_at is None or not row.paused_code:
        return None
    said = labels.trouble(visit, row.paused_code, row.paused_params or {})
    return {**said, "since": labels.instant(visit, row.paused_at)}


def _hook(visit: Visit, channel: Channel | None, row: Target) -> str:
    if channel is None or channel.callback is None:
        return ""
    return f"{visit.deps.site.base_url}/hooks/{row.kind}/{row.code}/"


def _said_of(visit: Visit, code: str | None) -> Mapping[str, str] | None:
    return None if code is None else visit.refusal(Invalid(code))


ROUTES = (
    get("/desk/targets/", targets_page, Action.TARGET_MANAGE),
    post("/desk/targets/", target_add, Action.TARGET_MANAGE),
    get("/desk/targets/{target}", target_page, Action.TARGET_MANAGE),
    post("/desk/targets/{target}", target_edit, Action.TARGET_MANAGE),
    post("/desk/targets/{target}/resume", target_resume, Action.TARGET_MANAGE),
    *JOURNAL,
)
