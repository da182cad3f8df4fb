"""Zones out of printed text: each headline with its columns, whatever the page looks like."""

from hypothesis import example, given, strategies as st

from cms.content.blocks import clean_text
from cms.content.zones import SCALE, box, contains, read_points, read_zones
from cms.kernel.ids import block_id
from cms.newspaper.proposing import Printed, propose, words_in

BODY, HEAD = 70, 120
RIM = SCALE - 1


def text(left: int, top: int, *, height: int = 1500, words: str = "正文" * 60) -> Printed:
    return Printed(left, top, left + 1500, top + height, BODY, words)


def head(left: int, top: int, words: str, *, width: int = 1500) -> Printed:
    return Printed(left, top, left + width, top + 250, HEAD, words)


def test_each_headline_opens_the_text_below_it() -> None:
    first, second = text(500, 1300), text(500, 3400, words="第二篇" * 30)
    zones = propose([head(500, 1000, "一"), first, head(500, 3100, "二\n行"), second], block_id)
    assert [(one["title"], one["text"]) for one in zones] == [("一", [first.text]), ("二行", [second.text])]
    for one, printed in zip(zones, (first, second), strict=True):
        assert contains(read_points(one["points"]), *printed.centre)
        assert words_in(read_points(one["points"]), [first, second])[-1] == printed.text


def test_text_that_goes_on_in_another_column_opens_the_same_article() -> None:
    parts = [head(500, 6000, "一"), text(500, 6300), text(5000, 1000, words="接上栏" * 30)]
    first, more = propose(parts, block_id)
    assert more["of"] == first["id"]
    assert len(first["text"]) == 2


def test_a_headline_over_columns_takes_its_columns_and_not_its_neighbour() -> None:
    wide = head(2500, 1000, "大", width=3600)
    beside = [head(500, 2400, "邻"), text(500, 2700)]
    columns = [text(500, 1300, height=900), text(2400, 1300, height=4000), text(4300, 1300, height=4000)]
    zones = propose([wide, *columns, *beside], block_id)
    assert [one["title"] for one in zones] == ["大", "邻"]
    assert len(zones[0]["points"]) > 4
    assert not contains(read_points(zones[0]["points"]), *beside[1].centre)


def test_a_masthead_and_a_page_without_text_propose_nothing() -> None:
    masthead = [Printed(3000, 300, 7000, 800, 300, "吴江日报"), Printed(3000, 900, 7000, 980, BODY, "2026年11月26日")]
    assert propose(masthead, block_id) == []
    assert propose([], block_id) == []


blocks = st.builds(
    lambda left, top, width, height, size, words: Printed(
        left, top, min(SCALE, left + width), min(SCALE, top + height), size, words
    ),
    st.integers(0, SCALE - 1),
    st.integers(0, SCALE - 1),
    st.integers(1, 5000),
    st.integers(1, 5000),
    st.integers(1, 400),
    st.text(st.sampled_from("正文字。\n "), min_size=1, max_size=260),
)


@given(st.lists(blocks, max_size=14))
@example([Printed(0, 0, 1, 1, 400, "字"), Printed(0, 2, 1, 3, 1, "正" * 60)])
@example([Printed(*(RIM, RIM, SCALE, SCALE, 400), "字"), Printed(*(RIM, RIM, SCALE, SCALE, 1), "正" * 60)])
def test_whatever_is_printed_the_zones_are_good(printed: list[Printed]) -> None:
    zones = propose(printed, block_id)
    read = read_zones(zones, clean_text)
    assert len(read) == len(zones)
    firsts = {one["id"] for one in read if "of" not in one}
    assert all(one["of"] in firsts for one in read if "of" in one)
    for one in read:
        left, top, right, bottom = box([(x, y) for x, y in one["points"]])
        assert 0 <= left < right <= SCALE
        assert 0 <= top < bottom <= SCALE
