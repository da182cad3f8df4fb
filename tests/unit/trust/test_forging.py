"""Some thousand generated attacks on whatever is signed; `./yunping test faults` fires a hundred thousand more."""

import pytest

from cms.trust.verify import verify_release
from tests.fakes.forging import GOOD, MARKS, RELEASES, TOOLS, counted, granted, shots
from tests.vectors.world import T0

COUNT = 3_000


def test_what_is_attacked_would_be_taken_when_nobody_bent_it() -> None:
    for mark in MARKS:
        mark.take(mark.good)
    for bundle in GOOD:
        verify_release(bundle, granted(), now=T0)


def test_generated_attacks_are_all_refused() -> None:
    refused, accepted = counted(shots(count=COUNT, seed=20261126))
    assert accepted == []
    assert sum(refused.values()) == COUNT
    assert len(refused) == len(MARKS) * len(TOOLS) + len(RELEASES)


@pytest.mark.faults
@pytest.mark.timeout(1_800)
def test_a_hundred_thousand_generated_attacks_are_all_refused() -> None:
    refused, accepted = counted(shots(count=120_000, seed=20261127))
    assert accepted == []
    assert sum(refused.values()) == 120_000
