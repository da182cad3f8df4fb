"""Subtitles on the channel's clock: each cue in every segment it touches, with one time; never a broken file."""

import dataclasses
import random

from cms.contract import AssetFile, Piece
from media.house import SEGMENT_MS, SUBTITLES
from media.subtitles import Cue, read_subtitles, write_vtt
from renderers.tv.captions import segment
from tests.fakes.channel import NOW, SLOT, ChannelWorld, slot_of
from tests.fakes.house_files import imagined
from tests.fakes.playlist_checker import master, media

WRAP = 1 << 33


def origin(data: bytes) -> int:
    return int(data.split(b"MPEGTS:")[1].split(b",")[0])


def test_cues_of_random_tracks_are_in_exactly_the_segments_they_reach_into() -> None:
    for seed in range(100):
        dice = random.Random(seed)
        starts = sorted(dice.sample(range(60_000), 12))
        cues = [Cue(at, at + dice.randrange(1, 9_000), f"<{n}> & 讲") for n, at in enumerate(starts)]
        track = write_vtt(cues)
        begun = dice.randrange(1 << 40)
        for number in range(20):
            data = segment(track, number, begun + number)
            first, last = number * SEGMENT_MS, (number + 1) * SEGMENT_MS
            wanted = [cue for cue in cues if cue.start < last and cue.end > first]
            found = list(read_subtitles(data).cues) if wanted else []
            assert found == wanted
            assert origin(data) == begun * SEGMENT_MS * 90 % WRAP, "one origin for the whole item"
            assert data.startswith(b"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:")


def test_track_that_is_empty_or_damaged_gives_segments_without_cues() -> None:
    for data in (b"", b"\xff\xfe\x00", b"WEBVTT\n\nno times", b"WEBVTT\n\n00:05.000 --> 00:01.000\nbackwards"):
        assert segment(data, 3, 7).count(b"-->") == 0


def with_text(world: ChannelWorld, piece: Piece, track: bytes) -> Piece:
    master_hash = next(block["asset"] for block in piece.body["blocks"] if block["type"] == "video")
    file = AssetFile(world.hold(track), len(track), "text/vtt", 0, 0, master_hash, SUBTITLES["zh"])
    made = dataclasses.replace(piece, assets=(*piece.assets, file))
    world.live[piece.document] = made
    return made


async def test_channel_carries_subtitles_where_an_item_has_them_and_empty_ones_elsewhere() -> None:
    world = ChannelWorld()
    one = world.lecture(1, imagined("item 1", segments=2), at=NOW)
    world.lecture(2, imagined("item 2", segments=2), at=NOW)
    with_text(world, one, write_vtt([Cue(1_000, 5_000, "第一句")]))
    await world.render(NOW)
    first, now = slot_of(NOW), NOW + 6 * SLOT
    ladder = await world.text("t-tv/master.m3u8", now)
    addresses, complaints = master(ladder)
    assert complaints == []
    assert "subtitles-zh.m3u8" in addresses
    assert "subtitles-en.m3u8" not in addresses
    assert ladder.count('SUBTITLES="text"') == 3
    listed = media(await world.text("t-tv/subtitles-zh.m3u8", now))
    assert listed.complaints == []
    assert [one.uri for one in listed.segments] == [f"subtitles-zh/{first + n}.vtt" for n in range(1, 7)]
    texts = [await world.text(f"t-tv/subtitles-zh/{first + n}.vtt", now) for n in range(4)]
    lines = [text.count("第一句") for text in texts]
    assert sorted(lines) == [0, 0, 1, 1]
    assert all(text.startswith("WEBVTT\nX-TIMESTAMP-MAP=") for text in texts)
    world.tombstones.add(one.release)
    for n in range(4):
        assert "第一句" not in await world.text(f"t-tv/subtitles-zh/{first + n}.vtt", now)
    assert (await world.ask(f"t-tv/subtitles-zh/{first + 99}.vtt", now)).status == 404
