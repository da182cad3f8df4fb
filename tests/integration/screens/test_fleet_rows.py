"""The fleet in rows: outages told once, proof counted once, the ledger's times, counts by unit, and units that move."""

import datetime as dt
import random
import uuid
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.contract import AudienceRule
from cms.kernel.clock import to_ms
from cms.kernel.db import Database
from cms.notices.models import Alarm, Notice
from cms.people.actor import Actor, Grant
from cms.people.models import Membership, Person, Unit
from cms.people.roles import Role
from cms.people.units import FOLLOWERS, move_unit
from cms.planning.models import Target
from cms.planning.moving import targets_follow
from cms.planning.targets import add_target
from deploy.bench.streets import Street, fill
from screens.health import FACTS, Level, health_of
from screens.ledger import join_steps, note_version, progress, prune
from screens.ledger_rows import ScreenSteps
from screens.messages import Ack
from screens.moving import screens_follow
from screens.places import place_unit, points
from screens.presence import Presence
from screens.proof import GENESIS, Batch, Row, chained
from screens.proof_rows import ProofBatch, ProofDay, ProofRefusal
from screens.proofs import Answer, Sent, keep, prune_proofs
from screens.reached import Reached, joined, reached
from screens.reports import csv_of, month_report
from screens.standing import TROUBLES, rolled_up, standing, tallies
from screens.states import AudienceMember, ScreenState
from screens.tables import Screen
from screens.watch_rows import Outage
from screens.watching import watch

NOW = dt.datetime(2026, 11, 26, 4, 0, tzinfo=dt.UTC)
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
A, B = "a" * 64, "b" * 64
TOP = "/320509/"


class Standing:
    """A clock that stands where it is put."""

    def __init__(self, at: dt.datetime) -> None:
        self.at = at

    def now(self) -> dt.datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


def after(seconds: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=seconds)


def operator(unit: str = TOP, role: Role = Role.OPERATOR) -> Actor:
    return Actor(uuid.uuid4(), "陶运维", unit, (Grant(role, unit),))


async def street(database: Database, screens: int = 801, *, unwell: float = 0.0) -> Street:
    made = await fill(database, screens=screens, now=NOW, unwell=unwell)
    async with database.write() as session:
        top = (await session.scalars(select(Unit).where(Unit.path == TOP))).one()
        person = Person(id=uuid.uuid4(), login="tao", name="陶运维", unit_id=top.id, created_at=NOW)
        session.add(person)
        await session.flush()
        member = {"person_id": person.id, "unit_id": top.id, "role": "operator", "granted_at": NOW}
        session.add(Membership(id=uuid.uuid4(), **member))
    return made


async def drop(database: Database, unit: str, seen: dt.datetime, **given: object) -> None:
    async with database.write() as session:
        below = Screen.unit.startswith(unit)
        values = {"link": None, "last_seen": seen, "painted_at": seen, **given}
        await session.execute(update(Screen).where(below).values(values))
        rest = {"last_seen": seen + dt.timedelta(hours=9), "painted_at": seen + dt.timedelta(hours=9)}
        await session.execute(update(Screen).where(~below).values(rest))


async def look(database: Database, at: dt.datetime) -> list[Alarm]:
    async with database.write() as session:
        await watch(session, now=at)
    async with database.read() as session:
        return list((await session.scalars(select(Alarm).where(Alarm.taken_at.is_(None)))).all())


@SQLITE
async def test_subtree_when_it_falls_is_one_alarm_within_75_seconds_and_its_return_is_told(database: Database) -> None:
    await street(database)
    async with database.write() as session:  # 289 stand there; one of them was paired and never came
        await session.execute(update(Screen).where(Screen.unit.not_like(f"{TOP}i00/%")).values(unit=f"{TOP}i01/"))
        spare = select(Screen.id).where(Screen.unit == f"{TOP}i01/").limit(289 - await _below(session, "i00"))
        await session.execute(update(Screen).where(Screen.id.in_(spare)).values(unit=f"{TOP}i00/s000/"))
    await drop(database, f"{TOP}i00/", NOW)
    assert await look(database, after(55)) == []
    alarms = await look(database, after(65))
    assert [(one.unit_path, one.params["count"], one.params["of"]) for one in alarms] == [(f"{TOP}i00/", 289, 289)]
    assert [one.id for one in await look(database, after(70))] == [alarms[0].id]
    assert alarms[0].times == 1
    async with database.read() as session:
        told = (await session.scalars(select(Notice))).all()
    assert [one.subject for one in told] == ["notices.subject.screens.link"]

    async with database.write() as session:
        back = {"link": uuid.uuid4(), "last_seen": after(300), "painted_at": after(300)}
        await session.execute(update(Screen).values(back))
    assert await look(database, after(301)) == []
    async with database.read() as session:
        told = (await session.scalars(select(Notice).where(Notice.done_at.is_(None)))).all()
        assert [(one.subject, one.params["minutes"]) for one in told] == [("notices.subject.screens.back", 5)]
        assert (await session.scalars(select(Outage.ended_at))).all() == [after(301)]


async def _below(session: AsyncSession, institute: str) -> int:
    below = Screen.unit.startswith(f"{TOP}{institute}/")
    return await session.scalar(select(func.count()).select_from(Screen).where(below)) or 0


@SQLITE
async def test_screen_that_is_linked_and_paints_nothing_is_told_and_not_in_its_quiet_hours(database: Database) -> None:
    await street(database, screens=40)
    unit = f"{TOP}i02/"
    async with database.write() as session:
        quiet = {"quiet_from": "11:00", "quiet_to": "12:10", "zone": "Asia/Shanghai"}  # NOW is noon in Beijing
        await place_unit(session, operator(), unit, quiet, now=NOW)
        below = Screen.unit.startswith(unit)
        heard = {"last_seen": after(90), "painted_at": after(90)}
        await session.execute(update(Screen).values(heard))
        await session.execute(update(Screen).where(below).values(painted_at=NOW))
        never = select(Screen.id).where(~below).limit(3)
        await session.execute(update(Screen).where(Screen.id.in_(never)).values(last_seen=None, link=None))
    assert await look(database, after(100)) == []
    async with database.read() as session:
        rows = (await session.scalars(select(Outage))).all()
    assert [(one.kind, one.unit, one.told_at) for one in rows] == [("painted", unit, None)]
    async with database.write() as session:
        await session.execute(update(Screen).where(Screen.last_seen.is_not(None)).values(last_seen=after(599)))
        await session.execute(update(Screen).where(~Screen.unit.startswith(unit)).values(painted_at=after(599)))
    alarms = await look(database, after(600))  # ten past twelve: quiet no longer
    assert [one.subject for one in alarms] == ["notices.subject.screens.painted"]


@SQLITE
async def test_tallies_of_the_database_equal_the_facts_of_each_screen(database: Database) -> None:
    await street(database, screens=400, unwell=0.7)
    async with database.write() as session:
        some = select(Screen.id).where(Screen.refused == 0).order_by(Screen.id)
        for skipped, code in ((0, "hands.held"), (20, "hands.full")):
            those = Screen.id.in_(some.offset(skipped).limit(20))
            await session.execute(update(Screen).where(those).values(shown=1, refused=10**6, refused_code=code))
    async with database.read() as session:
        rows = (
            await session.execute(
                select(Screen, ScreenState.version, ScreenState.at)
                .join(AudienceMember, AudienceMember.screen == Screen.id)
                .join(ScreenState, ScreenState.audience == AudienceMember.audience)
            )
        ).all()
        later = after(31)
        sums = rolled_up(await tallies(session, [TOP], now=later))[TOP]
        found = await standing(session, operator(), "", now=later)
        placed, lost = await points(session, operator(), now=later)
    counted: Counter[str] = Counter()
    waiting = 0
    for screen, wanted, at in rows:
        health = health_of(screen, wanted=wanted, wanted_at=at, now=later)
        facts = {name: getattr(health, name) for name in FACTS}
        bad = [name for name, fact in facts.items() if fact.level in {Level.BAD, Level.WARN}]
        if health.version.reason == "screens.health.version.held":
            waiting += 1
            bad.remove("version")  # what people set is no trouble
        counted.update(bad if screen.last_seen is not None else [])
        counted["trouble"] += bool(bad) and screen.last_seen is not None
    assert {name: getattr(sums, name) for name in (*TROUBLES, "trouble")} == {
        name: counted[name] for name in (*TROUBLES, "trouble")
    }
    assert (sums.total, waiting) == (400, 20)
    assert [one.tally.worst for one in found.branches] == sorted(one.tally.worst for one in found.branches)
    assert sum(one.tally.total for one in found.branches) + found.own.total == 400
    assert (sum(one.tally.total for one in placed), lost) == (400, 0)


async def test_proof_sent_twice_and_in_any_order_comes_to_the_same_sums(database: Database) -> None:
    made = await street(database, screens=3)
    start = to_ms(NOW) - 60 * 60_000
    rows = [Row(A if place % 3 else B, start + place * 60_000, 60_000) for place in range(60)]
    rows[20] = Row(A, start + 19 * 60_000, 60_000)  # overlaps
    rows[30] = Row(A, start + 30 * 60_000, -1)
    rows[59] = Row(B, to_ms(NOW) + 10 * 60_000, 60_000)  # not yet
    batches, prev = list[Batch](), GENESIS
    for first in range(0, 60, 10):
        batches.append(chained(rows[first : first + 10], first + 1, prev))
        prev = batches[-1].head
    sums = []
    refusals = []
    for place, screen in enumerate(made.screens):
        sent = [Sent(screen, "C" * 22, batch) for batch in batches * 2]
        random.Random(place).shuffle(sent)
        answers = list[Answer]()
        for start_ in range(0, len(sent), 5):
            async with database.write() as session:
                answers += await keep(session, sent[start_ : start_ + 5], now=NOW)
        assert max(one.upto for one in answers) == 60
        refusals.append(sorted((bad.seq, bad.code) for one in answers for bad in one.refusals))
        async with database.read() as session:
            query = select(ProofDay.release, ProofDay.plays, ProofDay.ms).where(ProofDay.screen == screen)
            sums.append(sorted(tuple(row) for row in (await session.execute(query)).all()))
    assert refusals == [[(21, "overlap"), (31, "negative"), (60, "future")]] * 3
    assert sums == [[(A, 38, 2_280_000), (B, 19, 1_140_000)]] * 3
    async with database.read() as session:
        report = await month_report(session, operator(), "2026-11", by="piece")
        assert (report.plays, report.refused) == (171, {"overlap": 3, "negative": 3, "future": 3})
        # Somebody in charge of another unit sees nothing of it.
        assert (await month_report(session, operator(f"{TOP}i09/"), "2026-11")).plays == 0
    text = b"".join([part async for part in csv_of(database, operator(), "2026-11")]).decode("utf-8-sig")
    assert text.splitlines()[0].startswith("Date,Player ID,")
    assert len(text.splitlines()) == 7


@SQLITE
async def test_chain_that_was_changed_is_broken_and_the_next_one_counts(database: Database) -> None:
    screen = (await street(database, screens=1)).screens[0]
    rows = [Row(A, to_ms(NOW) - 600_000 + place * 60_000, 60_000) for place in range(8)]
    whole = chained(rows)
    forged = Batch(whole.first, whole.prev, whole.head, (*rows[:3], rows[3]._replace(release=B), *rows[4:]))
    async with database.write() as session:
        answers = await keep(session, [Sent(screen, "C" * 22, forged)], now=NOW)
    assert [one.upto for one in answers] == [0]
    async with database.write() as session:
        answers = await keep(session, [Sent(screen, "D" * 22, whole)], now=NOW)
    assert [one.upto for one in answers] == [8]
    # The same hours told again by another chain of the same screen are overlaps.
    async with database.write() as session:
        await keep(session, [Sent(screen, "E" * 22, whole)], now=NOW)
    async with database.write() as session:
        assert await prune_proofs(session, now=NOW + dt.timedelta(days=400)) == 2
    async with database.read() as session:
        assert await session.scalar(select(func.sum(ProofDay.plays))) == 8
        assert await session.scalar(select(func.count()).select_from(ProofRefusal)) == 8
        assert (await session.scalars(select(ProofBatch.state))).all() == ["broken"]


@SQLITE
async def test_ledger_has_each_screens_times_and_counts_what_came_with_a_later_version(
    database: Database,
) -> None:
    made = await street(database, screens=4)
    clock = Standing(NOW)
    presence = Presence(database, clock)
    async with database.write() as session:
        await session.execute(update(Screen).values(received=0, cached=0, shown=0))
        await session.execute(update(ScreenState).values(version=10, at=NOW))
        await note_version(session, ((1, 10), "s-bench"), [A], [A, B], receivers=4, now=NOW)
    one, two, three, _ = made.screens
    for seconds, screen, version, state in (
        (0.2, one, 10, "received"),
        (0.3, two, 10, "received"),
        (0.9, one, 10, "cached"),
        (1.5, one, 10, "shown"),
        (9.0, three, 12, "shown"),  # was away and came back to a later version
        (9.5, one, 10, "shown"),  # told again
    ):
        clock.at = after(seconds)
        presence.acked(screen, Ack(version, state, 0), 1)
        await presence.flush()
    async with database.read() as session:
        found = await progress(session, B, now=after(40))
        assert await session.scalar(select(func.count()).select_from(ScreenSteps)) == 6
    assert found.counts == {"queued": 4, "sent": 3, "received": 3, "cached": 2, "shown": 2}
    assert found.spans["shown"] == [1500, 9000]
    assert found.share("received", 0.5) == 300
    assert found.share("shown", 0.99) is None
    why = {str(line.screen.id): line.why.reason for line in found.screens}
    assert why[str(two)] == "screens.health.version.received"
    async with database.write() as session:
        assert await join_steps(session, now=after(3 * 3600)) == 1
    async with database.read() as session:
        assert (await progress(session, B, now=after(40))).spans == found.spans
        assert (await progress(session, A, now=after(40))).total == 0  # it was there before
    async with database.write() as session:
        assert await prune(session, now=NOW + dt.timedelta(days=93)) == 1


@SQLITE
async def test_unit_when_it_moves_takes_its_screens_and_their_targets_along(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FOLLOWERS, "targets", targets_follow)
    monkeypatch.setitem(FOLLOWERS, "screens", screens_follow)
    await street(database, screens=801)
    async with database.write() as session:
        person = (await session.scalars(select(Person.id))).one()
        admin = Actor(person, "郑", TOP, (Grant(Role.ADMIN, TOP),))
        given: dict[str, Any] = {"code": "one", "kind": "screen", "name": "一个站", "unit": f"{TOP}i00/s000/"}
        left = AudienceRule((), except_units=(f"{TOP}i00/s000/p000/",)).kept()
        await add_target(session, None, units=(f"{TOP}i00/s000/",), settings={"audience": left}, now=NOW, **given)
        rows = {row.path: row.id for row in (await session.scalars(select(Unit))).all()}
        before = await session.scalar(
            select(func.count()).select_from(Screen).where(Screen.unit.startswith(f"{TOP}i00/"))
        )
        await move_unit(session, admin, rows[f"{TOP}i00/"], to=rows[f"{TOP}i01/"], now=NOW)
    async with database.read() as session:
        moved = (await session.scalars(select(Screen).where(Screen.unit.startswith(f"{TOP}i01/i00/")))).all()
        target = (await session.scalars(select(Target))).one()
    assert len(moved) == before
    assert all(row.facts is None and row.facts_version == 2 for row in moved)
    assert target.units == [f"{TOP}i01/i00/s000/"]
    assert target.settings["audience"]["except_units"] == [f"{TOP}i01/i00/s000/p000/"]


@SQLITE
async def test_ledger_when_versions_begin_again_under_a_new_epoch_does_not_mix_old_and_new(database: Database) -> None:
    made = await street(database, screens=3)
    clock = Standing(NOW)
    presence = Presence(database, clock)
    one, two, three = made.screens
    async with database.write() as session:
        await session.execute(update(Screen).values(received=0, cached=0, shown=0))
        await note_version(session, ((1, 10), "s-bench"), [], [A], receivers=3, now=NOW)
        await note_version(
            session, ((2, 10), "s-bench"), [A], [A, B], receivers=3, now=after(60)
        )  # another, same number
    clock.at = after(1)
    presence.sent(one, (1, 10), after(0.5))
    presence.acked(one, Ack(10, "shown", 0), 1)
    presence.acked(two, Ack(12, "shown", 0), 1)
    await presence.flush()
    async with database.read() as session:
        assert (await progress(session, A, now=after(40))).counts["shown"] == 2
        new = await progress(session, B, now=after(61))
    assert new.counts == {"queued": 3, "sent": 0, "received": 0, "cached": 0, "shown": 0}

    clock.at = after(62)
    presence.sent(one, (2, 10), after(61.5))
    presence.acked(two, Ack(10, "received", 0), 2)
    presence.acked(two, Ack(12, "shown", 0), 1)  # late, from before
    await presence.flush()
    presence.acked(three, Ack(11, "shown", 0), 1)
    await presence.flush()
    async with database.read() as session:
        rows = {row.id: row for row in await session.scalars(select(Screen))}
        new = await progress(session, B, now=after(63))
        old = await progress(session, A, now=after(63))
    assert (rows[two].epoch, rows[two].received, rows[two].shown) == (2, 10, 0)
    assert new.counts == {"queued": 3, "sent": 2, "received": 1, "cached": 0, "shown": 0}
    assert old.counts["shown"] == 3
    times = {line.screen.id: line.at("sent") for line in new.screens}
    assert times == {one: after(61.5), two: None, three: None}
    assert new.spans["sent"] == [1500]


def test_what_was_said_while_the_database_was_away_is_joined_to_what_came_after() -> None:
    early = joined(reached(Ack(5, "received", 0), 1), reached(Ack(4, "shown", 0), 1))
    assert joined(early, reached(Ack(6, "refused", 0, "trust.hash"), 1)) == Reached(1, 5, 0, 4, 6, "trust.hash")
    assert joined(early, reached(Ack(1, "shown", 0), 2)) == Reached(2, shown=1)
    assert joined(reached(Ack(1, "shown", 0), 2), early) == Reached(2, shown=1)
    assert joined(None, early) == joined(early, None) == early
