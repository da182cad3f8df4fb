"""Orders over a real gateway: to one screen and a subtree, given once, given again after a cut, ended or run out."""

import asyncio
import datetime as dt

import pytest
from sqlalchemy import select

from cms.audit.models import AuditEvent
from cms.kernel.errors import Conflict, Denied, Invalid, TooMany
from cms.people.actor import Actor
from screens.hands import ordering, states
from screens.hands.lines import set_policy
from screens.hands.ordering import Asked, order_one, order_subtree, reached
from screens.hands.tables import ScreenOrder
from screens.simulator import Fleet, SimulatedScreen
from screens.states import next_change
from screens.tables import Screen
from tests.integration.screens.conftest import CLOCK, UNIT, Street, eventually, operator

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ABLE = {f"do_{action}": True for action in ("screenshot", "reload", "volume", "hours", "logs")}


async def orders(street: Street) -> list[ScreenOrder]:
    async with street.database.read() as session:
        return list((await session.scalars(select(ScreenOrder).order_by(ScreenOrder.id))).all())


async def able(street: Street, count: int) -> list[SimulatedScreen]:
    made = await street.enrol(count, root=street.district.root, caps=ABLE)
    await street.unit()
    return made


async def publics(street: Street, screens: list[SimulatedScreen]) -> list[str]:
    known = {str(row.id): row.public for row in await street.rows()}
    return [known[str(one.screen)] for one in screens]


async def test_order_is_signed_given_heeded_once_and_told_with_one_event(street: Street) -> None:
    screens = await able(street, 3)
    async with Fleet(screens) as fleet:
        await fleet.live()
        await eventually(lambda: told_caps(street, 3))
        public = (await publics(street, screens))[0]
        await order_one(
            street.database, street.district, operator(), public, Asked("volume", {"level": 30}), now=CLOCK.now()
        )
        await eventually(lambda: ended(street, {states.DONE}))
        # a cut link: it is given again to the new one, answered from memory and not done again
        async with street.database.write() as session:
            row = (await session.scalars(select(ScreenOrder))).one()
            row.state, row.change = states.SENT, await next_change(session)
        before = len(screens[0].heard.orders)
        await eventually(lambda: len(screens[0].heard.orders) > before)
        assert {one.state for one in screens[0].heard.orders} == {"done"}
        assert [len(one.heard.orders) for one in screens[1:]] == [0, 0]
        await street.unit("/320509/05/")
        found = await count_of(street, "/320509/05/")
        assert (found.able, found.unable) == ((), 0)
        async with street.database.read() as session:
            whom = await reached(session, operator(), unit=UNIT, action="reload")
        assert (len(whom.able), whom.linked, whom.unable) == (3, 3, 0)
        with pytest.raises(Conflict, match=r"hands\.count"):
            await order_subtree(
                street.database, street.district, operator(), UNIT, Asked("reload"), confirmed=2, now=CLOCK.now()
            )
        await order_subtree(
            street.database, street.district, operator(), UNIT, Asked("reload"), confirmed=3, now=CLOCK.now()
        )
        await eventually(lambda: ended(street, {states.DONE}))
    async with street.database.read() as session:
        events = (await session.scalars(select(AuditEvent).where(AuditEvent.action == "screen.order"))).all()
    assert [one.details["count"] for one in events] == [1, 3]
    assert "ticket" not in str([one.details for one in events])


async def test_order_nobody_took_runs_out_and_is_never_given_afterwards(street: Street) -> None:
    screens = await able(street, 1)
    async with Fleet(screens) as fleet:
        await fleet.live()
        await eventually(lambda: told_caps(street, 1))
    public = (await publics(street, screens))[0]
    asked = Asked("reload", life=dt.timedelta(milliseconds=300))
    await order_one(street.database, street.district, operator(), public, asked, now=CLOCK.now())
    await eventually(lambda: ended(street, {states.EXPIRED}))
    async with Fleet(screens) as fleet:
        await fleet.live()
        await asyncio.sleep(0)
    assert screens[0].heard.orders == []


async def test_order_that_must_not_be_is_refused_before_it_is_signed(street: Street) -> None:
    screens = await able(street, 1)
    public = (await publics(street, screens))[0]

    async def give(actor: Actor, asked: Asked) -> None:
        await order_one(street.database, street.district, actor, public, asked, now=CLOCK.now())

    signed = street.district.signed
    with pytest.raises(Conflict, match=r"hands\.unable"):
        await give(operator(), Asked("reload"))
    async with street.database.write() as session:
        (await session.scalars(select(Screen))).one().caps = ABLE
    with pytest.raises(Denied):
        await give(operator("/320509/05/"), Asked("reload"))
    for wrong in (
        Asked("shell"),
        Asked("reload", {"url": "x"}),
        Asked("volume", {"level": 900}),
        Asked("screenshot", {"ticket": "x"}),
    ):
        with pytest.raises(Invalid, match=r"hands\."):
            await give(operator(), wrong)
    assert street.district.signed == signed
    for _ in range(ordering.MAX_OPEN):
        await give(operator(), Asked("reload"))
    with pytest.raises(TooMany, match=r"hands\.open"):
        await give(operator(), Asked("reload"))


async def test_rules_of_a_thin_line_reach_its_screens_at_once_and_after_a_reconnect(street: Street) -> None:
    screens = await able(street, 1)
    rules = {"zone": "Asia/Shanghai", "windows": [], "budget": 1000, "spread": 0, "share": False, "neighbours": []}
    async with Fleet(screens) as fleet:
        await fleet.live()
        assert told_line(screens[0]) is None
        async with street.database.write() as session:
            await set_policy(session, operator(), UNIT, rules, now=CLOCK.now())
        await eventually(lambda: told_line(screens[0]) == 1000)
    screens[0].heard.line = None
    async with Fleet(screens) as fleet:
        await fleet.live()
        await eventually(lambda: told_line(screens[0]) == 1000)
    assert told_line(screens[0]) == 1000
    with pytest.raises(Invalid, match=r"hands\.line"):
        async with street.database.write() as session:
            await set_policy(session, operator(), UNIT, {**rules, "neighbours": ["file:///etc"]}, now=CLOCK.now())


async def told_caps(street: Street, count: int) -> bool:
    return sum(row.caps.get("do_reload") is True and row.link is not None for row in await street.rows()) == count


async def ended(street: Street, wanted: set[str]) -> bool:
    found = {row.state for row in await orders(street)}
    return found == wanted


async def count_of(street: Street, unit: str) -> ordering.Reached:
    async with street.database.read() as session:
        return await reached(session, operator(), unit=unit, action="reload")


def told_line(screen: SimulatedScreen) -> int | None:
    line = screen.heard.line
    return None if line is None else line.policy.budget
