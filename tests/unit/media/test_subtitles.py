"""Subtitle files as they come: both formats, three encodings, hostile words, and every fault with its line."""

import pytest
from hypothesis import given, strategies as st

from media.errors import MediaRefused
from media.subtitles import MAX_BYTES, Cue, check_cues, clean_text, read_subtitles, read_time, write_srt, write_vtt

SRT = (
    "1\n00:00:01,000 --> 00:00:03,500\n<i>各位居民</i>，大家好\n\n"
    "2\n00:00:04,000 --> 00:00:06,000\n今天讲\n身边的文明\n"
)
CUES = (Cue(1000, 3500, "各位居民，大家好"), Cue(4000, 6000, "今天讲\n身边的文明"))


@pytest.mark.parametrize(
    ("data", "encoding", "form"),
    [
        (SRT.encode(), "utf-8", "srt"),
        (SRT.encode("utf-8-sig"), "utf-8", "srt"),
        (SRT.encode("utf-16"), "utf-16", "srt"),
        (SRT.replace("\n", "\r\n").encode("gbk"), "gbk", "srt"),
        (("WEBVTT - 讲座\nKind: captions\n\nNOTE 备注\n\n" + SRT.replace(",000", ".000")).encode(), "utf-8", "vtt"),
    ],
)
def test_file_when_read_gives_the_same_cues_and_says_its_encoding(data: bytes, encoding: str, form: str) -> None:
    found = read_subtitles(data)
    assert (found.cues, found.problems) == (CUES, ())
    assert (found.encoding, found.form) == (encoding, form)
    assert found.dropped >= 2


def test_vtt_when_it_has_settings_regions_and_short_times_is_understood() -> None:
    text = "WEBVTT\n\nSTYLE\n::cue { color: red }\n\nintro\n"
    text += "00:01.000 --> 00:02.000 line:0 align:start\n<v 张三>你好 &amp; 再见"
    found = read_subtitles(text.encode())
    assert found.cues == (Cue(1000, 2000, "你好 & 再见"),)
    assert found.problems == ()


@pytest.mark.parametrize(
    ("block", "code", "line"),
    [
        ("00:00:02,000 --> 00:00:09,000\n重叠", "overlap", 4),
        ("00:00:00,500 --> 00:00:00,900\n倒退", "backward", 4),
        ("00:00:08,000 --> 00:00:07,000\n反了", "ends_first", 4),
        ("00:00:61,000 --> 00:01:07,000\n秒数", "bad_time", 4),
        ("2\n00:00:04,000 -> 00:00:05,000\n箭头", "stray", 4),
        ("00:00:04,000 --> 00:00:05,000", "no_text", 4),
        ("00:00:04,000 --> 00:00:05,000\n" + "长" * 301, "long_text", 4),
        ("00:00:04,000 --> 00:00:05,000\n一\n二\n三\n四\n五", "many_lines", 4),
        ("00:00:04,000 --> 00:00:05,000\n粘连\n00:00:06,000 --> 00:00:07,000", "joined", 4),
        ("01:00:04,000 --> 01:00:05,000\n太晚", "past_end", 4),
    ],
)
def test_cue_when_wrong_is_told_with_its_line(block: str, code: str, line: int) -> None:
    text = f"00:00:01,000 --> 00:00:03,000\n好\n\n{block}\n"
    found = read_subtitles(text.encode(), duration_ms=60_000)
    assert [(one.code, one.line) for one in found.problems] == [(code, line)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "media.subtitles_form"),
        ("只有文字".encode(), "media.subtitles_form"),
        (b"\x89PNG\r\n\x1a\n\x00\x00-->", "media.subtitles_encoding"),
        (SRT.encode("utf-16-le"), "media.subtitles_encoding"),
        (b"\xff\xff\xff-->", "media.subtitles_encoding"),
        (b"x" * (MAX_BYTES + 1), "media.subtitles_size"),
    ],
)
def test_file_when_it_is_no_subtitles_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(MediaRefused) as refused:
        read_subtitles(data)
    assert refused.value.code == code


def test_words_when_hostile_are_only_words_in_what_is_written() -> None:
    hostile = "<script>alert(1)</script>&lt;img src=x&gt;<00:00:01.000>{\\an8}\u202e5 < 6 --> 7"
    cue = Cue(0, 1000, clean_text(hostile))
    assert cue.text == "alert(1)<img src=x>5 < 6 --> 7"
    written = write_vtt([cue]).decode()
    assert "<" not in written
    assert written.count("-->") == 1
    assert read_subtitles(written.encode()).cues[0].text != ""


@given(
    st.lists(
        st.tuples(st.integers(1, 5000), st.integers(0, 3000), st.text("文明 &;a.\n", min_size=1, max_size=30)),
        max_size=8,
    )
)
def test_cues_when_written_and_read_are_the_same(given_cues: list[tuple[int, int, str]]) -> None:
    cues, at = [], 0
    for length, gap, words in given_cues:
        text = clean_text(words)
        if text:
            cues.append(Cue(at + gap, at + gap + length, text))
            at += gap + length
    wrong = check_cues(cues)
    for write in (write_vtt, write_srt):
        if cues and not wrong:
            assert [c for c in read_subtitles(write(cues)).cues if "&" not in c.text] == [
                c for c in cues if "&" not in c.text
            ]


def test_time_when_typed_is_read_in_each_way_people_write_it() -> None:
    assert [read_time(text) for text in ("1:02", "00:01:02,5", "01:02:03.450", "0:00.05")] == [
        62_000,
        62_500,
        3_723_450,
        50,
    ]
    for bad in ("", "12", "1:60", "-1:00", "1:00:60", "a:bc"):
        with pytest.raises(ValueError, match=r".*"):
            read_time(bad)
