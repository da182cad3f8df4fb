"""A television channel in memory: the kit's world with lectures, and the tree it publishes with its tombstones."""

import dataclasses
import datetime as dt
import hashlib
import struct
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from cms.contract import Ask, AssetFile, Bench, CutIn, File, Files, LineUp, Made, Piece, Reply, Target
from media.house import INDEX, TRACKS, HouseIndex, rendition, write_index
from renderers.conformance.samples import digest, make_piece
from renderers.conformance.world import World
from renderers.tv.render import TvDisplay
from renderers.tv.serve import serve
from schedules.linear import SLOT_MS
from tests.fakes.house_files import HouseItem, imagined

NOW = dt.datetime(2026, 11, 20, 3, 0, tzinfo=dt.UTC)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
SLOT = dt.timedelta(milliseconds=SLOT_MS)


def slot_of(at: dt.datetime) -> int:
    return (at - EPOCH) // SLOT


def time_of(slot: int) -> dt.datetime:
    return EPOCH + slot * SLOT


def lecture(number: int, index: HouseIndex, *, at: dt.datetime = NOW, edition: int = 1) -> Piece:
    """A lecture with one video in house format."""
    piece = make_piece(number, at=at, edition=edition)
    master = digest(f"master {number} {index.tracks['720'].sha256}")
    data = write_index(index)
    files = [
        AssetFile(
            index.tracks[name].sha256,
            index.tracks[name].ends[-1],
            "audio/mp4" if name == "audio" else "video/mp4",
            index.tracks[name].width,
            index.tracks[name].height,
            master,
            rendition(name),
        )
        for name in TRACKS
    ]
    files.append(AssetFile(hashlib.sha256(data).hexdigest(), len(data), "application/json", 0, 0, master, INDEX))
    video = {"id": "b_000000000099", "type": "video", "asset": master, "title": piece.title}
    return dataclasses.replace(
        piece,
        kind="lecture",
        column="talks",
        column_name="理论宣讲",
        body={"schema": 1, "blocks": [video, *piece.body["blocks"]]},
        assets=(*piece.assets, *files),
        durations={master: index.duration_ms},
    )


def moof(length: int) -> bytes:
    """A fragment's head as the house writes it, followed by media."""

    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", 8 + len(body)) + kind + body

    tfdt = box(b"tfdt", b"\x01\0\0\0" + bytes(8))
    trun = box(b"trun", bytes(4) + struct.pack(">I", 1))
    traf = box(b"traf", box(b"tfhd", bytes(8)) + tfdt + trun)
    head = box(b"moof", box(b"mfhd", bytes(8)) + traf)
    return head + box(b"mdat", bytes(length - len(head) - 8))


class SlateStudio:
    """Gives the slate it was made with for every wish."""

    def __init__(self, world: "ChannelWorld", slate: HouseItem | HouseIndex) -> None:
        files: Mapping[str, bytes] = slate.files if isinstance(slate, HouseItem) else {}
        index = slate.index if isinstance(slate, HouseItem) else slate
        tracks, data = {}, b""
        for name, track in index.tracks.items():
            shift = len(data)
            ends = tuple(end + shift for end in track.ends)
            tracks[name] = dataclasses.replace(track, start=track.start + shift, ends=ends)
            data += files.get(name, bytes(track.ends[-1]))
        told = write_index(dataclasses.replace(index, tracks=tracks))
        data += told + f"{len(told):08d}".encode()
        self.made = Made(world.hold(data), len(data))

    async def make(self, key: str, work: Callable[[Bench], Awaitable[Path]], *, media_type: str) -> Made:
        return self.made


class ChannelWorld(World):
    """Publishes lectures and answers requests of its channel at any time, as the web role does."""

    def __init__(self, slate: HouseItem | HouseIndex | None = None) -> None:
        super().__init__("tv")
        studio = SlateStudio(self, slate or imagined("slate", segments=2))
        self.services = dataclasses.replace(self.services, studio=studio)
        self.tree: dict[str, File] = {}
        self.tombstones: set[str] = set()
        self.cut_ins: list[CutIn] = []

    def lecture(self, number: int, index: HouseIndex, *, at: dt.datetime = NOW, edition: int = 1) -> Piece:
        """Publishes a lecture whose index can be read; `render` shows it."""
        piece = lecture(number, index, at=at, edition=edition)
        self.hold(write_index(index))
        self.publish(piece)
        return piece

    async def line_up(self, target: Target, *, start: dt.datetime, end: dt.datetime) -> LineUp:
        """With the orders to show something else; a piece of one that is not live any more is gone from it."""
        found = await super().line_up(target, start=start, end=end)
        live = {piece.release for piece in self.live.values()}
        kept = [c if c.piece and c.piece.release in live else dataclasses.replace(c, piece=None) for c in self.cut_ins]
        return dataclasses.replace(found, cut_ins=tuple(kept))

    def hold(self, data: bytes) -> str:
        sha256 = hashlib.sha256(data).hexdigest()
        self.assets.held[sha256] = data
        return sha256

    async def render(self, now: dt.datetime) -> Files:
        files = await TvDisplay().render(self.everything(), self.services, now)
        self.tree.update({file.path: file for file in files.write})
        for path in files.remove:
            self.tree.pop(path, None)
        return files

    async def ask(self, path: str, now: dt.datetime, *, headers: Mapping[str, str] | None = None) -> Reply:
        """What is answered below ``/tv/``; 404 for None. A query may follow the path."""
        plain, _, query = path.partition("?")
        pairs = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        ask = Ask("GET", plain, pairs, dict(headers or {}), b"", now)
        return await serve(ask, self, self.assets, self.services.site) or Reply(404)

    async def text(self, path: str, now: dt.datetime) -> str:
        reply = await self.ask(path, now)
        assert reply.status == 200, (path, reply)
        return b"".join(part for part in reply.parts if isinstance(part, bytes)).decode()

    # Published

    def paths(self, prefix: str) -> Sequence[str]:
        return sorted(path for path in self.tree if path.startswith(prefix))

    async def read(self, path: str) -> bytes | None:
        file = self.tree.get(path)
        return None if file is None else file.data

    def is_recalled(self, release: str) -> bool:
        return release in self.tombstones
