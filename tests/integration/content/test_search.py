"""Searching pieces: the counts of a plain search for a substring, on both databases, inside the actor's reach."""

import asyncio
import datetime as dt
import json
import random
import uuid
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select, text, update

from cms.content.draft import Draft
from cms.content.editing import create, save
from cms.content.filters import Filters
from cms.content.found import excerpts
from cms.content.grams import wanted
from cms.content.kinds import Kind
from cms.content.models import Document
from cms.content.queries import counts, documents
from cms.content.search import index_spoken, rebuild, rebuilding
from cms.content.search_rows import SearchText
from cms.content.states import EditionState
from cms.kernel.db import Database
from cms.kernel.folding import search_form
from cms.kernel.ids import uuid7
from cms.library.details import editable
from cms.library.models import SubtitleTrack
from tests.office import CENTRE, NEIGHBOUR, NOW, STATION, Office, make_draft, make_office, make_video

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


def piece(title: str, body: str, *, video: uuid.UUID | None = None, **more: object) -> Draft:
    blocks: list[dict[str, object]] = [{"id": f"b_{'a' * 12}", "type": "paragraph", "text": [{"t": body}]}]
    if video is not None:
        blocks.append({"id": f"b_{'b' * 12}", "type": "video", "asset": str(video), "title": ""})
    return make_draft(title=title[:200], body={"schema": 1, "blocks": blocks}, **more)


async def written(office: Office, unit: str, drafts: Sequence[Draft], *, kind: Kind = Kind.NEWS) -> None:
    actor = await office.actor("author" if unit == STATION else "neighbour" if unit == NEIGHBOUR else "second")
    async with office.db.write() as session:
        for number, draft in enumerate(drafts):
            now = NOW + dt.timedelta(seconds=number)
            await create(session, actor, kind=kind, unit=office.units[unit], draft=draft, now=now)


def cues(said: str, *, each: int = 14) -> list[list[object]]:
    """A lecture of these words, a line every four seconds."""
    lines = [said[start : start + each] for start in range(0, len(said), each)]
    return [[4_000 * number, 4_000 * number + 3_500, line] for number, line in enumerate(lines)]


async def subtitled(office: Office, *tracks: tuple[str, Sequence[Sequence[object]]]) -> uuid.UUID:
    """A video with subtitles in these languages."""
    video = await make_video(office)
    async with office.db.write() as session:
        for language, said in tracks:
            track = {"language": language, "cues": said, "version": 1, "updated_at": NOW}
            session.add(SubtitleTrack(id=uuid7(NOW), asset_id=video, updated_by=office.people["author"], **track))
    return video


async def test_search_when_compared_with_substrings_counts_the_same(database: Database) -> None:
    office = await make_office(database)
    texts = corpus()
    # Of every third piece the words are said in a video, in two languages, and not written.
    spoken = [cues(body) if place % 3 == 0 else [] for place, (_, body) in enumerate(texts)]
    videos = [await subtitled(office, ("zh", one), ("en", cues("Evening lecture"))) if one else None for one in spoken]
    drafts = [
        piece(title, "" if video else body, video=video) for (title, body), video in zip(texts, videos, strict=True)
    ]
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
    # What was written and said, each field by itself and without the index's own idea of it.
    lines = [
        [
            draft.title,
            draft.summary,
            draft.pinyin,
            "吴江融媒",
            "张记者",
            "李编辑",
            "吴江区委宣传部",
            *_written(draft),
            *_lines(one),
        ]
        for draft, one in zip(drafts, spoken, strict=True)
    ]
    for word in (*WORDS, "evening lec"):
        raw = [any(search_form(word) in search_form(line) for line in fields) for fields in lines]
        assert raw == [search_form(word) in one for one in said], word


def _written(draft: Draft) -> list[str]:
    return [run["t"] for run in draft.body["blocks"][0]["text"]]


def _lines(said: Sequence[Sequence[object]]) -> list[str]:
    return [*(str(line) for _, _, line in said), *(["Evening lecture"[:14], "e"] if said else [])]


async def test_search_when_subtitles_change_finds_the_new_words_in_their_place(database: Database) -> None:
    office = await make_office(database)
    video = await subtitled(office, ("zh", cues("各位乡亲晚上好，今天讲的是运河的水文与桥梁")))
    drafts = [piece("第一讲", "讲座录像", video=video), piece("第二讲", "讲座录像，提到桥梁", video=video)]
    await written(office, STATION, [*drafts, piece("夜游", "开票")])
    reviewer = await office.actor("reviewer")

    async def titles(words: str) -> list[str]:
        async with database.read() as session:
            return [row.title for row in (await documents(session, reviewer, Filters(words=words))).rows]

    async def say(said: str) -> int:
        async with database.write() as session:
            await editable(session, await office.actor("author"), video)
            await session.execute(update(SubtitleTrack).values(cues=cues(said)))
            return await index_spoken(session, video)

    assert await titles("水文") == ["第二讲", "第一讲"]
    assert await titles("水文 桥梁 录像") == ["第二讲", "第一讲"]
    async with database.read() as session:
        rows = (await documents(session, reviewer, Filters(words="桥梁"))).rows
        found = await excerpts(session, [row.edition for row in rows], wanted("桥梁").words)
    second, first = (found[row.edition] for row in rows)
    assert (first.line, second.spoken) == ([], None)
    assert first.spoken is not None
    assert first.spoken.at_ms == 4_000
    assert [run.text for run in first.spoken.runs if run.hit] == ["桥梁"]
    assert [run.text for run in second.line if run.hit] == ["桥梁"]

    assert await say("各位乡亲晚上好，今天讲的是节气与农时") == 2
    assert await say("各位乡亲晚上好，今天讲的是节气与农时") == 0
    assert await titles("水文") == []
    assert await titles("桥梁") == ["第二讲"]
    assert await titles("农时") == ["第二讲", "第一讲"]
    assert await titles("讲") == ["第二讲", "第一讲"]
    async with database.write() as session:
        await session.execute(text("UPDATE document_search SET text = 'x'"))
    assert await rebuild(database) == 3
    assert await titles("农时") == ["第二讲", "第一讲"]


async def test_search_when_subtitles_change_while_a_piece_is_saved_finds_the_new_words(database: Database) -> None:
    office = await make_office(database)
    video = await subtitled(office, ("zh", cues("今天讲水文")))
    author, reviewer = await office.actor("author"), await office.actor("reviewer")

    async def waits() -> bool:
        if database.is_sqlite:
            return True
        async with database.read() as session:
            return bool(await session.scalar(text("select count(*) from pg_locks where not granted")))

    async with database.write() as session:
        await editable(session, author, video)
        await session.execute(update(SubtitleTrack).values(cues=cues("今天讲农时")))
        await index_spoken(session, video)
        saving = asyncio.create_task(written(office, STATION, [piece("第一讲", "录像", video=video)]))
        while not (saving.done() or await waits()):  # noqa: ASYNC110 - what waits is known to the database alone
            await asyncio.sleep(0)
    await saving
    async with database.read() as session:
        assert (await documents(session, reviewer, Filters(words="农时"))).total == 1
        assert (await documents(session, reviewer, Filters(words="水文"))).total == 0


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
        assert [(run.text, run.hit) for run in found[held.edition].line] == [("第", False), ("一场", True)]

    async with database.write() as session:
        await session.execute(text("UPDATE document_search SET text = 'x'"))
    assert await rebuild(database) == 3
    assert await titles(words="湖边") == ["湖边讲座"]
    async with database.read() as session:
        assert len((await session.scalars(select(SearchText.seq))).all()) == 3


async def test_index_when_built_anew_in_batches_while_pieces_are_saved_has_each_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cms.content.search._BATCH", 2)
    office = await make_office(database)
    author, reviewer = await office.actor("author"), await office.actor("reviewer")
    await written(office, STATION, [piece(f"运河{number}", "讲座") for number in range(5)])

    async def titles() -> list[str]:
        async with database.read() as session:
            return [row.title for row in (await documents(session, reviewer, Filters(words="运河"))).rows]

    before = await titles()
    assert await rebuild(database) == 5
    assert await titles() == before

    async with database.read() as session:
        oldest = (await documents(session, reviewer, Filters(words="运河0"))).rows[0]
    edition, looked_at = await office.edition(oldest.edition), []
    async for number in rebuilding(database):
        looked_at.append(number)
        if len(looked_at) == 2:  # somebody saves the piece that the last batch would have had, and begins another
            async with database.write() as session:
                draft, later = piece("运河零", "讲座"), NOW + dt.timedelta(hours=1)
                await save(session, author, oldest.edition, draft, base=edition.revision_id, now=later)
            await written(office, NEIGHBOUR, [piece("运河新", "讲座")])
    assert looked_at == [2, 2, 1]
    assert sorted(await titles()) == sorted(["运河新", "运河零", *before[:-1]])
