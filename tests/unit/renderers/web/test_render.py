"""From a delta to files: what changed and no more, in the order in which it may become visible."""

import dataclasses
import datetime as dt
from collections.abc import Iterable

import pytest
from hypothesis import given, strategies as st

from cms.contract import Delta, File, Files
from renderers.conformance.samples import corrected, make_piece
from renderers.conformance.world import World
from renderers.web import pages, paths
from renderers.web.render import WebDisplay, month_span
from tests.unit.renderers.articles import AT

BEIJING = pages.BEIJING


@pytest.fixture(autouse=True, scope="module")
def _warm() -> None:
    """As a process does at its start: nothing is read from the disk while the loop runs."""
    pages.warm()


def world_of(count: int = 6) -> World:
    world = World("web")
    for number in range(1, count + 1):
        world.publish(make_piece(number, at=AT - dt.timedelta(days=20 * number)))
    return world


async def render(world: World, delta: Delta) -> Files:
    return await WebDisplay().render(delta, world.services, AT)


def paths_of(files: Iterable[File]) -> list[str]:
    return [file.path for file in files]


async def test_files_when_written_come_in_the_order_of_their_links() -> None:
    """Whoever sees a list finds its articles; whoever sees home finds everything."""
    world = world_of()
    found = paths_of((await render(world, world.everything())).write)
    articles = [index for index, path in enumerate(found) if path.startswith("/d/")]
    columns = [index for index, path in enumerate(found) if path.startswith("/c/")]
    assert found[0].startswith("/static/")
    assert max(articles) < min(columns)
    assert found[-4:] == [paths.NOTICES, paths.RSS, paths.JSON_FEED, paths.HOME]
    assert max(columns) < len(found) - 4


async def test_publication_when_rendered_changes_its_own_column_only() -> None:
    world = world_of()
    piece = make_piece(30, at=AT)
    found = await render(world, world.publish(piece))
    month = piece.published_at.astimezone(BEIJING).strftime("%Y-%m")
    assert paths_of(found.write)[1:] == [
        paths.article_of(piece),
        paths.column("news"),
        paths.column_feed("news"),
        paths.month("news", month),
        paths.NOTICES,
        paths.RSS,
        paths.JSON_FEED,
        paths.HOME,
    ]
    assert found.remove == ()


async def test_recall_when_rendered_removes_the_article_and_the_month_it_leaves_empty() -> None:
    world = world_of(3)
    victim = world.live["d000000003"]
    found = await render(world, world.recall(victim.document))
    month = victim.published_at.astimezone(BEIJING).strftime("%Y-%m")
    pages_removed = [path for path in found.remove if "/video/" not in path]
    assert pages_removed == [paths.article_of(victim), paths.month(victim.column, month)]
    assert paths.playlist(victim.document, 1) in found.remove
    assert not any(victim.release in file.releases for file in found.write)


async def test_correction_when_it_moves_to_another_column_leaves_the_old_one() -> None:
    world = world_of()
    shown = {file.path: file for file in (await render(world, world.everything())).write}
    old = world.live["d000000003"]
    new = dataclasses.replace(corrected(old, at=AT), column="talks", column_name="理论宣讲", kind="news")
    found = await render(world, world.publish(new))
    shown |= {file.path: file for file in found.write}
    for path in found.remove:
        shown.pop(path, None)
    full = {file.path: file for file in (await render(world, world.everything())).write}
    assert shown == full
    assert not any(old.release in file.releases or old.title.encode() in file.data for file in shown.values())


async def test_full_render_when_nothing_is_live_still_has_home_and_feeds() -> None:
    world = World("web")
    found = {file.path: file for file in (await render(world, world.everything())).write}
    assert "内容正在准备中".encode() in found[paths.HOME].data
    assert "这里还没有内容".encode() in found[paths.NOTICES].data
    assert "这里还没有内容".encode() in found[paths.column("news")].data


async def test_page_when_it_shows_a_piece_names_its_release() -> None:
    world = world_of(12)
    for file in (await render(world, world.everything())).write:
        for piece in world.live.values():
            assert (piece.title.encode() in file.data) <= (piece.release in file.releases), file.path


async def test_months_when_listed_lead_to_pages_that_hold_what_they_count() -> None:
    world = world_of(12)
    found = {file.path: file for file in (await render(world, world.everything())).write}
    for code, _ in await world.columns():
        for month, count in await world.months(world.target, column=code):
            page = found[paths.month(code, month)]
            assert len(page.releases) == count
            assert f'href="{paths.month(code, month)}"'.encode() in found[paths.column(code)].data


@pytest.mark.parametrize(
    ("month", "start", "end"),
    [
        ("2026-11", dt.datetime(2026, 10, 31, 16, tzinfo=dt.UTC), dt.datetime(2026, 11, 30, 16, tzinfo=dt.UTC)),
        ("2026-12", dt.datetime(2026, 11, 30, 16, tzinfo=dt.UTC), dt.datetime(2026, 12, 31, 16, tzinfo=dt.UTC)),
        ("2024-02", dt.datetime(2024, 1, 31, 16, tzinfo=dt.UTC), dt.datetime(2024, 2, 29, 16, tzinfo=dt.UTC)),
    ],
)
def test_month_when_spanned_is_beijing_midnight_to_midnight(month: str, start: dt.datetime, end: dt.datetime) -> None:
    assert month_span(month) == (start, end)


@given(st.datetimes(min_value=dt.datetime(1995, 1, 1), max_value=dt.datetime(2100, 1, 1), timezones=st.just(dt.UTC)))
def test_instant_when_looked_up_lies_in_exactly_its_own_month(at: dt.datetime) -> None:
    local = at.astimezone(BEIJING)
    start, end = month_span(local.strftime("%Y-%m"))
    assert start <= at < end
    assert month_span(end.astimezone(BEIJING).strftime("%Y-%m"))[0] == end
