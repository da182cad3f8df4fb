"""Audiences against brute force: what each screen gets, at every instant, and that codes stay while reasons do."""

import dataclasses
import datetime as dt
import itertools
import random
from collections.abc import Sequence

import pytest
from hypothesis import given, strategies as st

from cms.contract import AudienceRule, Entry, LineUp, ManifestDraft, Piece, Receiver, Slot, Target, covers
from cms.contract.audience import SETTING
from renderers.conformance.samples import make_piece
from renderers.screen import audiences
from tests.unit.renderers.articles import AT

HOUR = dt.timedelta(hours=1)
SPAN = 12
START, END = AT, AT + SPAN * HOUR
# A small tree, so that subtrees often meet; a name may be the beginning of another name.
UNITS = ("/1/", "/1/01/", "/1/01/a/", "/1/01/ab/", "/1/01/a/x/", "/1/02/", "/1/02/b/", "/10/")
PIECES = [make_piece(number, at=AT) for number in range(6)]
UNIT_SETS = st.lists(st.sampled_from(UNITS), unique=True, max_size=3).map(tuple)


@st.composite
def line_ups(draw: st.DrawFn, code: str) -> LineUp:
    edges = sorted({0, SPAN, *draw(st.lists(st.integers(0, SPAN), max_size=3))})
    slots, used = [], {}
    for begin, finish in itertools.pairwise(edges):
        loop = draw(st.lists(st.sampled_from(PIECES), max_size=3, unique_by=lambda piece: piece.release))
        for piece in loop:
            used[piece.release] = piece
        entries = tuple(Entry(piece.release, dt.timedelta(seconds=10)) for piece in loop)
        slots.append(Slot(START + begin * HOUR, START + finish * HOUR, entries))
    units = draw(UNIT_SETS)
    return LineUp(Target(code, "screen", code, units), 1, tuple(slots), used)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Receiver], list[LineUp]]:
    """Screens anywhere, line-ups with any targets, and pieces with any envelopes (the same in every line-up)."""
    envelopes = {piece.release: draw(UNIT_SETS) for piece in PIECES}
    lines = [
        dataclasses.replace(
            line,
            pieces={r: dataclasses.replace(piece, units=envelopes[r]) for r, piece in line.pieces.items()},
        )
        for line in (draw(line_ups(code)) for code in ("t-a", "t-b", "t-c")[: draw(st.integers(0, 3))])
    ]
    places = draw(st.lists(st.sampled_from(UNITS), max_size=8))
    return [Receiver(f"r{number}", unit) for number, unit in enumerate(places)], lines


TAGS = ("hall", "school", "market")
TAG_SETS = st.lists(st.sampled_from(TAGS), unique=True, max_size=2).map(tuple)


@st.composite
def ruled_worlds(draw: st.DrawFn) -> tuple[list[Receiver], list[LineUp]]:
    """As `worlds`, and the targets narrow to tags, leave out subtrees and tags, and name single screens."""
    plain, lines = draw(worlds())
    receivers = [dataclasses.replace(one, tags=frozenset(draw(TAG_SETS))) for one in plain]
    names = st.lists(st.sampled_from([one.id for one in receivers] or ["r-none"]), unique=True, max_size=3).map(tuple)
    made = []
    for line in lines:
        rule = AudienceRule((), draw(TAG_SETS), draw(UNIT_SETS), draw(TAG_SETS), draw(names), draw(names))
        made.append(dataclasses.replace(line, target=dataclasses.replace(line.target, settings={SETTING: rule.kept()})))
    return receivers, made


def gets(receiver: Receiver, target: Target) -> bool:
    """Brute force: the rule of a target in sets, a list at a time."""
    rule = {name: set(lines) for name, lines in target.settings.get(SETTING, {}).items()}
    tags, left = rule.get("tags", set()), rule.get("except_tags", set())
    is_reached = inside(receiver.unit, target.units) and (not tags or tags & receiver.tags)
    is_left = inside(receiver.unit, tuple(rule.get("except_units", ()))) or left & receiver.tags
    is_named = receiver.id in rule.get("screens", set())
    return receiver.id not in rule.get("except_screens", set()) and (is_named or bool(is_reached and not is_left))


def inside(unit: str, trees: Sequence[str]) -> bool:
    """Brute force: `unit` or one above it is among `trees`."""
    names = unit.strip("/").split("/")
    above = {"/" + "/".join(names[:count]) + "/" for count in range(1, len(names) + 1)}
    return bool(above & set(trees))


def expected(receiver: Receiver, lines: Sequence[LineUp], at: dt.datetime) -> set[str]:
    """Brute force: every release that a reaching line-up loops at this instant and whose envelope has the screen."""
    return {
        entry.release
        for line in lines
        if gets(receiver, line.target)
        for slot in line.slots
        if slot.start <= at < slot.end
        for entry in slot.loop
        if inside(receiver.unit, line.pieces[entry.release].units)
    }


def loop_at(draft: ManifestDraft, at: dt.datetime) -> list[str]:
    (slot,) = [slot for slot in draft.slots if slot.start <= at < slot.end]
    return [entry.release for entry in slot.loop]


def drafts(receivers: Sequence[Receiver], lines: Sequence[LineUp]) -> tuple[ManifestDraft, ...]:
    return audiences.drafts(receivers, lines, start=START, end=END)


def draft_of(receiver: Receiver, made: Sequence[ManifestDraft]) -> ManifestDraft:
    (found,) = [draft for draft in made if receiver.id in draft.receivers]
    return found


@given(worlds())
def test_screen_when_resolved_gets_what_brute_force_says_at_every_instant(
    world: tuple[list[Receiver], list[LineUp]],
) -> None:
    receivers, lines = world
    made = drafts(receivers, lines)
    for receiver in receivers:
        draft = draft_of(receiver, made)
        for step in range(2 * SPAN):
            at = START + step * HOUR / 2
            found = loop_at(draft, at)
            assert len(found) == len(set(found))
            assert set(found) == expected(receiver, lines, at)


@given(ruled_worlds())
def test_screen_when_targets_have_tags_exceptions_and_names_gets_what_brute_force_says_and_why(
    world: tuple[list[Receiver], list[LineUp]],
) -> None:
    receivers, lines = world
    made = drafts(receivers, lines)
    for receiver in receivers:
        draft = draft_of(receiver, made)
        for step in range(SPAN):
            at = START + step * HOUR
            assert set(loop_at(draft, at)) == expected(receiver, lines, at)
        for line in lines:
            why = AudienceRule.of(line.target).decide(receiver)
            assert why.is_in is gets(receiver, line.target)
            assert why.is_in is (line.target.code in _reaching(receiver, lines))


def _reaching(receiver: Receiver, lines: Sequence[LineUp]) -> set[str]:
    return {code.removesuffix(audiences.FAR) for code in audiences.selection(receiver, lines).targets}


@given(worlds())
def test_draft_when_made_is_gap_free_and_names_what_it_loops(world: tuple[list[Receiver], list[LineUp]]) -> None:
    for draft in drafts(*world):
        assert (draft.slots[0].start, draft.slots[-1].end) == (START, END)
        for before, after in itertools.pairwise(draft.slots):
            assert before.end == after.start
            assert before.loop != after.loop
        assert all(slot.start < slot.end for slot in draft.slots)
        assert set(draft.bundles) == {entry.release for slot in draft.slots for entry in slot.loop}


@given(worlds())
def test_screens_when_grouped_are_each_in_one_group_and_groups_differ_in_their_code(
    world: tuple[list[Receiver], list[LineUp]],
) -> None:
    made = drafts(*world)
    assert sorted(r for draft in made for r in draft.receivers) == sorted(receiver.id for receiver in world[0])
    assert len({draft.audience for draft in made}) == len(made)


@given(worlds(), st.randoms())
def test_drafts_when_screens_come_in_another_order_are_the_same(
    world: tuple[list[Receiver], list[LineUp]], dice: random.Random
) -> None:
    receivers, lines = world
    shuffled = receivers.copy()
    dice.shuffle(shuffled)
    assert drafts(receivers, lines) == drafts(shuffled, lines)


@given(worlds(), UNIT_SETS)
def test_audience_when_a_piece_is_published_stays_for_all_but_those_it_is_local_to(
    world: tuple[list[Receiver], list[LineUp]], units: tuple[str, ...]
) -> None:
    receivers, lines = world
    piece = dataclasses.replace(make_piece(99, at=AT), units=units)
    after = [_with(line, piece) for line in lines]
    for receiver in receivers:
        meant = inside(receiver.unit, units)
        reaching = [line for line in lines if inside(receiver.unit, line.target.units)]
        whole = all(inside(unit, units) for line in reaching for unit in line.target.units)
        if not meant or whole:
            assert audiences.selection(receiver, after) == audiences.selection(receiver, lines)


@given(worlds())
def test_audience_when_its_screens_are_resolved_is_that_of_their_reasons(
    world: tuple[list[Receiver], list[LineUp]],
) -> None:
    receivers, lines = world
    made = drafts(receivers, lines)
    for receiver in receivers:
        assert draft_of(receiver, made).audience == audiences.selection(receiver, lines).audience


def _with(line: LineUp, piece: Piece) -> LineUp:
    slots = tuple(
        dataclasses.replace(slot, loop=(*slot.loop, Entry(piece.release, dt.timedelta(seconds=9))))
        for slot in line.slots
    )
    return dataclasses.replace(line, slots=slots, pieces={**line.pieces, piece.release: piece})


@pytest.mark.parametrize(
    ("unit", "trees", "inside_"),
    [
        ("/1/01/", ("/1/",), True),
        ("/10/", ("/1/",), False),
        ("/1/01/ab/", ("/1/01/a/",), False),
        ("/1/", ("/1/01/",), False),
        ("/1/", (), False),
        ("/1/02/", ("/1/01/", "/1/02/"), True),
    ],
)
def test_unit_when_looked_up_lies_in_whole_names_only(unit: str, trees: tuple[str, ...], *, inside_: bool) -> None:
    assert covers(trees, unit) is inside_


def test_screen_that_no_target_reaches_gets_the_slate_for_the_whole_time() -> None:
    (draft,) = drafts([Receiver("r0", "/9/")], [])
    assert draft.slots == (Slot(START, END, ()),)
    assert draft.bundles == {}


def test_release_when_two_line_ups_have_it_is_shown_once_as_long_as_the_first_says() -> None:
    piece = dataclasses.replace(PIECES[0], units=("/1/",))
    lines = [
        LineUp(
            Target(code, "screen", code, ("/1/",)),
            1,
            (Slot(START, END, (Entry(piece.release, dt.timedelta(seconds=seconds)),)),),
            {piece.release: piece},
        )
        for code, seconds in (("t-a", 10), ("t-b", 20))
    ]
    (draft,) = drafts([Receiver("r0", "/1/01/")], lines)
    assert draft.slots == (Slot(START, END, (Entry(piece.release, dt.timedelta(seconds=10)),)),)


def test_slot_when_it_reaches_out_of_the_window_is_cut_to_it() -> None:
    piece = dataclasses.replace(PIECES[0], units=("/1/",))
    wide = Slot(START - HOUR, END + HOUR, (Entry(piece.release, HOUR),))
    line = LineUp(Target("t", "screen", "t", ("/1/",)), 1, (wide,), {piece.release: piece})
    (draft,) = drafts([Receiver("r0", "/1/")], [line])
    assert [(slot.start, slot.end) for slot in draft.slots] == [(START, END)]
