"""Screens over the API."""

import datetime as dt
from typing import Literal

from pydantic import Field

from cms.api.models import Text
from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing
from cms.desk.visit import Visit
from cms.people.permissions import Action
from screens import fleet, tagging
from screens.health import FACTS
from screens.pairing import claim


class Fact(Given):
    """One of the facts of health: good, warn, bad or none, and why."""

    level: str
    reason: str
    value: int | None


class ScreenLine(Given):
    """A screen and how it is."""

    id: str
    name: str
    unit: str
    point: str
    orientation: str
    last_seen: dt.datetime | None
    health: dict[str, Fact]


class ScreenList(Given):
    """The screens the person may see."""

    screens: list[ScreenLine]


class Pairing(Sent):
    """The code a device shows, and where it stands."""

    code: str
    unit: str
    name: str
    point: str = Field(default="", max_length=40)
    orientation: Literal["portrait", "landscape"] = "portrait"


class ScreenName(Sent):
    """Another name."""

    name: str


class ScreenPlace(Sent):
    """Another unit, and the point in it; null keeps the point."""

    unit: str
    point: str | None = Field(default=None, max_length=40)


class TagLine(Given):
    """A tag, on how many screens it is, and the names of the targets whose rules name it."""

    tag: str
    screens: int
    targets: list[str]


class TagList(Given):
    """The tags of the screens in reach, most used first."""

    tags: list[TagLine]


class TagName(Sent):
    """Another name; one that is there already merges the two. `only_try` tells what it would do."""

    to: Text
    only_try: bool = False


class TagAffected(Given):
    """A target whose rule names one of the two: how many screens it reaches before and after."""

    target: str
    before: int
    after: int
    come: int
    go: int


class TagRenamed(Given):
    """How many screens carry the new name instead, how many had it already, and what that does to rules."""

    tag: str
    to: str
    screens: int
    merges: int
    affected: list[TagAffected]


class ScreenTags(Sent):
    """Its tags, all of them."""

    tags: list[str] = Field(max_length=100)


async def list_them(visit: Visit) -> ScreenList:
    """Screens with link, version, picture and clock, each by itself."""
    async with visit.deps.db.read() as session:
        found = await fleet.screens(
            session, visit.actor, now=visit.now, unit=visit.query("unit") or None, words=visit.query("q")
        )
    return ScreenList(screens=[_line(one) for one in found])


async def read_one(visit: Visit) -> ScreenLine:
    """One screen and how it is."""
    async with visit.deps.db.read() as session:
        return _line(await fleet.screen(session, visit.actor, visit.part("screen"), now=visit.now))


async def pair_one(visit: Visit, sent: Pairing) -> ScreenLine:
    """Pins the device that shows the code to a name and a place."""
    row = await claim(
        visit.deps.db,
        visit.actor,
        code=sent.code,
        unit=sent.unit,
        name=sent.name,
        point=sent.point,
        orientation=sent.orientation,
        now=visit.now,
    )
    async with visit.deps.db.read() as session:
        return _line(await fleet.screen(session, visit.actor, row.public, now=visit.now))


async def rename_one(visit: Visit, sent: ScreenName) -> Done:
    """Gives a screen another name."""
    async with visit.deps.db.write() as session:
        row = await fleet.rename(session, visit.actor, visit.part("screen"), name=sent.name, now=visit.now)
        return Done(id=row.public)


async def move_one(visit: Visit, sent: ScreenPlace) -> Done:
    """Puts a screen into another unit."""
    async with visit.deps.db.write() as session:
        public = visit.part("screen")
        row = await fleet.move(session, visit.actor, public, unit=sent.unit, point=sent.point, now=visit.now)
        return Done(id=row.public)


async def tag_one(visit: Visit, sent: ScreenTags) -> Done:
    """Sets the tags of a screen."""
    async with visit.deps.db.write() as session:
        row = await fleet.tag(session, visit.actor, visit.part("screen"), tags=sent.tags, now=visit.now)
        return Done(id=row.public)


async def list_tags(visit: Visit) -> TagList:
    """The tags of screens."""
    async with visit.deps.db.read() as session:
        found = await tagging.tags_of(session, visit.actor)
    return TagList(tags=[TagLine(tag=one.tag, screens=one.screens, targets=list(one.targets)) for one in found])


async def rename_tag(visit: Visit, sent: TagName) -> TagRenamed:
    """Renames or merges a tag on every screen and in every rule, or tells what that would do."""
    tag = visit.part("tag")
    async with visit.deps.db.read() as session:
        told = await tagging.preview_rename(session, visit.actor, tag, sent.to)
    if not sent.only_try:
        async with visit.deps.db.write() as session:
            await tagging.rename_tag(session, visit.actor, tag, sent.to, now=visit.now)
    affected = [
        TagAffected(target=one.code, before=one.before, after=one.after, come=one.come, go=one.go)
        for one in told.affected
    ]
    return TagRenamed(tag=told.tag, to=told.to, screens=told.screens, merges=told.merges, affected=affected)


async def revoke_one(visit: Visit, _sent: Nothing) -> Done:
    """Takes the right to connect from a screen, for good."""
    async with visit.deps.db.write() as session:
        row = await fleet.revoke(session, visit.actor, visit.part("screen"), now=visit.now)
        return Done(id=row.public)


def _line(view: fleet.ScreenView) -> ScreenLine:
    row, health = view.screen, view.health
    facts = {name: getattr(health, name) for name in FACTS}
    return ScreenLine(
        id=row.public,
        name=row.name,
        unit=row.unit,
        point=row.point,
        orientation=row.orientation,
        last_seen=row.last_seen,
        health={name: Fact(level=one.level.value, reason=one.reason, value=one.value) for name, one in facts.items()},
    )


_ONE, _MANAGE = "/api/v1/screens/{screen}", Action.SCREEN_MANAGE
RESOURCES: tuple[Resource, ...] = (
    ask("/api/v1/screens", list_them, Action.SCREEN_READ, given=ScreenList, queries=("unit", "q")),
    ask(_ONE, read_one, Action.SCREEN_READ, given=ScreenLine),
    take("POST", "/api/v1/screens", pair_one, Action.SCREEN_PAIR, sent=Pairing, given=ScreenLine),
    take("PUT", f"{_ONE}/name", rename_one, _MANAGE, sent=ScreenName, given=Done),
    take("PUT", f"{_ONE}/place", move_one, _MANAGE, sent=ScreenPlace, given=Done),
    take("PUT", f"{_ONE}/tags", tag_one, _MANAGE, sent=ScreenTags, given=Done),
    ask("/api/v1/screen-tags", list_tags, Action.SCREEN_READ, given=TagList),
    take("POST", "/api/v1/screen-tags/{tag}/rename", rename_tag, _MANAGE, sent=TagName, given=TagRenamed),
    take("POST", f"{_ONE}/revoke", revoke_one, _MANAGE, sent=Nothing, given=Done),
)
