"""What loops on a target, over generated pieces: gap-free, inside each envelope, and never longer than allowed."""

import dataclasses
import datetime as dt

from hypothesis import given, strategies as st

from cms.contract import Piece
from cms.publishing.loops import LONGEST, SHORTEST, Placed, show_time, slots
from renderers.conformance.samples import make_piece
from schedules.calendar import PLAIN
from schedules.intervals import Interval, tiles
from schedules.resolve import Layer
from schedules.rules import Rule

T0 = dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
WINDOW = Interval(T0, T0 + 24 * HOUR)


@st.composite
def pieces(draw: st.DrawFn) -> list[Piece]:
    made = []
    for number in range(draw(st.integers(0, 6))):
        at = T0 - draw(st.integers(0, 50)) * HOUR
        end = draw(st.none() | st.integers(1, 30).map(lambda h: T0 + h * HOUR))
        start = T0 + draw(st.integers(-5, 5)) * HOUR
        piece = make_piece(number, at=at)
        made.append(dataclasses.replace(piece, published_at=at, not_before=start, not_after=end))
    return made


@st.composite
def placed(draw: st.DrawFn) -> list[Placed]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        start = T0 + draw(st.integers(-3, 20)) * HOUR
        layer = draw(st.sampled_from([Layer.DEFAULT, Layer.DAYPART, Layer.EXCLUSIVE, Layer.PINNED]))
        rule = Rule(start, start + draw(st.integers(1, 12)) * HOUR)
        show = draw(st.none() | st.integers(1, 90).map(lambda s: dt.timedelta(seconds=s)))
        document = f"d{draw(st.integers(0, 7)):09d}"
        found.append(Placed(f"p{number}", document, rule, layer, draw(st.integers(0, 2)), show))
    return found


@given(pieces(), placed(), st.integers(10, 200))
def test_slots_tile_the_window_and_keep_to_every_envelope_and_length(
    shown: list[Piece], placements: list[Placed], seconds: int
) -> None:
    longest = dt.timedelta(seconds=seconds)
    line = slots(shown, placements, WINDOW, calendar=PLAIN, longest_loop=longest)
    assert tiles([Interval(s.start, s.end) for s in line], WINDOW)
    by_release = {piece.release: piece for piece in shown}
    for slot in line:
        names = [entry.release for entry in slot.loop]
        assert len(names) == len(set(names))
        assert len(slot.loop) <= 1 or sum((e.show for e in slot.loop), dt.timedelta()) <= longest
        for name in names:
            piece = by_release[name]
            assert piece.not_before <= slot.start
            assert piece.not_after is None or slot.end <= piece.not_after


@given(pieces())
def test_without_placements_the_newest_come_first(shown: list[Piece]) -> None:
    for slot in slots(shown, [], WINDOW, calendar=PLAIN, longest_loop=HOUR):
        dates = [next(p.published_at for p in shown if p.release == e.release) for e in slot.loop]
        assert dates == sorted(dates, reverse=True)


def test_a_longer_text_stays_longer_within_bounds() -> None:
    def show(characters: int) -> dt.timedelta:
        body = {"schema": 1, "blocks": [{"id": "b", "type": "paragraph", "text": [{"t": "字" * characters}]}]}
        return show_time(dataclasses.replace(make_piece(1, at=T0), body=body))

    assert SHORTEST == show(1) < show(100) < show(200) < show(9000) == LONGEST


def lecture(number: int, minutes: int) -> Piece:
    """A piece whose video takes minutes."""
    piece = make_piece(number, at=T0)
    video = {"id": "b_000000000099", "type": "video", "asset": f"{number:064}", "title": piece.title}
    body = {"schema": 1, "blocks": [video, *piece.body["blocks"]]}
    return dataclasses.replace(piece, body=body, durations={video["asset"]: minutes * 60_000})


def test_films_alone_take_turns_on_a_channel_and_articles_take_no_time_from_them() -> None:
    lectures = [lecture(number, minutes=20) for number in range(3)]
    articles = [make_piece(number, at=T0 + HOUR) for number in range(10, 90)]
    noon = Placed("p", articles[0].document, Rule(T0 + 12 * HOUR, T0 + 13 * HOUR), Layer.EXCLUSIVE, 0, None)
    line = slots([*articles, *lectures], [noon], WINDOW, calendar=PLAIN, longest_loop=dt.timedelta(days=1), films=True)
    (whole,) = line
    assert {entry.release for entry in whole.loop} == {piece.release for piece in lectures}
    assert {entry.show for entry in whole.loop} == {dt.timedelta(minutes=20)}
