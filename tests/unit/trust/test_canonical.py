"""Properties of canonical text that hold for every value, not only the committed vectors."""

import json
import unicodedata
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, strategies as st

from cms.trust.canonical import decode, encode
from cms.trust.errors import TrustError
from cms.trust.limits import MAX_INTEGER

KEYS = st.text("abcdefghijklmnopqrstuvwxyz0123456789_./:-", min_size=1, max_size=128)
TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])).map(
    lambda text: unicodedata.normalize("NFC", text)
)
LEAVES = st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | TEXTS
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner), max_leaves=20)


@given(VALUES)
def test_decode_of_encode_gives_the_value_back(value: Any) -> None:
    assert decode(encode(value)) == value
    assert decode(encode(value).encode()) == value


@given(VALUES)
def test_encode_gives_what_json_reads_and_the_order_of_keys_does_not_matter(value: Any) -> None:
    assert json.loads(encode(value)) == value
    assert encode(_turned(value)) == encode(value)


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _turned(value[key]) for key in reversed(value)}
    return [_turned(item) for item in value] if isinstance(value, list) else value


@given(VALUES, st.sampled_from([None, 1, 2]), st.sampled_from([", ", ": "]))
def test_decode_of_the_same_value_spelt_otherwise_is_refused(value: Any, indent: int | None, gap: str) -> None:
    spelt = json.dumps(value, indent=indent, ensure_ascii=False, separators=(",", gap))
    if spelt != encode(value):
        with pytest.raises(TrustError):
            decode(spelt)


@given(VALUES, st.data())
def test_decode_of_a_text_with_one_letter_changed_is_refused_or_is_another_value(
    value: Any, data: st.DataObject
) -> None:
    text = encode(value)
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.characters(exclude_categories=["Cs"])) + text[at + 1 :]
    with suppress(TrustError):  # any other exception fails the test
        assert (encode(decode(changed)) == text) == (changed == text)


@given(st.binary(max_size=200))
def test_decode_of_any_bytes_never_fails_otherwise(raw: bytes) -> None:
    with suppress(TrustError):  # any other exception fails the test
        assert encode(decode(raw)).encode() == raw


@pytest.mark.parametrize("value", [1.0, MAX_INTEGER + 1, {1: 2}, {"A": 1}, b"x", {1, 2}, "\ud800", "e\u0301", object()])
def test_encode_of_a_value_without_canonical_text_is_refused(value: object) -> None:
    with pytest.raises(TrustError) as refusal:
        encode([value])
    assert refusal.value.code == "trust.canonical"
