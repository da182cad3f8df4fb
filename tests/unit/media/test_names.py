import string

import pytest
from hypothesis import given, strategies as st

from media.errors import MediaRefused
from media.names import MAX_NAME, content_key, named_key

HEX = "0123456789abcdef"


@given(st.text(HEX, min_size=64, max_size=64))
def test_content_key_of_a_hash_is_a_folder_of_two_digits(sha256: str) -> None:
    assert content_key(sha256) == f"a/{sha256[:2]}/{sha256}"


@given(st.text(max_size=80))
def test_content_key_of_anything_else_is_refused(text: str) -> None:
    if len(text) == 64 and set(text) <= set(HEX):
        return
    with pytest.raises(MediaRefused) as caught:
        content_key(text)
    assert caught.value.code == "media.bad_hash"


SEGMENT = st.text(string.ascii_lowercase + string.digits + "._-", min_size=1, max_size=20).filter(
    lambda segment: segment not in {".", ".."}
)


@given(st.lists(SEGMENT, min_size=1, max_size=6))
def test_named_key_of_plain_segments_stays_below_its_folder(segments: list[str]) -> None:
    assert named_key("/".join(segments)) == "n/" + "/".join(segments)


@pytest.mark.parametrize(
    "name",
    [
        *("", "/", "/etc/passwd", "..", ".", "a/../b", "a/./b", "a//b", "a/", "../a", "A", "稿件", "a b"),
        *("a\\b", "a\0b", "a\nb", "a%2e%2e", "~", "a:b", "a#1", "x" * (MAX_NAME + 1), "y" * 201, "a/" * 500 + "a"),
    ],
)
def test_named_key_of_a_dangerous_name_is_refused(name: str) -> None:
    with pytest.raises(MediaRefused) as caught:
        named_key(name)
    assert caught.value.code == "media.bad_name"


@given(st.text(alphabet="./\\ab\0%~", max_size=30))
def test_named_key_never_leaves_its_folder(name: str) -> None:
    try:
        key = named_key(name)
    except MediaRefused:
        return
    assert key.startswith("n/")
    assert not {"", ".", ".."} & set(key.split("/"))
