"""The fleet over the API: who gets a target and why, deliveries by screen, units with their counts, proof of play."""

import datetime as dt
from typing import get_args

from pydantic import Field

from cms.api.resources import Given, Resource, Sent, Spoken, ask, speak, take
from cms.api.shapes import Done
from cms.contract import AudienceRule
from cms.desk.visit import Visit
from cms.kernel.errors import NotFound
from cms.people.permissions import Action
from screens.audiences import audience_typed, explain, publics, save_audience, screen_target, target_to_change
from screens.delivered import delivered
from screens.ledger import COUNTED
from screens.pages.proof import proof_csv
from screens.places import degrees, place_screen, place_unit, points
from screens.reports import By, month_report
from screens.standing import TROUBLES, Branch, standing
from screens.watching import open_outages


class RuleSent(Sent):
    """Who a target reaches: paths of units, tags, and screens by their numbers."""

    units: list[str]
    tags: list[str] = Field(default_factory=list, max_length=200)
    except_units: list[str] = Field(default_factory=list, max_length=200)
    except_tags: list[str] = Field(default_factory=list, max_length=200)
    screens: list[str] = Field(default_factory=list, max_length=200)
    except_screens: list[str] = Field(default_factory=list, max_length=200)


class Because(Given):
    """A screen, whether it gets the target, which kind of line decides, and what that line says."""

    screen: str
    name: str
    unit: str
    gets: bool
    why: str
    line: str


class AudienceGiven(Given):
    """A rule and what it says of every screen the person may see."""

    target: str
    units: list[str]
    tags: list[str]
    except_units: list[str]
    except_tags: list[str]
    screens: list[str]
    except_screens: list[str]
    reached: int
    who: list[Because]


class OnScreen(Given):
    """How far one screen is with a delivery; an instant that is not known is null."""

    screen: str
    name: str
    unit: str
    version: int
    queued: dt.datetime
    sent: bool
    sent_at: dt.datetime | None
    received: dt.datetime | None
    cached: dt.datetime | None
    shown: dt.datetime | None
    reached: list[str]
    why: str


class DeliveryGiven(Given):
    """A delivery on the screens; `within_ms` says how long half and 99 of a hundred took to each stage."""

    delivery: str
    total: int
    counts: dict[str, int]
    within_ms: dict[str, dict[str, int | None]]
    screens: list[OnScreen]


class UnitStanding(Given):
    """A unit and the screens below it."""

    unit: str
    name: str
    level: str
    total: int
    never: int
    trouble: int
    troubles: dict[str, int]


class OutageGiven(Given):
    """Screens that fell out together and are not back."""

    kind: str
    unit: str
    screens: int
    of: int
    began_at: dt.datetime
    told_at: dt.datetime | None


class StandingGiven(Given):
    """A unit, its branches with the worst first, and its outages."""

    unit: UnitStanding
    branches: list[UnitStanding]
    outages: list[OutageGiven]


class PointGiven(Given):
    """Screens at one place, in degrees."""

    lng: str
    lat: str
    unit: str
    name: str
    screen: str
    total: int
    trouble: int


class MapGiven(Given):
    """What has a place, and how many screens have none."""

    points: list[PointGiven]
    without: int


class PlaceSent(Sent):
    """Decimal degrees; both empty: where the unit lies."""

    lng: str = ""
    lat: str = ""


class UnitPlaceSent(Sent):
    """A unit by its path, where it lies, and its quiet hours as ``HH:MM``; what is empty is inherited."""

    unit: str
    lng: str = ""
    lat: str = ""
    quiet_from: str = ""
    quiet_to: str = ""
    zone: str = ""


class ProofLine(Given):
    """A line of a month: a piece, a unit or a screen."""

    key: str
    name: str
    detail: str
    plays: int
    ms: int
    screens: int


class ProofGiven(Given):
    """A month of proof of play; `refused` counts rows that do not hold, by reason."""

    month: str
    plays: int
    days: dict[str, int]
    refused: dict[str, int]
    lines: list[ProofLine]


async def read_audience(visit: Visit) -> AudienceGiven:
    """Who gets a target, and why."""
    async with visit.deps.db.read() as session:
        row = await screen_target(session, visit.actor, visit.part("target"))
        answer = await explain(session, visit.actor, AudienceRule.read(row.units, row.settings))
        rule = answer.audience
        named = await publics(session, [*rule.screens, *rule.except_screens])
    return AudienceGiven(
        target=row.code,
        units=list(rule.units),
        tags=list(rule.tags),
        except_units=list(rule.except_units),
        except_tags=list(rule.except_tags),
        screens=[named.get(one, (one, ""))[0] for one in rule.screens],
        except_screens=[named.get(one, (one, ""))[0] for one in rule.except_screens],
        reached=answer.reached,
        who=[
            Because(
                screen=one.public,
                name=one.name,
                unit=one.unit,
                gets=one.verdict.is_in,
                why=one.verdict.why.value,
                line=named.get(one.verdict.line, (one.verdict.line, ""))[0],
            )
            for one in answer.screens
        ],
    )


async def write_audience(visit: Visit, sent: RuleSent) -> Done:
    """Changes who a target reaches; its content goes out anew at once."""
    async with visit.deps.db.write() as session:
        await target_to_change(session, visit.actor, visit.part("target"))
        rule = await audience_typed(session, sent.units, sent.model_dump(exclude={"units"}))
        row = await save_audience(session, visit.actor, visit.part("target"), rule, now=visit.now)
        return Done(id=row.code)


async def read_delivery(visit: Visit) -> DeliveryGiven:
    """How far a delivery got on each screen the person may see."""
    async with visit.deps.db.read() as session:
        found = await delivered(session, visit.actor, visit.uuid("delivery"), now=visit.now)
    made = found.progress
    parts = (("half", 0.5), ("nearly", 0.99))
    return DeliveryGiven(
        delivery=str(found.delivery.id),
        total=made.total,
        counts=dict(made.counts),
        within_ms={stage: {name: made.share(stage, part) for name, part in parts} for stage in COUNTED[1:]},
        screens=[
            OnScreen(
                screen=one.screen.public,
                name=one.screen.name,
                unit=one.screen.unit,
                version=one.version,
                queued=one.queued,
                sent=one.sent,
                sent_at=one.at("sent"),
                received=one.at("received"),
                cached=one.at("cached"),
                shown=one.at("shown"),
                reached=[stage.name.lower() for stage in sorted(one.reached)],
                why=one.why.reason,
            )
            for one in found.all
        ],
    )


async def read_standing(visit: Visit) -> StandingGiven:
    """How a unit's screens are, and those of the units right below it, the worst first."""
    async with visit.deps.db.read() as session:
        found = await standing(session, visit.actor, visit.query("unit"), now=visit.now)
        outages = await open_outages(session, [found.unit.path])
    return StandingGiven(
        unit=_unit(found.unit),
        branches=[_unit(one) for one in found.branches],
        outages=[
            OutageGiven(
                kind=one.kind,
                unit=one.unit,
                screens=one.count,
                of=one.of,
                began_at=one.began_at,
                told_at=one.told_at,
            )
            for one in outages
        ],
    )


async def read_map(visit: Visit) -> MapGiven:
    """Where the screens are."""
    async with visit.deps.db.read() as session:
        found, lost = await points(session, visit.actor, now=visit.now)
    return MapGiven(
        points=[
            PointGiven(
                lng=degrees(one.lng),
                lat=degrees(one.lat),
                unit=one.unit,
                name=one.name,
                screen=one.screen,
                total=one.tally.total,
                trouble=one.tally.trouble,
            )
            for one in found
        ],
        without=lost,
    )


async def place_one(visit: Visit, sent: PlaceSent) -> Done:
    """Gives a screen a place of its own on the map."""
    async with visit.deps.db.write() as session:
        public = visit.part("screen")
        row = await place_screen(session, visit.actor, public, lng=sent.lng, lat=sent.lat, now=visit.now)
        return Done(id=row.public)


async def place_one_unit(visit: Visit, sent: UnitPlaceSent) -> Done:
    """Sets where a unit lies and when its screens are meant to be off."""
    async with visit.deps.db.write() as session:
        values = sent.model_dump(exclude={"unit"})
        row = await place_unit(session, visit.actor, sent.unit, values, now=visit.now)
        return Done(id=str(row.unit_id))


async def read_proof(visit: Visit) -> ProofGiven:
    """A month of proof of play by piece, unit or screen."""
    by: By | None = next((one for one in get_args(By) if one == (visit.query("by") or "piece")), None)
    if by is None:
        raise NotFound("kernel.not_found")
    async with visit.deps.db.read() as session:
        unit = visit.query("unit")
        report = await month_report(session, visit.actor, visit.query("month"), by=by, unit=unit)
    return ProofGiven(
        month=report.month,
        plays=report.plays,
        days=dict(report.days),
        refused=dict(report.refused),
        lines=[
            ProofLine(key=one.key, name=one.name, detail=one.detail, plays=one.plays, ms=one.ms, screens=one.screens)
            for one in report.lines
        ],
    )


def _unit(one: Branch) -> UnitStanding:
    return UnitStanding(
        unit=one.path,
        name=one.name,
        level=one.level,
        total=one.tally.total,
        never=one.tally.never,
        trouble=one.tally.trouble,
        troubles={name: getattr(one.tally, name) for name in TROUBLES},
    )


_AUDIENCE, _READ, _MANAGE = "/api/v1/screens/audiences/{target}", Action.SCREEN_READ, Action.SCREEN_MANAGE
RESOURCES: tuple[Resource, ...] = (
    ask(_AUDIENCE, read_audience, _READ, given=AudienceGiven),
    take("PUT", _AUDIENCE, write_audience, Action.TARGET_MANAGE, sent=RuleSent, given=Done),
    ask("/api/v1/screens/deliveries/{delivery}", read_delivery, Action.PUBLISHING_READ, given=DeliveryGiven),
    ask("/api/v1/screens/standing", read_standing, _READ, given=StandingGiven, queries=("unit",)),
    ask("/api/v1/screens/map", read_map, _READ, given=MapGiven),
    take("PUT", "/api/v1/screens/units/place", place_one_unit, _MANAGE, sent=UnitPlaceSent, given=Done),
    take("PUT", "/api/v1/screens/{screen}/position", place_one, _MANAGE, sent=PlaceSent, given=Done),
    ask("/api/v1/screens/proof", read_proof, _READ, given=ProofGiven, queries=("month", "by", "unit")),
    speak(
        "GET",
        "/api/v1/screens/proof.csv",
        proof_csv,
        _READ,
        summary="A month of proof of play as CSV: a line a day, screen and piece.",
        spoken=Spoken(gives=("text/csv",)),
        queries=("month", "unit"),
    ),
)
