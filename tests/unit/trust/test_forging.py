"""Some thousand generated attacks on what is signed or said; `./yunping test faults` fires a hundred thousand more."""

import pytest

from cms.trust.verify import verify_release
from screens.protocol import BecameScreen, CodeShown, Proven, Reply, WantsPairing
from tests.fakes import forging_pairing as pairing
from tests.fakes.forging import MARKS
from tests.fakes.volleys import GOOD, GROUPS, RELEASES, a_round, counted, granted, shots
from tests.vectors.world import T0

COUNT = 3_000


def test_what_is_attacked_would_be_taken_when_nobody_bent_it() -> None:
    for mark in MARKS:
        mark.take(mark.good)
    for bundle in GOOD:
        verify_release(bundle, granted(), now=T0)
    assert isinstance(pairing.passes("hello"), Proven)
    assert isinstance(pairing.passes("pair"), WantsPairing)
    taken = {phase: type(pairing.next_of(phase).fire()) for phase in ("asked", "asked, paired", "waiting")}
    assert taken == {"asked": Reply, "asked, paired": Reply, "waiting": CodeShown}
    assert isinstance(pairing.believes("waiting", pairing.paired(pairing.SCREEN)), BecameScreen)


def test_generated_attacks_are_all_refused() -> None:
    tally = counted(shots(count=COUNT, seed=20261126))
    assert tally.accepted == []
    assert tally.groups.total() == COUNT
    assert set(tally.groups) == set(GROUPS)
    kinds = sum(len(mark.tools()) for mark in MARKS) + len(RELEASES) + len(pairing.LIES)
    assert len(tally.kinds) == kinds
    assert a_round() < COUNT / 10  # each kind many times


@pytest.mark.faults
@pytest.mark.timeout(1_800)
def test_a_hundred_thousand_generated_attacks_are_all_refused() -> None:
    tally = counted(shots(count=120_000, seed=20261127))
    assert tally.accepted == []
    assert tally.groups.total() == 120_000
    assert min(tally.groups[one] for one in GROUPS) > 5_000
