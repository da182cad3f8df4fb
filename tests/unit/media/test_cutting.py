"""Pieces of films on the grid: inside their films, as long as they say, with words and marks where they belong."""

import pytest
from hypothesis import given, strategies as st

from media.cutting import Piece, checked, length_of, moved_cues, moved_marks, moved_spans, read_pieces
from media.errors import MediaRefused
from media.house import SEGMENT_MS
from media.subtitles import Cue

SEGMENTS = {"a": 10, "b": 4}
LENGTHS = {"a": 37_000, "b": 15_000}
MOST = 3_600_000


def _checked(*pieces: Piece) -> None:
    checked(pieces, SEGMENTS, most_ms=MOST)


@pytest.mark.parametrize(
    "value", [None, [], {}, [["a", 0]], [["a", 0, 1.5]], [[1, 0, 1]], [["a", True, 2]], [["a", 0, 1]] * 51]
)
def test_pieces_of_another_form_are_refused(value: object) -> None:
    with pytest.raises(MediaRefused, match="cut_form"):
        read_pieces(value)


def test_pieces_outside_their_films_or_the_whole_again_are_refused() -> None:
    assert read_pieces([["a", 0, 3], ["b", 1, 4]]) == (Piece("a", 0, 3), Piece("b", 1, 4))
    for wrong in (Piece("a", 3, 3), Piece("a", -1, 2), Piece("a", 0, 11), Piece("c", 0, 1)):
        with pytest.raises(MediaRefused, match=r"cut_range\(number=2\)"):
            _checked(Piece("b", 0, 2), wrong)
    with pytest.raises(MediaRefused, match="cut_same"):
        _checked(Piece("b", 0, 4))
    _checked(Piece("b", 0, 4), Piece("b", 0, 4))
    with pytest.raises(MediaRefused, match="video_too_long"):
        checked([Piece("a", 0, 10)] * 2, SEGMENTS, most_ms=19 * SEGMENT_MS)


def test_length_counts_filled_up_segments_only_where_something_follows() -> None:
    assert length_of([Piece("a", 8, 10)], LENGTHS) == 37_000 - 8 * SEGMENT_MS
    assert length_of([Piece("b", 0, 4), Piece("b", 0, 1)], LENGTHS) == 5 * SEGMENT_MS - 80
    assert length_of([Piece("b", 0, 4), Piece("a", 0, 10)], LENGTHS) == 4 * SEGMENT_MS + 37_000


def test_words_and_marks_move_along_and_end_at_the_cut() -> None:
    pieces = [Piece("b", 1, 2), Piece("a", 0, 1)]
    cues = {"b": [Cue(3_000, 4_000, "一"), Cue(7_600, 9_000, "二"), Cue(8_000, 9_000, "三")], "a": [Cue(0, 500, "四")]}
    found = moved_cues(pieces, cues)
    assert [cue.text for cue in found] == ["四"]
    assert found[0] == Cue(3_840, 4_340, "四")
    assert moved_marks(pieces, {"b": [(3_840, "甲"), (7_680, "乙")], "a": [(0, "丙")]}) == ((0, "甲"), (3_840, "丙"))


def test_what_was_missing_moves_along_as_far_as_it_was_kept() -> None:
    pieces = [Piece("b", 1, 2), Piece("a", 0, 1)]
    lost = {"b": [(3_000, 5_000), (7_000, 9_000), (8_000, 9_000)], "a": [(1_000, 2_000)]}
    assert moved_spans(pieces, lost) == ((0, 1_160), (3_160, 3_840), (4_840, 5_840))


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(1, 2)), min_size=1, max_size=6))
def test_moved_words_stay_inside_the_new_film(cuts: list[tuple[int, int]]) -> None:
    pieces = [Piece("a", first, first + length) for first, length in cuts]
    cues = [Cue(at, at + 1_500, str(at)) for at in range(0, 36_000, 2_000)]
    total = sum(piece.segments for piece in pieces) * SEGMENT_MS
    found = moved_cues(pieces, {"a": cues})
    assert all(0 <= cue.start < cue.end <= total for cue in found)
    assert all(one.end <= two.start for one, two in zip(found, found[1:], strict=False))  # noqa: RUF007
