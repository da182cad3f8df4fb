"""Playlists are ranges of signed files, named with their release; a page without a film has no script."""

import dataclasses
import datetime as dt
import hashlib
import json

import pytest

from cms.contract import AssetFile, Files, Piece
from media.house import AUDIO, RUNGS, HouseIndex, Track, write_index
from renderers.conformance.samples import make_piece
from renderers.conformance.world import World
from renderers.web import pages, paths, videos
from renderers.web.render import WebDisplay
from tests.unit.renderers.articles import AT, FILM, FILM_FILES

BLOCK = {"id": "b_000000000001", "type": "video", "asset": FILM, "title": "讲一讲"}


@pytest.fixture(autouse=True, scope="module")
def _warm() -> None:
    pages.warm()


def track(name: str, files: tuple[AssetFile, ...] = FILM_FILES) -> Track:
    sha256 = next(file.sha256 for file in files if file.rendition == f"house-{name}")
    if name == AUDIO:
        return Track(sha256, 0, 700, (1_700, 2_700), 0, 0, "mp4a.40.2", 130_000, 128_000, 48_000)
    width = int(name) * 16 // 9
    return Track(sha256, 0, 800, (10_800, 30_800), width, int(name), "avc1.640028", int(name) * 4_000, 900, 12_800)


INDEX = HouseIndex("h1", 2, 7_000, {name: track(name) for name in (*RUNGS, AUDIO)})


def lecture(number: int = 1) -> Piece:
    plain = make_piece(number, at=AT)
    return dataclasses.replace(
        plain,
        kind="lecture",
        body={"schema": 1, "blocks": [BLOCK]},
        assets=(*plain.assets, *FILM_FILES),
        durations={FILM: 725_000},
    )


async def rendered(piece: Piece, index: bytes | None = None) -> Files:
    world = World("web")
    held = next(file.sha256 for file in FILM_FILES if file.rendition == "house-index")
    if index is not None:
        world.assets.held[held] = index
    delta = world.publish(piece)
    return await WebDisplay().render(delta, world.services, AT)


async def test_playlists_when_written_are_ranges_of_the_signed_files() -> None:
    piece = lecture()
    found = {file.path: file for file in (await rendered(piece, write_index(INDEX))).write}
    for name in ("", *RUNGS, AUDIO):
        file = found[paths.playlist(piece.document, 1, name)]
        assert file.media_type == "application/vnd.apple.mpegurl"
        assert file.releases == (piece.release,)
    text = found[paths.playlist(piece.document, 1, "720")].data.decode()
    address = f"/a/{track('720').sha256}"
    assert f'#EXT-X-MAP:URI="{address}",BYTERANGE="800@0"' in text
    assert f"#EXT-X-BYTERANGE:10000@800\n{address}\n" in text
    assert f"#EXT-X-BYTERANGE:20000@10800\n{address}\n#EXT-X-ENDLIST\n" in text
    master = found[paths.playlist(piece.document, 1)].data.decode()
    assert master.index("1-720.m3u8") < master.index("1-1080.m3u8") < master.index("1-480.m3u8")
    assert 'CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1280x720' in master


async def test_playlists_when_written_come_before_the_page_that_names_them() -> None:
    piece = lecture()
    order = [file.path for file in (await rendered(piece, write_index(INDEX))).write]
    assert order.index(paths.playlist(piece.document, 1)) < order.index(paths.article_of(piece))
    assert order.index(pages.scripts()[1][0]) < order.index(paths.article_of(piece))


@pytest.mark.parametrize("index", [None, b"{}", b"\xff"])
async def test_index_when_it_cannot_be_read_leaves_the_plain_file(index: bytes | None) -> None:
    piece = lecture()
    found = {file.path: file for file in (await rendered(piece, index)).write}
    assert not [path for path in found if path.endswith(".m3u8")]
    page = found[paths.article_of(piece)].data.decode()
    play = next(file.sha256 for file in FILM_FILES if file.rendition == "play-720")
    assert f'src="/a/{play}"' in page


def test_index_when_it_names_a_file_nobody_signed_gives_no_playlist() -> None:
    piece = lecture()
    foreign = dataclasses.replace(track("720"), sha256="a" * 64)
    index = dataclasses.replace(INDEX, tracks={**INDEX.tracks, "720": foreign})
    made = videos.playlists(piece, videos.films(piece)[0], index)
    assert not any(b"a" * 64 in file.data for file in made)
    assert paths.playlist(piece.document, 1, "720") not in {file.path for file in made}


async def test_page_without_a_film_has_no_script() -> None:
    piece = make_piece(2, at=AT)
    made = await rendered(piece)
    assert not any(b"<script" in file.data for file in made.write)
    assert not any(file.path.endswith(("js", "m3u8")) for file in made.write)


async def test_feeds_when_a_piece_has_a_film_offer_it() -> None:
    found = {file.path: file for file in (await rendered(lecture(), write_index(INDEX))).write}
    play = next(file for file in FILM_FILES if file.rendition == "play-720")
    assert f'{play.sha256}" length="5000000" type="video/mp4"/>' in found[paths.RSS].data.decode()
    assert '"duration_in_seconds":725' in found[paths.JSON_FEED].data.decode()


@pytest.mark.parametrize(
    ("length", "text"),
    [(dt.timedelta(seconds=5), "0:05"), (dt.timedelta(minutes=61, seconds=1), "1:01:01"), (dt.timedelta(), "")],
)
def test_length_when_shown_reads_like_a_clock(length: dt.timedelta, text: str) -> None:
    assert videos.length(length // dt.timedelta(milliseconds=1)) == text


def test_vendored_library_is_the_one_that_was_taken_with_its_licence() -> None:
    folder = pages.HERE / "static" / "vendor"
    packages = json.loads((folder / "vendor.json").read_text("utf-8"))["packages"]
    listed = {file["path"]: file["sha256"] for package in packages for file in package["files"]}
    found = {f"vendor/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.mjs")}
    assert found == listed
    for part in (part for package in packages for part in package["parts"]):
        assert "Apache License" in (folder / part["licence_text"]).read_text("utf-8")


def test_film_with_marks_and_small_pictures_names_them_for_the_script_and_a_feed_has_the_marks_alone() -> None:
    piece = lecture()
    sheet = AssetFile("c" * 64, 90, "image/jpeg", 1600, 900, FILM, "sprites")
    marks = {FILM: ((0, "开场"), (65_000, "提问 <b>"))}
    signed = dataclasses.replace(piece, assets=(*piece.assets, sheet), chapters=marks)
    html = videos.figure(signed, BLOCK)
    assert f'data-sheet="/a/{"c" * 64}" data-every="7680" data-count="95" data-ms="725000"' in html
    assert '<li data-at="0"><span class="film-clock">0:00</span> <span>开场</span></li>' in html
    assert '<li data-at="65000"><span class="film-clock">1:05</span> <span>提问 &lt;b&gt;</span></li>' in html
    feed = videos.figure(signed, BLOCK, media="https://media.example")
    assert "data-sheet" not in feed
    assert "1:05" in feed
    assert "film-chapters" not in videos.figure(piece, BLOCK)


def test_film_when_it_has_subtitles_carries_them_as_tracks_and_a_feed_does_not() -> None:
    piece = lecture()
    named = [
        AssetFile(sha256=letter * 64, size=90, media_type="text/vtt", width=0, height=0, of=FILM, rendition=name)
        for letter, name in (("e", "subtitles-en"), ("f", "subtitles-zh"))
    ]
    signed = dataclasses.replace(piece, assets=(*piece.assets, *named))
    html = videos.figure(signed, BLOCK)
    assert f'<track kind="subtitles" src="/a/{"f" * 64}" srclang="zh" label="中文" default>' in html
    assert f'<track kind="subtitles" src="/a/{"e" * 64}" srclang="en" label="English">' in html
    assert "<track" not in videos.figure(piece, BLOCK)
    assert "<track" not in videos.figure(signed, BLOCK, media="https://media.example")
