"""Remote hands over the API: orders to one screen, commands to a subtree, their progress, files, lines and updates."""

import datetime as dt
from typing import Any

from pydantic import Field

from cms.api.resources import Given, Resource, Sent, Spoken, ask, speak, take
from cms.api.shapes import Done, Nothing
from cms.desk.visit import Visit, as_uuid
from cms.people.permissions import Action
from cms.trust.signed import plain
from screens import fleet
from screens.hands import lines, reading, rollout
from screens.hands.ordering import Asked, able_actions, order_one, order_subtree, reached
from screens.pages import hands


class OrderAsked(Sent):
    """An action of the closed list with its parameters."""

    action: str = Field(max_length=16)
    params: dict[str, Any] = Field(default_factory=dict)


class CommandAsked(OrderAsked):
    """The same for a unit's subtree; `confirmed` is the number of screens that were agreed to."""

    unit: str
    confirmed: int = Field(ge=1)


class OrderLine(Given):
    """How far an order came on its screen; `file` is where its picture or log is."""

    id: str
    command: str
    screen: str
    action: str
    params: dict[str, Any]
    by: str
    at: dt.datetime
    state: str
    code: str | None
    value: int | None
    ended_at: dt.datetime | None
    file: str | None


class OrderList(Given):
    """What a screen can do, and its newest orders."""

    able: list[str]
    orders: list[OrderLine]


class CommandLine(Given):
    """A command and how many of its screens stand where."""

    id: str
    unit: str
    action: str
    params: dict[str, Any]
    by: str
    at: dt.datetime
    expires_at: dt.datetime
    count: int
    states: dict[str, int]


class CommandList(Given):
    """Commands, newest first."""

    commands: list[CommandLine]


class CommandDetail(Given):
    """A command with its orders, a page of them."""

    command: CommandLine
    orders: list[OrderLine]


class Reach(Given):
    """Whom a command would reach now."""

    able: int
    linked: int
    unable: int


class LineRules(Given):
    """The rules of a unit's line."""

    unit: str
    policy: dict[str, Any]


class LineList(Given):
    """All rules the person may see."""

    lines: list[LineRules]


class LineSet(Sent):
    """New rules for a unit's line; null takes them away."""

    unit: str
    policy: dict[str, Any] | None


class RolloutLine(Given):
    """An update of the player and how far it went."""

    id: str
    version: str
    stage: int
    state: str
    reason: str | None
    by: str
    at: dt.datetime


class RolloutList(Given):
    """Updates, newest first."""

    rollouts: list[RolloutLine]


async def order_screen(visit: Visit, sent: OrderAsked) -> Done:
    """Orders one screen."""
    asked = Asked(sent.action, sent.params)
    made = await order_one(visit.deps.db, visit.deps.hands, visit.actor, visit.part("screen"), asked, now=visit.now)
    return Done(id=str(made.id))


async def orders_of(visit: Visit) -> OrderList:
    """What a screen can do, and its newest orders."""
    async with visit.deps.db.read() as session:
        found = await fleet.screen(session, visit.actor, visit.part("screen"), now=visit.now)
        orders = await reading.of_screen(session, found.screen.id, limit=50)
    return OrderList(able=list(able_actions(found.screen.caps)), orders=[_order(one) for one in orders])


async def reach(visit: Visit) -> Reach:
    """Whom a command to a unit would reach now."""
    async with visit.deps.db.read() as session:
        found = await reached(session, visit.actor, unit=visit.query("unit"), action=visit.query("action"))
    return Reach(able=len(found.able), linked=found.linked, unable=found.unable)


async def command_unit(visit: Visit, sent: CommandAsked) -> Done:
    """Gives a command to every able screen of a unit and below."""
    made = await order_subtree(
        visit.deps.db,
        visit.deps.hands,
        visit.actor,
        sent.unit,
        Asked(sent.action, sent.params),
        confirmed=sent.confirmed,
        now=visit.now,
    )
    return Done(id=str(made.id))


async def list_commands(visit: Visit) -> CommandList:
    """Commands, newest first."""
    before = visit.query("before")
    async with visit.deps.db.read() as session:
        found = await reading.commands(session, visit.actor, before=as_uuid(before) if before else None)
    return CommandList(commands=[_command(one) for one in found])


async def read_command(visit: Visit) -> CommandDetail:
    """A command with its orders, a page at a time."""
    after = visit.query("after")
    async with visit.deps.db.read() as session:
        found = await reading.command(session, visit.actor, visit.uuid("command"))
        orders = await reading.of_command(session, found.command.id, after=as_uuid(after) if after else None)
    return CommandDetail(command=_command(found), orders=[_order(one) for one in orders])


async def list_lines(visit: Visit) -> LineList:
    """The rules of thin lines by unit."""
    async with visit.deps.db.read() as session:
        found = await lines.visible(session, visit.actor)
    return LineList(lines=[LineRules(unit=unit, policy=_plain(one)) for unit, one in sorted(found.items())])


async def set_line(visit: Visit, sent: LineSet) -> Done:
    """Sets the rules of a unit's line, or takes them away."""
    async with visit.deps.db.write() as session:
        await lines.set_policy(session, visit.actor, sent.unit, sent.policy, now=visit.now)
    return Done(id=sent.unit)


async def list_rollouts(visit: Visit) -> RolloutList:
    """Updates of the player, newest first."""
    async with visit.deps.db.read() as session:
        found = await reading.rollouts(session)
    return RolloutList(
        rollouts=[
            RolloutLine(
                id=str(one.id), version=one.version, stage=one.stage, state=one.state, reason=one.reason,
                by=one.by_name, at=one.at,
            )
            for one in found
        ]
    )  # fmt: skip


async def start_rollout(visit: Visit, _sent: Nothing) -> Done:
    """Lets a signed player go to its first share of the screens."""
    async with visit.deps.db.write() as session:
        await rollout.start(session, visit.actor, visit.uuid("rollout"), now=visit.now)
    return Done(id=visit.part("rollout"))


async def stop_rollout(visit: Visit, _sent: Nothing) -> Done:
    """Stops an update where it stands."""
    async with visit.deps.db.write() as session:
        await rollout.stop(session, visit.actor, visit.uuid("rollout"), now=visit.now)
    return Done(id=visit.part("rollout"))


def _order(view: reading.OrderView) -> OrderLine:
    row = view.order
    return OrderLine(
        id=str(row.id),
        command=str(row.command),
        screen=view.screen,
        action=row.action,
        params=view.command.params,
        by=view.command.by_name,
        at=view.command.at,
        state=row.state,
        code=row.code,
        value=row.value,
        ended_at=row.ended_at,
        file=f"/api/v1/screen-files/{row.id}" if view.file else None,
    )


def _command(view: reading.CommandView) -> CommandLine:
    row = view.command
    return CommandLine(
        id=str(row.id),
        unit=row.unit,
        action=row.action,
        params=row.params,
        by=row.by_name,
        at=row.at,
        expires_at=row.expires_at,
        count=row.count,
        states=dict(view.counts),
    )


def _plain(policy: object) -> dict[str, Any]:
    made = plain(policy)
    return made if isinstance(made, dict) else {}


_READ, _MANAGE = Action.SCREEN_READ, Action.SCREEN_MANAGE
_FILE = Spoken(gives=("image/webp", "text/plain"))
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/screens/{screen}/orders", orders_of, _READ, given=OrderList),
    take("POST", "/api/v1/screens/{screen}/orders", order_screen, _MANAGE, sent=OrderAsked, given=Done),
    ask("/api/v1/screen-commands", list_commands, _READ, given=CommandList, queries=("before",)),
    ask("/api/v1/screen-commands/reach", reach, _MANAGE, given=Reach, queries=("unit", "action")),
    take("POST", "/api/v1/screen-commands", command_unit, _MANAGE, sent=CommandAsked, given=Done),
    ask("/api/v1/screen-commands/{command}", read_command, _READ, given=CommandDetail, queries=("after",)),
    speak(
        "GET",
        "/api/v1/screen-files/{order}",
        hands.file,
        _READ,
        summary="A picture or a log of a screen.",
        spoken=_FILE,
    ),
    ask("/api/v1/screen-lines", list_lines, _READ, given=LineList),
    take("PUT", "/api/v1/screen-lines", set_line, _MANAGE, sent=LineSet, given=Done),
    ask("/api/v1/screen-rollouts", list_rollouts, _READ, given=RolloutList),
    take(
        "POST",
        "/api/v1/screen-rollouts/{rollout}/start",
        start_rollout,
        Action.SYSTEM_CONFIGURE,
        sent=Nothing,
        given=Done,
    ),
    take(
        "POST",
        "/api/v1/screen-rollouts/{rollout}/stop",
        stop_rollout,
        Action.SYSTEM_CONFIGURE,
        sent=Nothing,
        given=Done,
    ),
)
