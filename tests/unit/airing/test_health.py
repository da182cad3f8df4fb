"""How a channel goes out, by its plan and by what a viewer gets."""

import pytest

from cms.airing.monitor import Health, health_of
from cms.contract import Aired, Airing

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
