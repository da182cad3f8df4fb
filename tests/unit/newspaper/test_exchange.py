"""Zones as files: what goes out comes in again, and what is wrong is named by its place."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, strategies as st

from cms.content.zones import LEAST, SCALE
from cms.kernel.errors import Invalid
from cms.kernel.ids import block_id
from cms.newspaper.exchange import from_json, from_tree, placed, to_json, to_xml

ISSUE = {"paper": "吴江“日报”<&>", "date": "2026-11-26", "number": "第1期"}
words = st.text(st.sampled_from("字<&>\"'一 "), min_size=1, max_size=12).map(str.strip).filter(bool)


@st.composite
def zones(draw: st.DrawFn) -> list[dict[str, Any]]:
    found = []
    for number in range(draw(st.integers(0, 4))):
        left, top = draw(st.integers(0, SCALE - LEAST)), draw(st.integers(0, SCALE - LEAST))
        corners = [[left, top], [SCALE, SCALE]]
        points = corners if draw(st.booleans()) else [*corners, [left, SCALE]]
        opens: dict[str, Any] = draw(st.sampled_from([{}, {"document": "0123456789"}, {"of": "b_000000000000"}])) or {
            "text": draw(st.lists(words, min_size=1, max_size=3))
        }
        found.append({"id": f"b_{number:012d}", "points": points, "title": draw(words), **opens})
    return found


def tree(text: str) -> list[Any]:
    def plain(element: ET.Element) -> list[Any]:
        return [element.tag, dict(element.attrib), element.text or "", [plain(one) for one in element]]

    return plain(ET.fromstring(text))


@given(st.lists(zones(), max_size=3))
def test_what_goes_out_comes_in_again(every: list[list[dict[str, Any]]]) -> None:
    pages = [{"label": f"{number:02d} 要闻", "zones": found} for number, found in enumerate(every, 1)]
    for read in (from_json(to_json(ISSUE, pages).encode()), from_tree(tree(to_xml(ISSUE, pages)))):
        assert [(one.number, one.label, list(one.zones)) for one in read] == [
            (number, page["label"], page["zones"]) for number, page in enumerate(pages, 1)
        ]


def test_ids_of_a_file_become_ours_and_what_continues_follows() -> None:
    said = [{"id": "x1", "points": [[0, 0], [5000, 5000]]}, {"id": "", "points": [[0, 0], [1, 1]], "of": "x1"}]
    file = {"format": 1, "pages": [{"number": 1, "zones": said}]}
    file["pages"][0]["zones"][0]["points"] = [["0", "0"], ["0.5", "0.5"]]  # type: ignore[index]
    read = from_json(json.dumps(file).encode())
    [(block, label, (one, two))] = placed(read, [{"id": "b_p", "label": "01"}], block_id)
    assert (block, label) == ("b_p", "01")
    assert two["of"] == one["id"] != "x1"
    assert one["points"] == [[0, 0], [5000, 5000]]
    with pytest.raises(Invalid) as refused:
        placed(read, [], block_id)
    assert refused.value.code == "newspaper.page_unknown"


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        (b"{", "JSON"),
        (b"[]", "format"),
        (b'{"format": 2, "pages": []}', "format"),
        (b'{"format": 1, "pages": [{"number": "1", "zones": []}]}', "page 1"),
        (b'{"format": 1, "pages": [{"number": 1, "zones": [7]}]}', "page 1, zone 1"),
        (b'{"format": 1, "pages": [{"number": 1, "zones": [{"points": [[0]]}]}]}', "page 1, zone 1, points"),
        (
            b'{"format": 1, "pages": [{"number": 1, "zones": [{"points": [[0, "1e400000"]]}]}]}',
            "page 1, zone 1, points",
        ),
        (b'{"format": 1, "pages": [{"number": 1, "zones": [{"points": [[0, NaN]]}]}]}', "page 1, zone 1, points"),
    ],
)
def test_what_is_wrong_is_named(wrong: bytes, place: str) -> None:
    with pytest.raises(Invalid) as refused:
        from_json(wrong)
    assert refused.value.params["place"] == place
