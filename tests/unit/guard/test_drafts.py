"""The guard's own limit on line-ups: a time that a screen may need, and none beyond."""

import pytest

from cms.guard.drafts import MOST_MS, Draft, check_time
from cms.guard.errors import GuardRefused
from screens.manifest import LIFETIME
from tests.vectors.world import T0

DAY = 86_400_000


def draft(lives: int) -> Draft:
    return Draft("street", T0 + lives, (), ())


def test_line_up_of_usual_length_passes() -> None:
    check_time([draft(1), draft(int(LIFETIME.total_seconds()) * 1000), draft(MOST_MS)], now=T0)


@pytest.mark.parametrize("lives", [0, -1, -T0 + 1, MOST_MS + 1, 365 * DAY])
def test_line_up_that_is_over_or_outlives_its_key_is_refused(lives: int) -> None:
    with pytest.raises(GuardRefused, match=r"guard\.manifest_time"):
        check_time([draft(DAY), draft(lives)], now=T0)
