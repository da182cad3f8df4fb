"""Subtitles that are burned in: where a cut puts them, how they break, and that no cue is a command."""

import itertools

from media.subtitles import Cue
from renderers.douyin.captions import LINES, moved, portioned, script
from renderers.douyin.lettering import phrased


def ten(text: str) -> float:
    return len(text) * 10


def test_cues_when_the_film_is_cut_move_with_their_stretch() -> None:
    cues = [Cue(0, 2000, "一"), Cue(9_000, 11_000, "二"), Cue(20_000, 21_000, "三")]
    assert moved(cues, ((10_000, 12_000), (0, 1_000))) == [Cue(0, 1_000, "二"), Cue(2_000, 3_000, "一")]


def test_lines_when_there_is_room_end_where_a_speaker_breathes() -> None:
    said = "全区二百个站，今年累计宣讲，惠及群众。"
    assert list(phrased(said, width=120, measure=ten)) == ["全区二百个站，", "今年累计宣讲，惠及群众。"]
    assert (
        "".join(phrased("没有标点的一句很长很长的话" * 3, width=120, measure=ten)) == "没有标点的一句很长很长的话" * 3
    )


def test_cue_when_too_long_is_shown_one_part_after_another() -> None:
    parts = list(portioned(Cue(1_000, 5_000, "八个字一行共八字" * 6), width=80, measure=ten))
    assert [part.text.count("\n") for part in parts] == [LINES - 1] * 3
    assert (parts[0].start, parts[-1].end) == (1_000, 5_000)
    assert all(one.end == two.start for one, two in itertools.pairwise(parts))


def test_script_when_a_cue_is_hostile_has_no_command_of_its_own() -> None:
    made = script([Cue(0, 1_500, "{\\b1}甲\\N乙\n丙,丁")], width=720, height=1280)
    (line,) = [one for one in made.splitlines() if one.startswith("Dialogue")]
    assert line == "Dialogue: 0,0:00:00.00,0:00:01.50,words,｛＼b1｝甲＼N乙\\N丙,丁"
