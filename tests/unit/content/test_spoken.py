"""Words in subtitles: found wherever they stand, also over the border of two cues, at the time they begin."""

from hypothesis import assume, given, strategies as st

from cms.content.grams import grams, wanted
from cms.content.spoken import Cue, flow, passage
from cms.kernel.folding import search_form

TEXTS = st.lists(st.text("运河水文讲Ａ。\n", max_size=6), min_size=1, max_size=8)
MIXED = st.lists(st.text("运河ab7 \n", max_size=6), min_size=1, max_size=8)


def cues_of(texts: list[str]) -> list[Cue]:
    return [(place * 1000, place * 1000 + 900, text) for place, text in enumerate(texts)]


@given(TEXTS, st.data())
def test_word_when_cut_out_of_what_is_said_is_found_at_the_cue_it_first_begins_in(
    texts: list[str], data: st.DataObject
) -> None:
    # Character by character, with the cue each came from: what `flow` is to be, said another way.
    said = [(ch, place) for place, text in enumerate(texts) for ch in text if ch != "\n"]
    runs = search_form("".join(ch for ch, _ in said))
    start = data.draw(st.integers(0, len(runs)))
    cut = runs[start : start + data.draw(st.integers(1, 5))]
    assume(cut)
    cues = cues_of(texts)
    (word,) = wanted(cut).words
    assert grams(word) <= grams(search_form(flow(cues)[0]))
    found = passage(cues, [word], [word])
    assert found is not None
    assert found.at_ms == said[runs.find(word)][1] * 1000
    assert next(run for run in found.runs if run.text != "…").hit


@given(MIXED)
def test_flow_when_taken_apart_at_its_beginnings_gives_the_cues_back(texts: list[str]) -> None:
    text, begins = flow(cues_of(texts))
    ends = [*begins[1:], len(text)]
    parts = ["".join(text[begin:end].split()) for begin, end in zip(begins, ends, strict=True)]
    assert parts == ["".join(one.split()) for one in texts]


def test_words_of_letters_when_cues_end_between_them_stay_apart() -> None:
    assert flow(cues_of(["hello", "world", "你好", "5G", "时代", "a\nb"]))[0] == "hello world你好5G时代a b"


def test_passage_when_a_word_runs_over_two_cues_has_the_time_of_the_first() -> None:
    cues = cues_of(["各位听众", "今天讲共同富", "裕的道理", "", "谢谢"])
    found = passage(cues, ["共同富裕"], ["共同富裕"])
    assert found is not None
    assert found.at_ms == 1000
    assert [(run.text, run.hit) for run in found.runs] == [("…", False), ("共同富裕", True), ("的道理谢谢", False)]
    apart = passage(cues_of(["。", "", "", "", "", "。谢"]), ["。。"], ["。。"])
    assert apart is not None
    assert apart.runs[0].hit
    assert passage(cues, ["贫困"], ["贫困"]) is None
