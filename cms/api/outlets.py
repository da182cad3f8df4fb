"""Outputs of television channels over the API."""

import datetime as dt

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing
from cms.desk.visit import Visit
from cms.outlets import settings
from cms.outlets.rules import OutletForm
from cms.outlets.settings import OutletRow
from cms.people.permissions import Action


class OutputSent(Sent):
    """Where an output goes; a push is told its whole address once and keeps it where `url` is empty."""

    kind: str
    rung: str
    active: bool = True
    address: str = ""
    port: int = 0
    rate: int = 0
    ttl: int = 1
    interface: str = ""
    service: int = 1
    url: str = ""


class OutputMade(OutputSent):
    """A new output of a channel."""

    channel: Text


class OutputLine(Given):
    """An output, and what its sender last said; `url` without its secret."""

    id: str
    channel: str
    kind: str
    rung: str
    active: bool
    address: str
    port: int
    rate: int
    ttl: int
    interface: str
    service: int
    url: str
    said_at: dt.datetime | None
    slot: int
    late_ms: int
    missing: int
    errors: int
    short: int
    restarts: int
    error: str


class OutputList(Given):
    """The outputs of the channels the person manages."""

    outputs: list[OutputLine]


async def list_outputs(visit: Visit) -> OutputList:
    """Outputs and how they go."""
    async with visit.deps.db.read() as session:
        found = await settings.outlets(session, visit.actor)
    return OutputList(outputs=[_line(one) for one in found])


async def add_output(visit: Visit, sent: OutputMade) -> Done:
    """Adds an output to a channel."""
    deps = visit.deps
    row = await settings.add_outlet(
        deps.db, deps.vault, visit.actor, sent.channel, _form(sent), anywhere=deps.outputs_anywhere, now=visit.now
    )
    return Done(id=str(row.id))


async def edit_output(visit: Visit, sent: OutputSent) -> Done:
    """Changes an output, switches it off or on; its kind stays."""
    deps, output = visit.deps, visit.uuid("output")
    row = await settings.edit_outlet(
        deps.db, deps.vault, visit.actor, output, _form(sent), anywhere=deps.outputs_anywhere, now=visit.now
    )
    return Done(id=str(row.id))


async def remove_output(visit: Visit, _sent: Nothing) -> Done:
    """Takes an output away."""
    async with visit.deps.db.write() as session:
        await settings.remove_outlet(session, visit.actor, visit.uuid("output"), now=visit.now)
    return Done(id=visit.part("output"))


def _form(sent: OutputSent) -> OutletForm:
    return OutletForm(
        kind=sent.kind,
        rung=sent.rung,
        active=sent.active,
        address=sent.address,
        port=str(sent.port),
        rate=str(sent.rate),
        ttl=str(sent.ttl),
        interface=sent.interface,
        service=str(sent.service),
        url=sent.url,
    )


def _line(row: OutletRow) -> OutputLine:
    output, state = row.output, row.state
    return OutputLine(
        id=str(output.id),
        channel=row.target.code,
        kind=output.kind,
        rung=output.rung,
        active=output.active,
        address=output.address,
        port=output.port,
        rate=output.rate,
        ttl=output.ttl,
        interface=output.interface,
        service=output.service,
        url=output.url,
        said_at=state.said_at if state else None,
        slot=state.slot if state else 0,
        late_ms=state.late_ms if state else 0,
        missing=state.missing if state else 0,
        errors=state.errors if state else 0,
        short=state.short if state else 0,
        restarts=state.restarts if state else 0,
        error=state.error if state else "",
    )


_ONE, _MANAGE = "/api/v1/outputs/{output}", Action.TARGET_MANAGE
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/outputs", list_outputs, _MANAGE, given=OutputList),
    take("POST", "/api/v1/outputs", add_output, _MANAGE, sent=OutputMade, given=Done),
    take("PUT", _ONE, edit_output, _MANAGE, sent=OutputSent, given=Done),
    take("DELETE", _ONE, remove_output, _MANAGE, sent=Nothing, given=Done),
)
