"""`/p/{point}`: what whoever scanned a printed code reads, out of the rows, a minute's memory and the tombstones."""

import datetime as dt
import os
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientSession, web
from sqlalchemy.exc import OperationalError

from cms.content.models import Edition
from cms.contract import Entry, ManifestDraft, Slot
from cms.people.models import Unit
from cms.publishing.line_ups import RowLineUps
from cms.publishing.publish import publish_now
from cms.review.approve import current_release
from deploy.places import PlacePages
from deploy.public import ErrorPages, PublicSite
from renderers.web import errors
from screens.district import District
from screens.manifest import manifest_body
from screens.states import store_state
from screens.tables import Screen
from tests.chromium import SHELL
from tests.integration.publishing import office
from tests.integration.publishing.conftest import Office
from tests.integration.publishing.office import SITE, SUN
from tests.vectors import world

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

DAY = dt.timedelta(days=1)
UNITS = {
    "/320509/04/": "松陵街道新时代文明实践所",
    "/320509/04/017/": "鲈乡二村阅读点",
    "/320509/05/": "太湖新城实践所",
    "/320509/05/003/": "东太湖阅读点",
    "/320509/04/003/": "梅里社区阅读点",
}


class Recalled:
    """The tombstones; empty until a test says otherwise."""

    def __init__(self) -> None:
        self.releases: frozenset[str] = frozenset()
        self.assets: frozenset[str] = frozenset()


class Weak:
    """The database, or none."""

    def __init__(self, database: Any) -> None:
        self._database = database
        self.is_away = False

    def read(self) -> Any:
        if self.is_away:
            raise OperationalError("select", {}, Exception("away"))
        return self._database.read()


@pytest.fixture
async def street(place: Office) -> AsyncIterator[SimpleNamespace]:
    recalled, database = Recalled(), Weak(place.database)
    pages = ErrorPages(errors.not_found(SITE), errors.gone(SITE))
    public = PublicSite(place.site, place.store, recalled, pages)
    line_ups = RowLineUps(database, place.clock)  # type: ignore[arg-type]
    places = PlacePages(database, place.clock, SITE, place.site, recalled, line_ups, public.page)  # type: ignore[arg-type]
    app = web.Application()
    app.add_routes([*places.routes(), *public.routes()])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with ClientSession(f"http://127.0.0.1:{port}") as client:
        yield SimpleNamespace(place=place, recalled=recalled, database=database, client=client, port=port)
    await runner.cleanup()


async def published(place: Office, title: str, *targets: str) -> tuple[str, str]:
    """Address of a piece that is out, and its release."""
    now = place.later(minutes=1)
    edition = await office.approved(place.database, now, title)
    async with place.database.write() as session:
        await publish_now(session, SUN, edition, targets=list(targets), now=now)
    await place.work()
    document = await office.document_of(place.database, edition)
    async with place.database.read() as session:
        release = (await current_release(session, await session.get_one(Edition, edition))).hash
    return f"/d/{document.public_id}/", release


async def furnished(place: Office, releases: list[str]) -> None:
    """Places, and a screen at one of them whose signed line-up of now has these releases."""
    now, district = place.now, District(place.clock)
    async with place.database.write() as session:
        above = {"/320509/": uuid.UUID(world.uuid_of("unit"))}
        for path, name in sorted(UNITS.items()):
            parent, _, code = path[:-1].rpartition("/")
            above[path] = uuid.UUID(world.uuid_of(path))
            unit = Unit(id=above[path], parent_id=above[f"{parent}/"], code=code, name=name, level="point", path=path)
            unit.created_at = now
            session.add(unit)
            await session.flush()
        screen = uuid.UUID(world.uuid_of("screen"))
        row = Screen(id=screen, public="s123456789", name="大屏", unit="/320509/04/017/", key="k" * 43, paired_at=now)
        row.paired_by, row.change = screen, 1
        session.add(row)
        loop = tuple(Entry(release, dt.timedelta(seconds=10)) for release in releases)
        bundles = dict.fromkeys(releases, ("b" * 64, 10))
        draft = ManifestDraft(
            "a", (str(screen),), (Slot(now, now + DAY, loop), Slot(now + DAY, now + 2 * DAY, ())), bundles
        )
        body = manifest_body(draft, version=1, trust=await district.trust(), now=now)
        await store_state(session, await district.sign_manifest(body), receivers=[screen], now=now)


async def read(street: SimpleNamespace, path: str, **headers: str) -> tuple[int, str, Any]:
    async with street.client.get(path, headers=headers) as answer:
        return answer.status, await answer.text(), answer.headers


async def test_place_when_its_code_is_scanned_shows_its_screens_and_the_site(street: SimpleNamespace) -> None:
    place = street.place
    both, release = await published(place, "垂虹桥畔夜市开市", "site", "street")
    _, only = await published(place, "屏上通知：周六停水", "street")
    other, _ = await published(place, "太湖新城三条公交线路调整", "site")
    await furnished(place, [release, only])
    status, page, headers = await read(street, "/p/017")
    assert status == 200
    assert page.index("松陵街道新时代文明实践所</span></p>") < page.index("<h1>鲈乡二村阅读点</h1>")
    showing, _, newest = page.partition("网站最新")
    assert f'<a href="{both}">垂虹桥畔夜市开市' in showing
    assert "<span>屏上通知：周六停水</span>" in showing  # nothing of it stands on the site
    assert f'<a href="{other}">' in newest
    assert both not in newest
    assert "<script" not in page
    assert "script-src" not in headers["Content-Security-Policy"]
    again = await read(street, "/p/017/", **{"If-None-Match": headers["ETag"]})
    assert again[0] == 304
    if folder := os.environ.get("YUNPING_TOUCH_SHOTS"):
        await drawn(street, "/p/017", Path(folder) / "place.png")

    status, page, _ = await read(street, "/p/05")
    assert "屏幕正在播放" not in page
    assert f'<a href="{both}">' in page
    status, page, _ = await read(street, "/p/003")  # two places have this code
    assert '<a href="/p/320509/04/003">梅里社区阅读点' in page
    assert '<a href="/p/320509/05/003">东太湖阅读点' in page
    assert "<h1>东太湖阅读点</h1>" in (await read(street, "/p/320509/05/003"))[1]
    for unknown in ("/p/999", "/p/", "/p/..%2f", "/p/A", "/p/320509/99"):
        assert (await read(street, unknown))[0] == 404
    assert "没有找到这个页面" in (await read(street, "/p/999"))[1]


async def test_place_when_something_is_recalled_or_the_database_is_away_says_only_what_may_be_said(
    street: SimpleNamespace,
) -> None:
    place = street.place
    one, release = await published(place, "垂虹桥畔夜市开市", "site", "street")
    await furnished(place, [release])
    assert one in (await read(street, "/p/017"))[1]
    street.recalled.releases = frozenset({release})
    status, page, _ = await read(street, "/p/017")
    assert (status, one in page, "垂虹桥畔夜市" in page) == (200, False, False)
    street.recalled.releases = frozenset()
    street.database.is_away = True
    place.later(minutes=5)
    assert one in (await read(street, "/p/017"))[1]
    assert (await read(street, "/p/05"))[0] == 503
    street.database.is_away = False
    place.later(days=1)
    assert "屏幕正在播放" not in (await read(street, "/p/017"))[1]


async def drawn(street: SimpleNamespace, path: str, to: Path) -> None:
    """A picture of the page on a telephone, for whoever asked for pictures."""
    from playwright.async_api import async_playwright  # noqa: PLC0415

    async with async_playwright() as tools:
        browser = await tools.chromium.launch(executable_path=SHELL, args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 390, "height": 844})
        await page.goto(f"http://127.0.0.1:{street.port}{path}")
        await page.screenshot(path=str(to))
        await browser.close()
