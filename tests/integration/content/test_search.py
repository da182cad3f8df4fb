"""Searching pieces: the counts of a plain search for a substring, on both databases, inside the actor's reach."""

import datetime as dt
import json
import random
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select, text

from cms.content.draft import Draft
from cms.content.editing import create, save
from cms.content.filters import Filters
from cms.content.found import excerpts
from cms.content.grams import wanted
from cms.content.kinds import Kind
from cms.content.models import Document
from cms.content.queries import counts, documents
from cms.content.search import rebuild
from cms.content.search_rows import SearchText
from cms.content.states import EditionState
from cms.kernel.db import Database
from cms.kernel.folding import search_form
from tests.office import CENTRE, NEIGHBOUR, NOW, STATION, Office, make_draft, make_office

PIECES = 60
WORDS = (*"的国，a", "》。", *["中国", "发展", "疫情", "新型", "2020", "20", "记者", "中国人", "新冠肺炎", "一二三四"])


def corpus() -> list[tuple[str, str]]:
    """News that were shared, else some of our own."""
    for folder in Path(__file__).parents:
        path = folder / "shared" / "data" / "text" / "zh_news_open.jsonl"
        if path.exists():
            lines = path.read_text("utf-8").splitlines()[:PIECES]
            return [(one["title"], one["body"]) for one in map(json.loads, lines)]
    dice = random.Random(4)
    parts = [*"的国，。《》", *["中国", "发展", "疫情", "新型", "记者", "2020年", "新冠肺炎", "运河", "讲座"]]
    return [("".join(dice.choices(parts, k=6)), "".join(dice.choices(parts, k=120))) for _ in range(PIECES)]


def piece(title: str, body: str, **more: object) -> Draft:
    blocks = [{"id": f"b_{'a' * 12}", "type": "paragraph", "text": [{"t": body}]}]
    return make_draft(title=title[:200], body={"schema": 1, "blocks": blocks}, **more)


async def written(office: Office, unit: str, drafts: Sequence[Draft], *, kind: Kind = Kind.NEWS) -> None:
    actor = await office.actor("author" if unit == STATION else "neighbour" if unit == NEIGHBOUR else "second")
    async with office.db.write() as session:
        for number, draft in enumerate(drafts):
            now = NOW + dt.timedelta(seconds=number)
            await create(session, actor, kind=kind, unit=office.units[unit], draft=draft, now=now)


async def test_search_when_compared_with_substrings_counts_the_same(database: Database) -> None:
    office = await make_office(database)
    drafts = [piece(*one) for one in corpus()]
    await written(office, STATION, drafts)
    reviewer, neighbour = await office.actor("reviewer"), await office.actor("neighbour")
    async with database.read() as session:
        said = list((await session.scalars(select(SearchText.text).order_by(SearchText.seq))).all())
        for word in WORDS:
            page = await documents(session, reviewer, Filters(words=word), limit=100)
            expected = [place for place, one in enumerate(said) if search_form(word) in one]
            assert page.total == len(expected), word
            times = [row.updated_at for row in page.rows]
            assert times == sorted(times, reverse=True)
            tally = await counts(session, reviewer, Filters(words=word))
            assert tally.by_state == ({EditionState.DRAFT: len(expected)} if expected else {})
            assert (await documents(session, neighbour, Filters(words=word))).total == 0
        both = await documents(session, reviewer, Filters(words="中国 发展"))
        assert both.total == sum("中国" in one and "发展" in one for one in said)
        first = await documents(session, reviewer, Filters(words="的"), limit=7)
        second = await documents(session, reviewer, Filters(words="的"), after=first.after, limit=7)
        every = (await documents(session, reviewer, Filters(words="的"), limit=14)).rows
        assert [*first.rows, *second.rows] == list(every)
    raw = [f"{title}\n{body}" for title, body in corpus()]
    assert [("新冠" in one) for one in raw] == [("新冠" in one) for one in said]


async def test_search_when_filtered_or_changed_or_built_anew_follows(database: Database) -> None:
    office = await make_office(database)
    await written(office, STATION, [piece("运河讲座", "第一场", channels=("screen",)), piece("运河夜游", "开票")])
    await written(office, NEIGHBOUR, [piece("运河通知", "停水", channels=("web",))], kind=Kind.NOTICE)
    reviewer = await office.actor("reviewer")

    async def titles(**asked: object) -> list[str]:
        async with database.read() as session:
            page = await documents(session, reviewer, Filters(**asked))  # type: ignore[arg-type]
        return [row.title for row in page.rows]

    assert sorted(await titles(words="运河")) == ["运河夜游", "运河讲座", "运河通知"]
    assert await titles(words="运河", kind=Kind.NOTICE) == ["运河通知"]
    assert await titles(words="运河", channel="screen") == ["运河夜游", "运河讲座"]
    assert await titles(channel="web", unit=NEIGHBOUR) == ["运河通知"]
    assert await titles(words="运河", unit=STATION, author="author") == ["运河夜游", "运河讲座"]
    assert await titles(words="运河", since=NOW + dt.timedelta(seconds=1)) == ["运河夜游"]
    assert await titles(words="运河", until=NOW + dt.timedelta(seconds=1), column="news", unit=CENTRE) == [
        "运河通知",
        "运河讲座",
    ]
    assert await titles(words="运河", states=frozenset({EditionState.PUBLISHED})) == []
    assert await titles(words="YHJZ") == ["运河讲座"]

    author = await office.actor("author")
    async with database.write() as session:
        row = (await session.scalars(select(Document).where(Document.title == "运河讲座"))).one()
        page = await documents(session, author, Filters(words="运河讲座"))
        held = page.rows[0]
        edition = await office.edition(held.edition)
        draft = piece("湖边讲座", "第一场")
        await save(session, author, held.edition, draft, base=edition.revision_id, now=NOW + dt.timedelta(minutes=1))
        assert row.title == "湖边讲座"
    assert await titles(words="讲座") == ["湖边讲座"]
    assert await titles(words="运河讲座") == []
    async with database.read() as session:
        found = await excerpts(session, [held.edition], wanted("一场").words)
        assert [(run.text, run.hit) for run in found[held.edition]] == [("第", False), ("一场", True)]

    async with database.write() as session:
        await session.execute(text("UPDATE document_search SET text = 'x'"))
        assert await rebuild(session) == 3
    assert await titles(words="湖边") == ["湖边讲座"]
    async with database.read() as session:
        assert len((await session.scalars(select(SearchText.seq))).all()) == 3
