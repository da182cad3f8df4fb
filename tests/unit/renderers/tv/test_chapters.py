"""Chapters of a lecture on its pages: which, where they lead, and that none outlives its piece."""

import dataclasses

import pytest

from cms.contract import Piece
from renderers.conformance.world import SITE
from renderers.tv import layout
from renderers.tv.chapters import Mark, marks, shown
from renderers.tv.items import Video, masters, playable
from renderers.tv.portal import Portal, paths_of
from tests.fakes.channel import NOW, ChannelWorld
from tests.fakes.house_files import imagined


def lecture(*told: tuple[int, str], length: int = 3_700_000) -> tuple[ChannelWorld, Piece]:
    world = ChannelWorld()
    piece = world.lecture(1, imagined("item 1", segments=9), at=NOW)
    master = next(masters(piece))
    return world, dataclasses.replace(piece, chapters={master: told}, durations={master: length})


def test_marks_are_in_order_inside_the_film_and_say_when_they_begin() -> None:
    _, piece = lecture((3_600_500, "尾声"), (0, "开场"), (65_900, "退"), (9_000_000, "片尾之后"))
    play = f"/tv/t-tv/d/{piece.document}/play/"
    assert marks("t-tv", piece) == [
        Mark("00:00", "开场", f"{play}?s=0"),
        Mark("01:05", "退", f"{play}?s=65"),
        Mark("1:00:00", "尾声", f"{play}?s=3600"),
    ]


def test_one_mark_alone_is_no_list() -> None:
    _, piece = lecture((0, "全片"))
    assert marks("t-tv", piece) == ()
    assert marks("t-tv", dataclasses.replace(piece, chapters={})) == ()


@pytest.mark.parametrize(
    ("count", "own", "pages"), [(2, 2, 0), (4, 4, 0), (5, 3, 1), (12, 3, 1), (13, 3, 2), (200, 3, 5)]
)
async def test_marks_that_do_not_fit_have_pages_of_their_own(count: int, own: int, pages: int) -> None:
    world, piece = lecture(*((n * 1000, f"第<b>{n}</b>节") for n in range(count)))
    found = marks("t-tv", piece)
    assert len(found) == min(count, 5 * layout.MARKS)
    assert len(shown(found)) == own
    video: list[Video] = list((await playable([piece], world.assets))[piece.release])
    files = {file.path: file for file in Portal(SITE, world.target, ()).piece(piece, video)}
    there = [path for path in files if "/chapters/" in path]
    assert len(there) == pages
    assert set(files) <= set(paths_of(world.target.code, piece.document)), "nothing is left when it is taken back"
    detail = files[f"/tv/t-tv/d/{piece.document}/"].data.decode()
    assert detail.count("?s=") == own + 1, "and 从头播放"
    assert "第&lt;b&gt;1&lt;/b&gt;节" in detail
    assert all(len(file.data) <= 60_000 for file in files.values())
    assert all(file.releases == (piece.release,) for file in files.values())
