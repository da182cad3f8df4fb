"""A picture that a decoder had to guess counts once, however often its stretch was decoded."""

from hypothesis import given, strategies as st

from media.making import Damage
from media.stretches import stretches

FOUND = st.lists(st.integers(0, 25), min_size=1, max_size=8)


@given(FOUND, st.integers(0, 9))
def test_film_that_is_parted_counts_what_it_would_count_whole(found: list[int], of_sound: int) -> None:
    every = stretches(len(found), each=1)
    whole, parted = Damage(of_sound), Damage(of_sound)
    for stretch in every:
        whole.seen(stretch, found[stretch.number])
    for _ in ("small", "large"):
        for stretch in every:
            parted.seen(stretch, found[stretch.number])
    assert parted.total == whole.total
    assert of_sound + max(found) <= whole.total <= of_sound + sum(found)


def test_first_segment_that_is_read_again_by_the_next_stretch_counts_once() -> None:
    first, second, third = stretches(20)
    damage = Damage()
    damage.seen(first, 3)
    assert damage.total == 3
    damage.seen(second, 3)  # the same three: it is read from before its begin
    assert damage.total == 3
    damage.seen(second, 5)
    damage.seen(third, 2)
    assert damage.total == 7
