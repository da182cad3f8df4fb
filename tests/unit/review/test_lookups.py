"""Names with titles, allowed sources, dead links, and characters no font of the screens has."""

import asyncio
import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest

from cms.content.draft import BylineDraft, Draft
from cms.content.kinds import Kind
from cms.contract import OutboundRefused
from cms.review.checks import check
from cms.review.dead_links import LinkAsker, ask_links, find_links, links_of
from cms.review.findings import Finding, to_explain
from cms.review.glyphs import TABLE, undrawable
from cms.review.lookups import Lists, find_sources
from cms.review.names import Name, find_titles, wrong_title
from cms.review.passages import Passage, passages
from cms.review.release import Press
from tests.office import NOW, RENDITIONS, form

TITLES = ("区委书记",)
BLOCK = f"b_{'a' * 12}"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("区委书记张明远出席", None),
        ("吴江区委书记张明远出席", None),
        ("书记张明远出席", None),
        ("张明远书记出席", None),
        ("张明远同志出席", None),
        ("张明远出席，区长讲话", None),
        ("居民张明远出席", None),
        ("区长张明远出席", "区长"),
        ("区委副书记张明远出席", "区委副书记"),
        ("张明远副区长出席", "副区长"),
        ("区委书记、区长张明远出席", "区长"),
        ("记者从区长、区委书记张明远处获悉", "记者从区长"),
    ],
)
def test_title_beside_a_listed_name_when_not_theirs_is_found(text: str, wrong: str | None) -> None:
    place = text.index("张明远")
    found = wrong_title(text, place, place + 3, TITLES)
    assert (None if found is None else text[slice(*found)]) == wrong


def test_titles_when_found_need_a_reason_and_name_the_right_ones() -> None:
    names = {"张明远": Name("张明远", ("区委书记", "党组书记"))}
    (found,) = find_titles(names, [Passage("title", "", "区长张明远调研")])
    assert (found.severity, found.code, found.start, found.end) == ("reason", "title_wrong", 0, 2)
    assert found.params["suggest"] == "区委书记；党组书记"
    assert list(find_titles({}, [Passage("title", "", "区长张明远调研")])) == []


def sourced(source: str) -> Draft:
    return Draft(byline=BylineDraft(source=source))


@pytest.mark.parametrize(
    ("source", "listed", "severity"),
    [
        ("吴江区融媒体中心", {"新华社"}, None),
        ("新华社", {"新华社"}, None),
        ("新华社、吴江区融媒体中心", {"新华社"}, None),
        ("某自媒体", {"新华社"}, "must"),
        ("新华社，某自媒体", {"新华社"}, "must"),
        ("某自媒体", set(), "hint"),
    ],
)
def test_source_when_neither_ours_nor_listed_is_refused(source: str, listed: set[str], severity: str | None) -> None:
    found = list(find_sources(sourced(source), Lists(sources=frozenset(listed)), frozenset({"吴江区融媒体中心"})))
    assert [one.severity for one in found] == ([severity] if severity else [])


def linked(*urls: str) -> Draft:
    runs = [{"t": "看", "href": url} for url in urls]
    item = {"id": "b_cccccccccccc", "text": runs}
    blocks = [{"id": BLOCK, "type": "list", "ordered": False, "items": [item]}]
    return Draft(body={"schema": 1, "blocks": blocks})


class Web:
    """Answers by address; `None` never answers."""

    def __init__(self, answers: Mapping[str, object]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str]] = []

    async def request(self, method: str, url: str, **_: Any) -> tuple[int, Mapping[str, str], bytes]:
        self.asked.append((method, url))
        answer = self.answers[url]
        if answer is None:
            await asyncio.Event().wait()
        if isinstance(answer, str):
            raise OutboundRefused(answer)
        assert isinstance(answer, int)
        return (405 if method == "HEAD" and answer == 299 else answer), {}, b""


ANSWERS = {
    "https://a.example/": 200,
    "https://b.example/": 404,
    "https://c.example/": 403,
    "https://d.example/": "publishing.outbound_unreachable",
    "https://e.example/": None,
    "https://f.example/": 299,
    "https://g.example/": "publishing.outbound_too_large",
}


async def test_links_when_asked_together_give_what_each_answered_within_the_budget() -> None:
    web = Web(ANSWERS)
    said = await ask_links(web, list(ANSWERS), seconds=0.05)
    assert said == {
        "https://a.example/": "200",
        "https://b.example/": "404",
        "https://c.example/": "403",
        "https://d.example/": "publishing.outbound_unreachable",
        "https://e.example/": "slow",
        "https://f.example/": "299",
        "https://g.example/": "200",
    }
    found = {one.params["url"]: (one.severity, one.code) for one in find_links(linked(*ANSWERS, "https://z/"), said)}
    assert found == {
        "https://b.example/": ("reason", "link_dead"),
        "https://c.example/": ("hint", "link_refused"),
        "https://d.example/": ("hint", "link_unreachable"),
        "https://e.example/": ("hint", "link_slow"),
        "https://z/": ("hint", "link_unasked"),
    }
    assert links_of(linked(*ANSWERS)) == dict.fromkeys(ANSWERS, BLOCK)
    assert list(find_links(linked(*ANSWERS), None)) == []


async def test_link_when_it_answered_is_not_asked_again_at_once_but_one_that_did_not_is() -> None:
    web = Web(ANSWERS)
    asker = LinkAsker(web, seconds=0.5)
    draft = linked("https://a.example/", "https://d.example/")
    first = await asker.ask(draft, now=NOW)
    assert await asker.ask(draft, now=NOW) == first
    assert [url for _, url in web.asked].count("https://a.example/") == 1
    assert [url for _, url in web.asked].count("https://d.example/") == 2
    await asker.ask(draft, now=NOW + dt.timedelta(hours=1))
    assert [url for _, url in web.asked].count("https://a.example/") == 2


def test_character_when_no_font_of_the_screens_has_it_is_found_with_its_place() -> None:
    assert undrawable("吴江𰻞面：“ABC”㎡，½\n第二行") == []
    assert undrawable("好😀的\ue000") == [(1, "😀"), (3, "\ue000")]


def test_table_of_characters_is_what_the_fonts_have() -> None:
    made = run_path(str(Path(__file__).parents[3] / "tools" / "glyphs.py"))
    if not all((made["FOLDER"] / name).exists() for name, _ in made["FACES"]):
        pytest.skip("the fonts of the screens are not installed here")
    assert made["table"](made["FOLDER"]).partition("\n")[2] == TABLE.read_text("ascii").partition("\n")[2]


def test_check_when_given_lists_and_limits_finds_everything_in_its_place() -> None:
    text = [{"t": "区长张明远😀"}]
    draft = Draft(
        title="一" * 40,
        channels=("wechat",),
        overrides={"wechat": {"summary": "字" * 200}},
        body={"schema": 1, "blocks": [{"id": BLOCK, "type": "paragraph", "text": text}]},
    )
    press = Press(
        "wujiang.example", 1, {**RENDITIONS, "wechat": ()}, form, limits={"wechat": {"title": 32, "summary": 120}}
    )
    names = {"张明远": Name("张明远", TITLES)}
    found = check(draft, Kind.NEWS, press=press, pictures={}, units=(), lists=Lists(names=names), now=NOW)
    assert [one.code for one in to_explain(found)] == ["title_wrong", "glyph_missing"]
    long = [(one.field, one.params["most"]) for one in found if one.code == "channel_long"]
    assert long == [("title", 32), ("summary", 120)]
    press = Press("wujiang.example", 1, {"wechat": ()}, form, limits={"wechat": {"body": 3}})
    found = check(draft, Kind.NEWS, press=press, pictures={}, units=(), now=NOW)
    assert Finding("must", "channel_body_long", "body", "", {"channel": "wechat", "most": 3, "now": 6}) in found


def test_passages_of_a_piece_are_those_of_the_master() -> None:
    draft = Draft(title="题", overrides={"douyin": {"title": "短题"}}, body={"schema": 1, "blocks": []})
    assert [one.text for one in passages(draft) if one.text] == ["题"]
