"""Issues from upload to ready: one a day, killed workers, found by their words, and checked before review."""

import asyncio
import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cms.content.draft import draft_of, read_draft
from cms.content.editing import save
from cms.content.filters import Filters
from cms.content.queries import documents, find
from cms.kernel import leases
from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.kernel.errors import Invalid, Refused
from cms.kernel.metrics import CORE, Metrics
from cms.library.models import PAGE, Asset, Rendition
from cms.library.room import EncodeRoom
from cms.library.upload import Workshop
from cms.newspaper.drawing import draw_again, draw_next
from cms.newspaper.models import DrawJob, NewspaperIssue, NewspaperPage
from cms.newspaper.queries import drawings_waiting, issues, pages_of
from cms.newspaper.states import DRAW, DrawState
from cms.newspaper.taking import Named, read_named, take_issue
from cms.newspaper.zoning import PageZones, change_issue, keep_zones
from cms.review.release import Press
from cms.review.submit import preview_submission, submit
from cms.trust.release import read_release
from media.errors import MediaRefused
from media.sandbox import Sandbox
from media.store import Store
from tests.fakes.newspapers import ARTICLES, newspaper_pdf
from tests.office import NOW, RENDITIONS, Office, form, make_draft, make_office

DAY = dt.date(2026, 11, 26)
PAGES = {"screen": {"page-1080", "page-2160", "page-thumb"}}
PRESS = Press("wujiang.example", 1, RENDITIONS, form, pages=PAGES)


class Place:
    """A newsroom that makes a paper."""

    def __init__(self, office: Office, shop: Workshop) -> None:
        self.office, self.db, self.shop = office, office.db, shop
        self.clock = FixedClock(NOW)

    def room(self, owner: str = "one") -> EncodeRoom:
        return EncodeRoom(self.db, self.clock, self.shop, owner, Metrics(CORE))

    async def bring(self, pages: int = 2, *, date: dt.date = DAY, data: bytes = b"") -> str:
        actor = await self.office.actor("author")
        named = Named("吴江日报", date, "第1288期")
        pdf = data or newspaper_pdf(pages)
        return await take_issue(self.db, self.shop, actor, pdf, named=named, name="1288.pdf", now=self.clock.now())

    async def job(self) -> DrawJob:
        async with self.db.read() as session:
            return (await session.scalars(select(DrawJob))).one()


@pytest.fixture
async def place(sqlite: Database, tmp_path: Path) -> Place:
    work = tmp_path / "work"
    await asyncio.to_thread(work.mkdir)
    store = await asyncio.to_thread(Store.open, f"file://{tmp_path}/store", min_free_bytes=0)
    sandbox = await Sandbox.detect(allow_unsandboxed=False)
    return Place(await make_office(sqlite), Workshop(store, sandbox, work))


async def test_issue_is_drawn_resumed_checked_found_and_submitted(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = await place.bring()
    with pytest.raises(Refused) as twice:
        await place.bring()
    assert (twice.value.code, twice.value.params["document"]) == ("newspaper.issue_exists", document)
    async with place.db.read() as session:
        assert await drawings_waiting(session) == 1

    # A worker dies after the first page; the next one goes on with the second.
    room = place.room()
    put, calls = place.shop.store.put, 0

    async def dying(path: object, *, media_type: str) -> object:
        nonlocal calls
        calls += 1
        if calls > 30:
            raise asyncio.CancelledError
        return await put(path, media_type=media_type)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Store, "put", lambda _self, path, *, media_type: dying(path, media_type=media_type))
        calls = 30 - 4 - 1 - 13
        with pytest.raises(asyncio.CancelledError):
            await draw_next(room)
    job = await place.job()
    assert (job.state, job.done) == ("waiting", 1)
    assert await draw_next(place.room("two"))
    assert (await place.job()).state == "done"
    async with place.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(NewspaperPage)) == 2
        assert await session.scalar(select(func.count()).select_from(Asset).where(Asset.kind == PAGE)) == 2
        of_page = select(func.count()).select_from(Rendition).join(Asset, Asset.id == Rendition.asset_id)
        assert await session.scalar(of_page.where(Asset.kind == PAGE)) == 8
        actor = await place.office.actor("author")
        [row] = await issues(session, actor)
        assert (row.document, row.drawing, row.done, row.pages) == (document, DrawState.DONE, 2, 2)
        assert len(await pages_of(session, row.id)) == 2
        # Found by what is printed, before anybody wrote a word.
        page = await documents(session, actor, Filters(words="凭身份证借书"))
        assert [one.public_id for one in page.rows] == [document]
        held = await find(session, actor, document)
    draft = draft_of(held.revision)
    issue, first, second = draft.body["blocks"]
    assert (issue["paper"], issue["date"], issue["number"]) == ("吴江日报", "2026-11-26", "第1288期")
    assert [zone["title"] for zone in first["zones"]] == [title for title, _ in ARTICLES]
    assert draft.cover is not None

    # A page without zones is a warning; a link to nothing stops.
    zone = {"id": "b_00000000000z", "points": [[0, 0], [5000, 5000]], "title": "无", "document": "0123456789"}
    base = make_draft(cover=draft.cover, channels=("screen",), body=draft.body)
    async with place.db.write() as session:
        revision = await save(session, actor, held.edition.id, base, base=held.revision.id, now=NOW)
    async with place.db.write() as session:
        pages = [PageZones(first["id"], "01 要闻", [zone]), PageZones(second["id"], "02", [])]
        copy = await keep_zones(session, actor, document, pages, base=revision.id, version=None, now=NOW)
        with pytest.raises(Invalid) as unknown:
            await keep_zones(session, actor, document, [PageZones("b_x", "", [])], base=revision.id, version=1, now=NOW)
        assert unknown.value.code == "newspaper.page_unknown"
    assert copy.version == 1
    async with place.db.read() as session:
        held = await find(session, actor, document)
        found = await preview_submission(
            session, actor, held.edition.id, press=PRESS, draft=read_draft(copy.draft), now=NOW
        )
    said = {(one.severity, one.code) for one in found.findings}
    assert {("hint", "page_no_zones"), ("must", "zone_unknown")} <= said
    async with place.db.write() as session:
        pages = [PageZones(first["id"], "01 要闻", first["zones"])]
        await keep_zones(session, actor, document, pages, base=revision.id, version=copy.version, now=NOW)
        await change_issue(session, actor, document, date=DAY, number="第1289期", now=NOW)
    async with place.db.write() as session:
        row_ = await submit(session, actor, held.edition.id, press=PRESS, now=NOW)
    release = read_release(row_.text)
    files = {(one.rendition, one.of) for one in release.assets if one.rendition.startswith("page-")}
    assert len(files) == 2 * 3
    assert all(one.chunks for one in release.assets)


async def test_drawing_that_fails_says_which_page_and_is_tried_again(place: Place) -> None:
    await place.bring()
    async with place.db.read() as session:
        row = (await issues(session, await place.office.actor("author")))[0]
    # The stored PDF rots between upload and drawing.
    path = place.shop.store.local_path(await _source(place))
    assert path is not None
    await asyncio.to_thread(path.chmod, 0o600)
    await asyncio.to_thread(path.write_bytes, b"%PDF-1.7\nrotten")
    assert await draw_next(place.room())
    job = await place.job()
    assert (job.state, job.error_code) == ("failed", "media.broken")
    assert job.error_params["page"] == 1
    async with place.db.write() as session:
        await draw_again(session, row.id, now=NOW)
    assert (await place.job()).state == "waiting"
    # Three workers that die on it put it aside.
    for number in range(DRAW.max_lost):
        place.clock = FixedClock(NOW + (number + 1) * (DRAW.lease + dt.timedelta(seconds=5)))
        async with place.db.write() as session:
            await leases.claim(session, DrawJob, DRAW, owner=f"w{number}", now=place.clock.now(), poison={})
    place.clock = FixedClock(NOW + dt.timedelta(hours=1))
    await draw_next(place.room())
    assert (await place.job()).state == "failed"


async def _source(place: Place) -> str:
    async with place.db.read() as session:
        return str((await session.scalars(select(NewspaperIssue.source_sha256))).one())


async def test_what_is_no_newspaper_is_refused_and_leaves_nothing(place: Place) -> None:
    for data, code in ((b"\x89PNG\r\n\x1a\n" + b"\0" * 60, "media.wrong_kind"), (b"%PDF-1.7\nx", "media.broken")):
        with pytest.raises(MediaRefused) as refused:
            await place.bring(data=data)
        assert refused.value.code in {code, "media.truncated", "media.broken"}
    async with place.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(DrawJob)) == 0


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"paper": " ", "date": "2026-11-26", "number": ""}, "paper"),
        ({"paper": "报", "date": "26.11.2026", "number": ""}, "date"),
        ({"paper": "报", "date": "2028-11-26", "number": ""}, "date"),
        ({"paper": "报", "date": "2026-11-26", "number": "号" * 41}, "number"),
    ],
)
def test_which_issue_it_is_must_be_said(asked: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_named(**asked, today=DAY)
    assert list(refused.value.fields) == [field]


def test_named_is_read_as_written() -> None:
    assert read_named(paper=" 吴江  日报 ", date="2026-11-26", number=" 第1期", today=DAY) == Named(
        "吴江 日报", DAY, "第1期"
    )
