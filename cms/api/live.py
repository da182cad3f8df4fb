"""Live sources of television channels over the API: kept, seen with what comes in, taken on air and back."""

import datetime as dt

from pydantic import Field

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing
from cms.content.queries import find
from cms.desk.visit import Visit
from cms.live import sources
from cms.live.recordings import RecordingState, recordings
from cms.live.rules import SourceForm, SourceKind, is_heard
from cms.live.sources import SourceRow
from cms.live.taking import LiveWish, end_live, take_live
from cms.people.permissions import Action
from cms.publishing.onair.logos import wearing


class LiveSourceSent(Sent):
    """What may be changed of a source.

    `secret` is the address of one that is pulled, the passphrase of one that listens; empty keeps what there is.
    """

    name: Text
    active: bool = True
    port: int = Field(default=0, ge=0, le=65_535)
    secret: str = Field(default="", max_length=500)


class LiveSourceMade(LiveSourceSent):
    """A new source of a channel; its kind stays."""

    channel: Text
    kind: SourceKind


class LiveSourceLine(Given):
    """A source and what its receiver says of it.

    `url` is without its secret; `heard` whether a receiver speaks of it now; `factor` times real time that this machine
    encodes it at, with its channel's logo where there is one, `recording_factor` while it is recorded too; `until` the
    end of the order that has it on air; `logo` whether its channel has one, which is drawn into it whenever it starts.
    """

    id: str
    channel: str
    name: str
    kind: SourceKind
    active: bool
    port: int
    url: str
    heard: bool
    state: str
    since: dt.datetime | None
    size: str
    factor: float
    recording_factor: float
    rungs: int
    losses: int
    late: int
    restarts: int
    error: str
    on_air: bool
    logo: bool
    until: dt.datetime | None
    recorded: bool


class LiveSourceList(Given):
    """The sources of the channels whose deliveries the person sees."""

    sources: list[LiveSourceLine]


class LiveTaken(Sent):
    """Under which piece a source goes on air, for how long, and whether it becomes the draft of a lecture."""

    document: str
    minutes: int = Field(default=120, ge=1, le=480)
    record: bool = True


class LiveRecording(Given):
    """What became of a signal that was to be recorded.

    `document` is its first draft, empty before there is one; `error` says what is missing or why there is none.
    """

    title: str
    channel: str
    at: dt.datetime
    state: RecordingState
    document: str
    error: str


class LiveRecordingList(Given):
    recordings: list[LiveRecording]


async def list_live_recordings(visit: Visit) -> LiveRecordingList:
    """The last recordings of live sources, the newest first."""
    async with visit.deps.db.read() as session:
        found = await recordings(session, visit.actor, now=visit.now)
    return LiveRecordingList(
        recordings=[
            LiveRecording(
                title=one.title,
                channel=one.channel,
                at=one.at,
                state=one.state,
                document=one.document,
                error=one.error,
            )
            for one in found
        ]
    )


async def list_live_sources(visit: Visit) -> LiveSourceList:
    """Live sources and how they go."""
    async with visit.deps.db.read() as session:
        found = await sources.sources(session, visit.actor, now=visit.now)
        worn = await wearing(session, {one.target.id for one in found})
    return LiveSourceList(sources=[_line(one, visit.now, has_logo=one.target.id in worn) for one in found])


async def add_live_source(visit: Visit, sent: LiveSourceMade) -> Done:
    """Adds a source to a television channel."""
    deps, form = visit.deps, _form(sent, sent.kind)
    row = await sources.add_source(
        deps.db, deps.vault, visit.actor, sent.channel, form, anywhere=deps.outputs_anywhere, now=visit.now
    )
    return Done(id=str(row.id))


async def edit_live_source(visit: Visit, sent: LiveSourceSent) -> Done:
    """Changes a source, switches it off or on."""
    deps, key = visit.deps, visit.uuid("source")
    async with deps.db.read() as session:
        before = (await sources.source_of(session, visit.actor, key, Action.TARGET_MANAGE)).source
    form = _form(sent, SourceKind(before.kind))
    row = await sources.edit_source(
        deps.db, deps.vault, visit.actor, key, form, anywhere=deps.outputs_anywhere, now=visit.now
    )
    return Done(id=str(row.id))


async def take_live_source(visit: Visit, sent: LiveTaken) -> Done:
    """Puts a source on air instead of what is planned."""
    async with visit.deps.db.write() as session:
        found = await sources.source_of(session, visit.actor, visit.uuid("source"), Action.PUBLISHING_PUBLISH)
        held = await find(session, visit.actor, sent.document)
        length = dt.timedelta(minutes=sent.minutes)
        wish = LiveWish(found.source.id, held.document.id, length, record=sent.record)
        made = await take_live(session, visit.actor, wish, now=visit.now)
    return Done(id=str(made.id))


async def end_live_source(visit: Visit, _sent: Nothing) -> Done:
    """Ends it: the channel returns to what is planned at the next slot that may change."""
    async with visit.deps.db.write() as session:
        await end_live(session, visit.actor, visit.uuid("source"), now=visit.now)
    return Done(id=visit.part("source"))


def _form(sent: LiveSourceSent, kind: SourceKind) -> SourceForm:
    return SourceForm(sent.name, kind.value, sent.active, str(sent.port), sent.secret)


def _line(row: SourceRow, now: dt.datetime, *, has_logo: bool) -> LiveSourceLine:
    source, state, cut = row.source, row.state, row.cut_in
    return LiveSourceLine(
        id=str(source.id),
        channel=row.target.code,
        name=source.name,
        kind=SourceKind(source.kind),
        active=source.active,
        port=source.port,
        url=source.url,
        heard=state is not None and is_heard(state, now),
        state=state.state if state else "",
        since=state.since if state else None,
        size=state.size if state else "",
        factor=state.factor if state else 0.0,
        recording_factor=state.price_of(record=True) if state else 0.0,
        rungs=state.rungs if state else 0,
        losses=state.losses if state else 0,
        late=state.late if state else 0,
        restarts=state.restarts if state else 0,
        error=state.error if state else "",
        on_air=cut is not None,
        logo=has_logo,
        until=cut.until if cut is not None else None,
        recorded=bool(row.take and row.take.record),
    )


_ALL, _ONE, _MANAGE = "/api/v1/live-sources", "/api/v1/live-sources/{source}", Action.TARGET_MANAGE
RESOURCES: tuple[Resource, ...] = (
    ask(_ALL, list_live_sources, Action.PUBLISHING_READ, given=LiveSourceList),
    ask("/api/v1/live-recordings", list_live_recordings, Action.PUBLISHING_READ, given=LiveRecordingList),
    take("POST", _ALL, add_live_source, _MANAGE, sent=LiveSourceMade, given=Done),
    take("PUT", _ONE, edit_live_source, _MANAGE, sent=LiveSourceSent, given=Done),
    take("POST", f"{_ONE}/air", take_live_source, Action.PUBLISHING_PUBLISH, sent=LiveTaken, given=Done),
    take("DELETE", f"{_ONE}/air", end_live_source, Action.PUBLISHING_RECALL, sent=Nothing, given=Done),
)
