"""A cut never falls inside what people see as one character, and is never longer than the limit."""

import pytest
from hypothesis import given, strategies as st

from renderers.wechat.graphemes import clusters, cut

FAMILY = "👨‍👩‍👧"
WHOLE = (FAMILY, "👍🏽", "🇨🇳", "é", "각", "❤️", "🏴\U000e0067\U000e0062\U000e007f", "\r\n", "字")


@given(st.lists(st.sampled_from(WHOLE)))
def test_clusters_of_whole_characters_are_these(parts: list[str]) -> None:
    joined = "".join(parts)
    assert "".join(clusters(joined)) == joined
    if not any(a == "🇨🇳" for a in parts[:-1]):
        assert list(clusters(joined)) == parts


@given(st.text(), st.integers(4, 40))
def test_cut_of_anything_is_within_its_limit(text: str, limit: int) -> None:
    found = cut(text, limit)
    assert len(found) <= limit
    assert found == text or found.endswith("…")


@given(st.lists(st.sampled_from(WHOLE), min_size=1), st.integers(4, 20))
def test_cut_never_divides_a_cluster(parts: list[str], limit: int) -> None:
    text = "".join(parts)
    found = cut(text, limit).removesuffix("…")
    assert found == text or found in {"".join(list(clusters(text))[:n]) for n in range(len(parts) * 2)}


@pytest.mark.parametrize(
    ("text", "limit", "found"),
    [
        ("一二三四五", 5, "一二三四五"),
        ("一二三四五六", 5, "一二三四…"),
        ("一二三，四五六", 5, "一二三…"),
        (f"一{FAMILY}二三", 5, "一…"),
    ],
)
def test_cut_where_people_would_cut(text: str, limit: int, found: str) -> None:
    assert cut(text, limit) == found
