"""The targets over the API: where pieces can go, and the accounts behind them."""

import datetime as dt
from typing import Any

from pydantic import Field

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing
from cms.desk.settings_form import defaults_of, settings_from
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.people.permissions import Action
from cms.planning.models import Target
from cms.planning.targets import Change, add_target, edit_target, every_target, target_of
from cms.publishing.accounts import resume
from cms.publishing.refresh import refresh_targets


class TargetLine(Given):
    """A target; `paused_code` says why its account waits for somebody."""

    code: str
    kind: str
    name: str
    unit: str
    units: list[str]
    loop_seconds: int
    active: bool
    settings: dict[str, Any]
    paused_at: dt.datetime | None
    paused_code: str | None


class TargetList(Given):
    """Every target."""

    targets: list[TargetLine]


class TargetSent(Sent):
    """A new target; its code is permanent, its settings are those of its kind."""

    code: str
    kind: str
    name: Text
    unit: str
    units: list[str] = Field(default_factory=list)
    loop_seconds: int = 900


class TargetChange(Sent):
    """What may change of a target; `settings` are those of its kind, null leaves them."""

    name: Text
    units: list[str]
    loop_seconds: int
    active: bool
    settings: dict[str, Any] | None = None


async def list_targets(visit: Visit) -> TargetList:
    """Where pieces can go."""
    async with visit.deps.db.read() as session:
        return TargetList(targets=[_line(one) for one in await every_target(session)])


async def add_one_target(visit: Visit, sent: TargetSent) -> TargetLine:
    """Makes a target; an account's secrets are typed on the desk."""
    channel = visit.deps.channels.get(sent.kind)
    if channel is None:
        raise Invalid("api.body", fields={"kind": "api.field"}, names="kind")
    async with visit.deps.db.write() as session:
        row = await add_target(
            session,
            visit.actor,
            code=sent.code,
            kind=sent.kind,
            name=sent.name,
            unit=sent.unit,
            units=tuple(sent.units),
            settings=defaults_of(channel.settings),
            loop_seconds=sent.loop_seconds,
            now=visit.now,
        )
        return _line(row)


async def edit_one_target(visit: Visit, sent: TargetChange) -> TargetLine:
    """Changes a target, switches it off or on."""
    async with visit.deps.db.write() as session:
        before = await target_of(session, visit.actor, visit.part("target"))
        channel = visit.deps.channels.get(before.kind)
        model = channel.settings if channel else None
        change = Change(
            name=sent.name,
            units=tuple(sent.units),
            loop_seconds=sent.loop_seconds,
            active=sent.active,
            settings=before.settings if sent.settings is None else settings_from(model, sent.settings),
        )
        row = await edit_target(session, visit.actor, before.code, change, now=visit.now)
        if row.active and channel is not None and channel.display is not None:
            await refresh_targets(session, [row], reason="target", now=visit.now, actor=visit.actor.person)
        return _line(row)


async def resume_target(visit: Visit, _sent: Nothing) -> Done:
    """Goes on with an account that was mended; what waited is tried again."""
    async with visit.deps.db.write() as session:
        await resume(session, visit.actor, visit.part("target"), now=visit.now)
    return Done(id=visit.part("target"))


def _line(row: Target) -> TargetLine:
    return TargetLine(
        code=row.code,
        kind=row.kind,
        name=row.name,
        unit=row.unit_path,
        units=row.units,
        loop_seconds=row.loop_seconds,
        active=row.active,
        settings=row.settings,
        paused_at=row.paused_at,
        paused_code=row.paused_code,
    )


_ONE, _MANAGE = "/api/v1/targets/{target}", Action.TARGET_MANAGE
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/targets", list_targets, _MANAGE, given=TargetList),
    take("POST", "/api/v1/targets", add_one_target, _MANAGE, sent=TargetSent, given=TargetLine),
    take("PUT", _ONE, edit_one_target, _MANAGE, sent=TargetChange, given=TargetLine),
    take("POST", f"{_ONE}/resume", resume_target, _MANAGE, sent=Nothing, given=Done),
)
