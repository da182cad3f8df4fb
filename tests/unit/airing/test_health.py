"""How a channel goes out, by its plan and by what a viewer gets."""

import uuid

import pytest

from cms.airing.monitor import Health, Tile, health_of
from cms.airing.viewing_rows import Viewing
from cms.contract import Aired, Airing
from cms.planning.models import Target
from schedules.beijing import SLOT_MS

HERE = 1_000
ITEM = Airing(900, 1_100, "d1", "r", "一讲", "m")


@pytest.mark.parametrize(
    ("airings", "ends", "newest", "said"),
    [
        ((ITEM,), 9_000, HERE, Health.GOOD),
        ((Airing(990, 1_100),), 9_000, HERE, Health.GOOD),
        ((Airing(984, 1_100),), 9_000, HERE, Health.STILL),
        ((Airing(999, 1_100, gone=True),), 9_000, HERE, Health.STILL),
        ((ITEM,), 9_000, HERE - 4, Health.STOPPED),
        ((ITEM,), 9_000, None, Health.STOPPED),
        ((ITEM,), HERE, HERE, Health.STOPPED),
    ],
)
def test_channel_is_said_to_be_as_viewers_find_it(
    airings: tuple[Airing, ...], ends: int, newest: int | None, said: Health
) -> None:
    assert health_of(Aired(airings, HERE + 2, ends), newest, HERE, probed=True) is said


def test_channel_without_a_plan_has_not_begun_and_one_nobody_probed_is_believed() -> None:
    assert health_of(None, None, HERE, probed=True) is Health.UNPLANNED
    assert health_of(Aired((ITEM,), HERE + 2, 9_000), None, HERE, probed=False) is Health.GOOD


def test_film_that_goes_on_behind_an_insert_is_looked_at_where_it_is_and_one_in_a_loop_where_it_began_again() -> None:
    target = Target(id=uuid.uuid4(), code="tv", kind="tv", name="频道")
    behind = Airing(HERE, HERE + 60, "d1", "r", "一讲", "m", first=40, segments=100)
    tile = Tile(target, behind, None, Health.GOOD, HERE, Viewing())
    assert tile.into(HERE + 5) == 45 * SLOT_MS
    again = Airing(HERE, HERE + 60, "d1", "r", "预警", "m", segments=7)
    assert Tile(target, again, None, Health.GOOD, HERE, Viewing()).into(HERE + 16) == 2 * SLOT_MS
    assert Tile(target, None, None, Health.UNPLANNED, None, Viewing()).into(HERE) == 0
