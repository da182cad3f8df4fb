"""Lists as tables: what is read, what is wrong in which cell, what an import would change, and the way back."""

import pytest
from hypothesis import given, strategies as st

from cms.kernel.messages import LANGUAGES, Catalogue
from cms.review.list_csv import Changes, ListKind, Problem, compare, read_csv, rows, write_csv

WORDS = "词语,类型,级别,建议用语,类别\n"


def wrong(text: str, kind: ListKind = ListKind.WORDS) -> list[tuple[int, str, str]]:
    return [(one.row, one.column, one.code) for one in read_csv(kind, text.encode()).problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_words_when_read_are_entries_in_any_encoding_of_an_office(encoding: str) -> None:
    read = read_csv(ListKind.WORDS, f"{WORDS}布署,禁用,提示,部署,错别字\n大麻烦,放行,,,\n\n".encode(encoding))
    assert read.problems == ()
    assert read.entries == (
        {"word": "布署", "rule": "deny", "severity": "hint", "suggest": "部署", "category": "错别字"},
        {"word": "大麻烦", "rule": "allow", "severity": "must", "suggest": "", "category": ""},
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", (1, "词语", "column_missing")),
        (WORDS, (2, "", "file_empty")),
        ("词语,备注\n布署,x\n", (1, "备注", "column_unknown")),
        (f"{WORDS}布署,禁止,,,\n", (2, "类型", "rule_unknown")),
        (f"{WORDS}好,,,,\n布署,,严重,,\n", (3, "级别", "severity_unknown")),
        (f"{WORDS}\u200b,禁用,,,\n", (2, "词语", "cell_empty")),
        (f"{WORDS}{'长' * 41},,,,\n", (2, "词语", "cell_long")),
        (f"{WORDS}布署,,,,\n布 署,,,,\n", (3, "词语", "row_twice")),
        (f'{WORDS}"布署,,,,\n', (0, "", "file_form")),
    ],
)
def test_file_when_a_cell_is_wrong_is_refused_whole_with_the_place(text: str, problem: tuple[int, str, str]) -> None:
    assert wrong(text) == [problem]
    assert read_csv(ListKind.WORDS, text.encode()).entries == ()


def test_file_when_no_text_is_refused() -> None:
    assert read_csv(ListKind.WORDS, b"\xff\xfe\x00\x01").problems == (Problem(0, "", "file_encoding"),)
    assert wrong(f"{WORDS}{'布署,,,,' * 9_000_000}") == [(0, "", "file_large")]


def test_names_when_read_have_several_titles_and_need_one() -> None:
    assert read_csv(ListKind.NAMES, "姓名,职务\n张明远,区委书记；党组书记\n".encode()).entries == (
        {"name": "张明远", "titles": ["区委书记", "党组书记"]},
    )
    assert wrong("姓名,职务\n张明远,\n张,书记\n", ListKind.NAMES) == [
        (2, "职务", "cell_empty"),
        (3, "姓名", "name_short"),
    ]


def test_import_when_compared_says_what_it_would_change() -> None:
    old = [{"name": one} for one in ("甲报", "乙报")]
    new = [{"name": one} for one in ("乙报", "丙报")]
    added = compare(ListKind.SOURCES, old, new, replace=False)
    assert (added.added, added.changed, added.removed, added.same) == (("丙报",), (), (), 2)
    assert [one["name"] for one in added.result] == ["甲报", "乙报", "丙报"]
    replaced = compare(ListKind.SOURCES, old, new, replace=True)
    assert replaced == Changes(("丙报",), (), ("甲报",), 1, tuple(new))


@given(st.lists(st.text("布署甲乙=+-@,\"' ", min_size=2, max_size=9), min_size=1, max_size=5))
def test_list_when_written_and_read_again_is_the_same(names: list[str]) -> None:
    entries = {" ".join(one.split()): {"name": " ".join(one.split())} for one in names if one.split()}
    kept = [one for one in entries.values() if one["name"]]
    again = read_csv(ListKind.SOURCES, write_csv(ListKind.SOURCES, kept))
    assert again.problems or list(again.entries) == kept


def test_rows_when_narrowed_are_those_with_the_words() -> None:
    entries = read_csv(ListKind.WORDS, f"{WORDS}布署,,,部署,错别字\n最佳,,,,\n".encode()).entries
    assert [row[0] for row in rows(ListKind.WORDS, entries, words="部署")] == ["布署"]


def test_every_problem_has_its_sentence() -> None:
    texts = Catalogue.load()
    codes = {key for key in texts.keys("zh-CN") if key.startswith("review.list.")}
    said = {
        *("file_large", "file_encoding", "file_form", "file_long", "file_empty", "column_missing", "column_unknown"),
        *("row_twice", "cell_empty", "cell_long", "rule_unknown", "severity_unknown", "name_short"),
    }
    assert {f"review.list.{code}" for code in said} == codes
    for language in LANGUAGES:
        assert all(texts.text(language, key, value="x", most=1) for key in codes)
