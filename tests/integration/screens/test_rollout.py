"""A broken player to eight of 801 boxes: each goes back by itself, and the rollout stops before the ninth."""

import asyncio
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select, update

from cms.hands.order import read_order
from cms.kernel.db import Database
from cms.kernel.errors import Conflict, Denied
from cms.kernel.ids import public_id, uuid7
from cms.people.models import Unit
from cms.signals.software import STAGES, share
from cms.trust.signed import Signed
from screens.district import District
from screens.hands import states
from screens.hands.rollout import SOAK, TURN, Step, register, start, stop, tick
from screens.hands.rollout_tables import ScreenRollout
from screens.hands.tables import ScreenOrder
from screens.kiosk import slots as slots_module
from screens.kiosk.slots import TRIAL_SECONDS
from screens.tables import Screen
from tests.fakes.boxes import PAGE, VERSION, Box, Line, release
from tests.integration.screens.conftest import CLOCK, operator

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOW = CLOCK.now()


def office() -> Unit:
    """The unit above all others: an update is for whoever looks after all of it."""
    return Unit(id=uuid.uuid4(), code="320509", name="云上", level="centre", path="/320509/", created_at=NOW)


def ids_with_first_share(count: int) -> list[uuid.UUID]:
    """Drawn anew until one at least is in the first share: of 300 screens that is nobody one time in twenty."""
    while True:
        ids = [uuid7(NOW) for _ in range(count)]
        if any(share(VERSION, str(one)) < STAGES[0] for one in ids):
            return ids


async def fleet(database: Database, ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    async with database.write() as session:
        session.add_all(
            Screen(
                id=one, public=public_id(), name=str(place), unit="/320509/", key=f"{place:043d}", paired_at=NOW,
                paired_by=uuid.uuid4(), change=1, link=uuid.uuid4(), last_seen=NOW, player="1.0.0",
                caps={"do_update": True},
            )
            for place, one in enumerate(ids)
        )  # fmt: skip
    return list(ids)


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Line:
    made = Line(PAGE, release(10).wire().encode())
    monkeypatch.setattr(slots_module, "fetched", made)
    return made


async def given(database: Database) -> list[ScreenOrder]:
    async with database.read() as session:
        return list(await session.scalars(select(ScreenOrder)))


def fail_on(folder: Path, orders: Sequence[ScreenOrder], line: Line) -> None:
    """Each box takes the player, hears nothing of it, and goes back."""
    for place, one in enumerate(orders):
        box = Box(folder / str(place))
        order = read_order(Signed.read(one.signed).text)
        assert box.take(order, line.files[release(10).file].decode())
        assert box.slots.folder == box.folder / "a"
        box.time += TRIAL_SECONDS + 1  # no beat of the new player
        box.slots.look()
        assert box.slots.folder == box.folder / "installed"
        assert box.ends == [{"state": "failed", "code": "hands.no_beat"}]


async def test_broken_player_to_the_first_of_801_boxes_is_left_again_and_goes_no_further(
    database: Database, tmp_path: Path, line: Line
) -> None:
    district = District(CLOCK)
    ids = await fleet(database, ids_with_first_share(801))
    first = [one for one in ids if share(VERSION, str(one)) < 10]
    async with database.write() as session:
        session.add(office())
        row = await register(session, operator(), version=VERSION, files=[release(10).file, release(100).file], now=NOW)
        more = await register(session, operator(), version="1.2.0", files=[], now=NOW)
    assert await tick(database, district, now=NOW) is None  # nobody let it go yet
    async with database.write() as session:
        with pytest.raises(Denied):
            await start(session, operator("/320509/04/"), row.id, now=NOW)
        await start(session, operator(), row.id, now=NOW)
    with pytest.raises(Conflict, match=r"hands\.rollout_running"):
        async with database.write() as session:
            await start(session, operator(), more.id, now=NOW)
    assert await tick(database, district, now=NOW) is Step.GIVE
    assert await tick(database, district, now=NOW) is None  # another worker's turn has to wait
    orders = await given(database)
    assert {one.screen for one in orders} == set(first)
    assert 1 <= len(first) <= 30
    await asyncio.to_thread(fail_on, tmp_path, orders, line)
    async with database.write() as session:
        await session.execute(update(ScreenOrder).values(state=states.FAILED, code="hands.no_beat", received_at=NOW))
    assert await tick(database, district, now=NOW + TURN) is Step.STOP
    assert await tick(database, district, now=NOW + SOAK) is None
    assert len(await given(database)) == len(first)
    async with database.read() as session:
        held = await session.get(ScreenRollout, row.id)
    assert held is not None
    assert (held.state, held.reason, held.stage) == ("stopped", "hands.rollout_silent", 0)


async def test_good_player_goes_on_to_the_next_share_after_its_time_and_can_be_stopped_by_hand(
    database: Database,
) -> None:
    district = District(CLOCK)
    ids = await fleet(database, ids_with_first_share(300))
    async with database.write() as session:
        session.add(office())
        row = await register(session, operator(), version=VERSION, files=["a" * 64, "b" * 64], now=NOW)
        await start(session, operator(), row.id, now=NOW)
    await tick(database, district, now=NOW)
    async with database.write() as session:
        await session.execute(update(ScreenOrder).values(state=states.DONE, received_at=NOW))
    assert await tick(database, district, now=NOW + TURN) is Step.WAIT
    later = NOW + SOAK + TURN
    assert await tick(database, district, now=later) is Step.WIDEN
    assert await tick(database, district, now=later + TURN) is Step.GIVE
    tenth = {one for one in ids if share(VERSION, str(one)) < 100}
    assert {one.screen for one in await given(database)} == tenth
    with pytest.raises(Denied):
        async with database.write() as session:
            await stop(session, operator("/").__class__(uuid.uuid4(), "外人", "/", ()), row.id, now=later)
    async with database.write() as session:
        await stop(session, operator(), row.id, now=later)
    assert await tick(database, district, now=later + 3 * TURN) is None


async def test_few_screens_of_which_none_is_in_the_first_share_are_reached_all_the_same(database: Database) -> None:
    district = District(CLOCK)
    few = [one for one in (uuid7(NOW) for _ in range(30)) if share(VERSION, str(one)) >= STAGES[0]]
    ids = await fleet(database, few)
    async with database.write() as session:
        session.add(office())
        files = ["a" * 64, "b" * 64, "c" * 64]
        row = await register(session, operator(), version=VERSION, files=files, now=NOW)
        await start(session, operator(), row.id, now=NOW)
    steps = [await tick(database, district, now=NOW + turn * TURN) for turn in range(3)]
    assert steps[0] is Step.WIDEN
    assert Step.GIVE in steps
    assert 0 < len(await given(database)) <= len(ids)
