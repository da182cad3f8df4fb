"""What an order says: REGIST, UPDATE or DELETE by what was confirmed, in the operator's own words. Goldens beside."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from renderers.iptv.adi import TooLong, order
from renderers.iptv.elements import (
    Act,
    Changes,
    Element,
    Link,
    Standing,
    changes,
    id_of,
    removal,
    standing_of,
    wanted,
)
from renderers.iptv.profiles import profile
from renderers.iptv.settings import AccountSettings
from renderers.iptv.text import legal
from tests.unit.renderers.iptv.pieces import SETTINGS, payload

GOLDENS = Path(__file__).parent / "goldens"
NOTHING = Standing({})


def order_of(films: int, account: AccountSettings, there: Standing = NOTHING, **more: object) -> str:
    dialect = profile(account)
    elements, links = wanted(payload(films, **more), account, dialect)
    addresses = {one.id: f"http://10.1.2.3:8080/{one.id}" for one in elements if one.file}
    return order(changes(elements, links, there), dialect, addresses)


def confirmed(films: int, **more: object) -> Standing:
    return standing_of(*wanted(payload(films, **more), SETTINGS, profile(SETTINGS)))


@pytest.mark.parametrize(
    ("name", "films", "account"),
    [
        ("c2-regist", 1, SETTINGS),
        ("c2-series", 2, SETTINGS),
        ("chinadtv-regist", 1, SETTINGS.model_copy(update={"profile": "chinadtv"})),
        (
            "dialect-regist",
            1,
            SETTINGS.model_copy(
                update={"dialect": {"names": {"Program": {"SearchName": "PinYin", "Keywords": ""}}, "fixed": {}}}
            ),
        ),
    ],
)
def test_order_for_a_new_piece_is_the_golden(name: str, films: int, account: AccountSettings) -> None:
    golden = (GOLDENS / f"{name}.xml").read_text("utf-8")
    assert order_of(films, account) == golden
    ET.fromstring(golden)


def test_order_for_a_changed_piece_is_the_golden() -> None:
    golden = (GOLDENS / "c2-update.xml").read_text("utf-8")
    assert order_of(1, SETTINGS, confirmed(2), title="理论宣讲第二版", column="news") == golden


def test_order_for_a_piece_taken_back_is_the_golden_and_names_no_category_as_an_object() -> None:
    golden = (GOLDENS / "c2-delete.xml").read_text("utf-8")
    said = order(removal(confirmed(2)), profile(SETTINGS), {})
    assert said == golden
    assert '<Object ElementType="Category"' not in said


def test_piece_that_did_not_change_says_nothing() -> None:
    dialect = profile(SETTINGS)
    assert not changes(*wanted(payload(2), SETTINGS, dialect), confirmed(2))


def test_fingerprint_is_of_the_file_and_the_words_not_of_where_it_is_offered() -> None:
    element = Element("Movie", "m", {"Type": "1"}, "f" * 64)
    assert element.fingerprint == Element("Movie", "m", {"Type": "1"}, "f" * 64).fingerprint
    assert element.fingerprint != Element("Movie", "m", {"Type": "1"}, "e" * 64).fingerprint
    assert element.fingerprint != Element("Movie", "m", {"Type": "2"}, "f" * 64).fingerprint


@given(st.text(min_size=1), st.text(min_size=1))
@settings(max_examples=25)
def test_ids_of_two_documents_never_meet_and_are_never_too_long(one: str, other: str) -> None:
    first, second = id_of(SETTINGS, one, "movie 0"), id_of(SETTINGS, other, "movie 0")
    assert (first == second) == (one == other)
    assert len(first) == 32
    assert first.isalnum()
    assert first != id_of(SETTINGS, one, "movie 1")


_NAMES = st.sampled_from(["a", "b", "c", "d"])
_ELEMENTS = st.dictionaries(_NAMES, st.sampled_from(["1", "2"]))


@given(_ELEMENTS, _ELEMENTS, st.sets(st.tuples(_NAMES, _NAMES)), st.sets(st.tuples(_NAMES, _NAMES)))
@settings(max_examples=40)
def test_orders_carried_out_one_after_another_leave_exactly_what_is_wanted(
    first: dict[str, str], second: dict[str, str], hung: set[tuple[str, str]], then: set[tuple[str, str]]
) -> None:
    """Whatever was there: the operator's side, played by a dictionary, ends with the second wish."""
    library: dict[str, str] = {}
    mapped: set[tuple[str, str]] = set()
    there = NOTHING
    for names, links in ((first, hung), (second, then), ({}, set())):
        elements = [Element("Program", name, {"v": value}) for name, value in names.items()]
        drawn = [Link("Series", parent, "Program", name) for parent, name in links]
        for act, one in (said := changes(elements, drawn, there)).elements:
            assert (one.id in library) == (act is not Act.REGIST)
            library.pop(one.id, None)
            if act is not Act.DELETE:
                library[one.id] = one.fingerprint
        for act, link in said.links:
            assert (link.key in mapped) == (act is not Act.REGIST)
            mapped = mapped - {link.key} if act is Act.DELETE else mapped | {link.key}
        there = standing_of(elements, drawn)
        assert library == {one.id: one.fingerprint for one in elements}
        assert mapped == set(links)
        assert Standing.from_json(json.loads(json.dumps(there.as_json()))) == there
    assert there.is_empty


@given(st.text())
@settings(max_examples=40)
def test_words_of_any_kind_come_out_of_the_document_as_they_went_in(text: str) -> None:
    said = Changes([(Act.REGIST, Element("Program", "p", {"Name": text}))], [])
    root = ET.fromstring(order(said, profile(SETTINGS), {}))
    assert (root.findtext(".//Property") or "") == legal(text)


def test_address_beyond_what_operators_read_is_refused() -> None:
    said = Changes([(Act.REGIST, Element("Movie", "m", {}, "f" * 64))], [])
    order(said, profile(SETTINGS), {"m": "h" * 1024})
    with pytest.raises(TooLong):
        order(said, profile(SETTINGS), {"m": "h" * 1025})
