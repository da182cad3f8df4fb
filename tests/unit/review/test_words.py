"""Phrases of the list in a text: what is found where, and what a longer allowed phrase covers."""

import uuid

import pytest
from hypothesis import given, strategies as st

from cms.kernel.folding import fold
from cms.review.automaton import Automaton
from cms.review.findings import Finding, finding_json, finding_of
from cms.review.list_csv import ListKind
from cms.review.lists import shipped
from cms.review.lookups import make_lists
from cms.review.passages import Passage
from cms.review.words import MOST, Word, WordList, find_words


def hits(text: str, *words: Word) -> list[str]:
    return [text[start:end] for start, end, _ in WordList(words).find(text)]


@given(st.lists(st.text("ab", min_size=1, max_size=4), max_size=6, unique=True), st.text("ab", max_size=30))
def test_automaton_when_compared_with_a_plain_search_finds_the_same(words: list[str], text: str) -> None:
    found = {(start, end) for start, end, number in Automaton(words).find(text) if text[start:end] == words[number]}
    plain = {(place, place + len(word)) for word in words for place in range(len(text)) if text.startswith(word, place)}
    assert found == plain


@given(st.text(max_size=60))
def test_fold_when_asked_for_a_place_names_the_character_it_came_from(text: str) -> None:
    folded = fold(text, joined=True)
    assert len(folded.places) == len(folded.text) + 1
    assert list(folded.places) == sorted(folded.places)
    for number, ch in enumerate(folded.text):
        start, end = folded.original(number, number + 1)
        assert ch in fold(text[start:end], joined=True).text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("有人贩卖大麻被抓", ["大麻"]),
        ("这是个大麻烦", []),
        ("大麻烦里说大麻", ["大麻"]),
        ("大 麻、大\u200b麻、大-麻、大＊麻", ["大 麻", "大\u200b麻", "大-麻", "大＊麻"]),
        ("很大。麻烦", []),
        ("很大\n麻烦", []),
    ],
)
def test_word_when_a_longer_allowed_phrase_covers_it_is_let_through(text: str, found: list[str]) -> None:
    assert hits(text, Word("大麻"), Word("大麻烦", "allow")) == found


def test_word_when_written_in_another_width_or_case_is_found() -> None:
    assert hits("下载ＡＰＰ，Happy", Word("app")) == ["ＡＰＰ"]
    assert hits("全国第１", Word("第1")) == ["第１"]


def test_word_when_denied_and_allowed_alike_is_let_through() -> None:
    assert hits("最佳", Word("最佳"), Word("最佳", "allow")) == []


def test_word_when_inside_a_longer_denied_one_is_said_once() -> None:
    assert hits("国家级奖", Word("国家"), Word("国家级")) == ["国家级"]


def test_finding_of_a_word_names_place_wording_and_severity() -> None:
    words = WordList([Word("布署", severity="reason", suggest="部署", category="错别字")])
    block = f"b_{'a' * 12}"
    (found,) = find_words(words, [Passage("body", block, "会议布署工作")])
    said = {"found": "布署", "category": "错别字", "suggest": "部署"}
    assert found == Finding("reason", "word", "body", block, said, 2, 4)
    assert finding_of(finding_json(found)) == found
    assert finding_of({"severity": "hint", "code": "empty", "field": "", "block": "", "params": {}}).end == 0


def test_findings_when_there_are_hundreds_end_with_one_that_says_so() -> None:
    found = list(find_words(WordList([Word("布署")]), [Passage("body", str(uuid.uuid4()), "布署 " * 300)]))
    assert len(found) == MOST + 1
    assert found[-1].code == "words_more"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("会议布署下阶段工作", ["布署"]),
        ("由区政府发布署名文章", []),
        ("国家级非物质文化遗产评弹", []),
        ("提供献血服务", []),
        ("教育部暑期安排", []),
        ("国家环保部通知", ["国家环保部"]),
    ],
)
def test_shipped_list_when_used_finds_faults_and_leaves_good_text_alone(text: str, found: list[str]) -> None:
    lists = make_lists(shipped(ListKind.WORDS), (), (), version="w0")
    assert [text[start:end] for start, end, _ in lists.words.find(text)] == found
