"""Text is stored in one form; a phrase in the index is found exactly where the substring is."""

import unicodedata

import pytest
from hypothesis import example, given, strategies as st

from cms.kernel.text import clean, one_line, pinyin_key, search_text

CHINESE = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=12)
MIXED = st.text(st.sampled_from("吴江新闻云屏发布 abcXYZ012\n\t，。"), max_size=40)


@given(st.text())
@example("e\u200b\u0301")
@example("\x00 a")
@example("\u1100\ufeff\u1161")
def test_text_when_cleaned_is_normal_and_clean_again_changes_nothing(value: str) -> None:
    once = clean(value)
    assert unicodedata.is_normalized("NFC", once)
    assert clean(once) == once


@given(st.text())
def test_text_when_cleaned_holds_no_control_and_no_invisible_character(value: str) -> None:
    left = {ch for ch in clean(value) if unicodedata.category(ch) == "Cc"} - set("\n\t\r")
    assert left - {chr(n) for n in range(0x80, 0xA0)} == set()
    assert not set("\u200b\u2060\ufeff") & set(clean(value))


def test_text_when_cleaned_keeps_its_lines_and_loses_its_margin() -> None:
    assert clean("  第一行\n第二行\u200b \x07") == "第一行\n第二行"


@given(st.text())
def test_line_when_made_has_no_break_and_no_double_space(value: str) -> None:
    line = one_line(value)
    assert "  " not in line
    assert not any(ch.isspace() and ch != " " for ch in line)
    assert line == line.strip()


@pytest.mark.parametrize(
    ("title", "key"),
    [("吴江新闻", "wjxw"), ("2026年 云屏 App", "2026nypapp"), ("重庆", "cq"), ("——", ""), ("", "")],
)
def test_pinyin_when_made_of_a_title_is_its_initials(title: str, key: str) -> None:
    assert pinyin_key(title) == key


@given(MIXED)
def test_pinyin_when_made_of_anything_is_lower_case_letters_and_digits(value: str) -> None:
    assert all(ch.isalnum() and ch == ch.lower() for ch in pinyin_key(value))


@given(CHINESE, CHINESE, CHINESE)
def test_phrase_of_chinese_when_spaced_is_found_where_the_substring_is(before: str, word: str, after: str) -> None:
    assert f" {search_text(word)} " in f" {search_text(before + word + after)} "


@given(CHINESE, CHINESE)
def test_phrase_of_chinese_when_absent_is_not_found(text: str, word: str) -> None:
    assert (f" {search_text(word)} " in f" {search_text(text)} ") is (word in text)


@given(MIXED)
def test_search_text_when_made_loses_no_character_but_space(value: str) -> None:
    assert "".join(search_text(value).split()) == "".join(clean(value).split())


def test_search_text_when_latin_stands_beside_chinese_keeps_the_word_whole() -> None:
    assert search_text("云屏yunping发布2026") == "云 屏 yunping 发 布 2026"
