"""What the index holds of a text, and what of it a query asks for."""

from hypothesis import given, strategies as st

from cms.content.grams import excerpt, facet, fts5, grams, highlighted, tsquery, wanted
from cms.kernel.folding import search_form

CHARS = "吴江新闻abAB1０。，-' \u3000𠮷"


@given(st.text(CHARS, max_size=30), st.text(CHARS, max_size=4))
def test_words_of_a_query_when_it_stands_in_a_text_are_all_in_the_index_of_it(text: str, query: str) -> None:
    said, asked = search_form(text), wanted(query)
    stands = all(word in said for word in asked.words)
    in_index = set(asked.grams) <= grams(said)
    assert not stands or in_index
    # What is not compared with the text itself is exact in the index.
    exact = set(asked.words) - set(asked.texts)
    found = in_index and all(word in said for word in asked.texts)
    assert stands is found, exact


def test_query_when_typed_in_another_form_is_the_same() -> None:
    assert wanted("ＡＢＣ　吴江") == wanted("abc 吴江")
    assert wanted("  ") == wanted("")
    assert not wanted("  ")
    assert wanted("吴江").grams == ("吴江",)
    assert wanted("吴江").texts == ()
    assert wanted("吴江新").texts == ("吴江新",)


def test_facets_when_made_are_words_no_text_has() -> None:
    assert facet("column", "a-b") == "column：a－b"
    assert facet("column", "a") not in grams(search_form("column：a-b column:a"))


def test_queries_when_written_for_the_databases_are_quoted() -> None:
    assert fts5([["吴江"], ["a", "b"]]) == '("吴江") AND ("a" OR "b")'
    assert tsquery([["a'b\\"], ["c"]]) == "('a''b\\\\') & ('c')"


def test_title_when_shown_has_the_words_marked() -> None:
    runs = highlighted("吴江新闻ＡＰＰ上线", ("新闻", "闻a", "上"))
    assert [(run.text, run.hit) for run in runs] == [
        ("吴江", False),
        ("新闻Ａ", True),
        ("ＰＰ", False),
        ("上", True),
        ("线", False),
    ]
    assert highlighted("", ("a",)) == []


def test_line_when_cut_out_stands_around_the_first_word() -> None:
    text = "开" * 60 + "运河边的\n读书会" + "了" * 200
    runs = excerpt(text, ("读书会",), before=4, length=20)
    assert "".join(run.text for run in runs) == "…河边的 读书会" + "了" * 13 + "…"
    assert [run.text for run in runs if run.hit] == ["读书会"]
    assert excerpt(text, ("没有",)) == []
