"""A signal that is black or stands still is told after the time that counts in a film, and no moving one is."""

from hypothesis import given, strategies as st

from media.live_sight import HEIGHT, WIDTH, Sight, is_black

CELLS = WIDTH * HEIGHT
EVERY = 8_000


def seen(*pictures: bytes) -> Sight:
    sight = Sight()
    for number, grey in enumerate(pictures, start=1):
        sight = sight.then(grey, number * EVERY)
    return sight


def test_black_counts_once_it_lasts_and_is_over_with_the_first_picture() -> None:
    black, grey = bytes([16]) * CELLS, bytes([90]) * CELLS
    assert seen(grey, black).black_since == 0
    assert seen(grey, black, black).black_since == 2 * EVERY
    assert seen(grey, black, black, grey).black_since == 0
    assert is_black(bytes([16]) * (CELLS - 40) + bytes([235]) * 40)
    assert not is_black(bytes([16]) * (CELLS - 60) + bytes([235]) * 60)


def test_still_counts_once_it_lasts_whatever_the_encoder_does_to_it() -> None:
    grey, noisy = bytes([90]) * CELLS, bytes([92, 88]) * (CELLS // 2)
    assert seen(grey, noisy).frozen_since == 0
    assert seen(grey, noisy, grey).frozen_since == EVERY
    moved = grey[:700] + bytes([99]) + grey[701:]
    assert seen(grey, noisy, grey, moved).frozen_since == 0
    slowly = [bytes([90 + 2 * step]) * CELLS for step in range(8)]
    assert all(seen(*slowly[: count + 1]).frozen_since == 0 for count in range(8)), "a slow change is one"


@given(st.lists(st.sampled_from([bytes([16]) * CELLS, bytes([90]) * CELLS, b"cut"]), max_size=8))
def test_times_are_never_of_the_future_and_a_picture_of_another_size_changes_nothing(pictures: list[bytes]) -> None:
    sight = seen(*pictures)
    assert 0 <= sight.black <= sight.looked <= len(pictures) * EVERY
    assert 0 <= sight.same <= sight.looked
    assert sight.then(b"cut", 10**9) is sight
