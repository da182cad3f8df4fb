"""`./yunping bench tune`: from a complete file to what can be watched: first 480p segment, then all sizes' first.

A file goes the product's own way: dropped into the folder of an office in SQLite, found stable, made a draft, found by
a worker that was idle, looked at, shown on the desk, encoded; or it comes as a stream, as an upload in one piece does.
The timeline says which of these steps the seconds went to. Each round has an office of its own. The references are what
no server can be quicker than, run beside each round: ffmpeg alone making one 480p segment of the same file, and that
followed by ffmpeg alone making one segment of every size as the house encodes them.
"""

import asyncio
import contextlib
import os
import shutil
import statistics
import struct
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from cms.content.importing.drops import Given, take_drop
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.kernel.text import read_dictionary
from cms.kernel.wake import Wake
from cms.library.encoding import encode_next
from cms.library.models import EncodeJob
from cms.library.room import EncodeRoom
from cms.library.states import VideoState
from cms.library.tools import Tools
from cms.library.upload import Workshop
from cms.library.videos import upload_video
from cms.people.actor import Actor, Grant
from cms.people.roles import Role
from deploy import migrate
from deploy.bench import fill
from media import ladder, package
from media.bench_transcode import checked, clip_of
from media.dropfolder import DropFolder
from media.encode import EncodedVideo, encode_house
from media.first_look import first_look
from media.house import AUDIO, RUNGS, SEGMENT_FRAMES, SEGMENT_MS
from media.runner import Progress, Report
from media.sandbox import Sandbox
from media.store import Store
from media.threads import in_thread
from media.video import VideoFacts, examine
from media.workspace import private_folder

_LOOK_EVERY: Final = 0.05
_POLL: Final = 2.0  # as a worker's, when nothing rang
_BLOCK: Final = 1 << 20
_WAYS: Final = frozenset({"drop", "stream"})
_LOGIN: Final = "bench"
_NAME: Final = "clip.mp4"
_OFFICE: Final = "office.sqlite"
_SEGMENT: Final = f"{SEGMENT_MS / 1000}"
_EVERY_TRACK: Final = (*RUNGS, AUDIO)


def run(
    *,
    input: str = "",  # noqa: A002
    mixed: str = "",
    seconds: int = 60,
    rounds: int = 3,
    way: str = "drop",
) -> dict[str, Any]:
    """Seconds of wall time for the clip.

    Args:
        input: a video of one's own; without one a moving test picture with a tone is made.
        mixed: a folder, as for `transcode`: the film, the telephone's recording and the lecture in it make the clip.
        seconds: length of the made clip.
        rounds: of everything.
        way: `drop`, or `stream` for an upload in one piece.
    """
    if way not in _WAYS:
        raise ValueError(way)
    with tempfile.TemporaryDirectory(prefix="yunping-bench-") as folder:
        clip = clip_of(Path(folder), input, mixed, seconds)
        office = Path(folder) / _OFFICE
        url = f"sqlite+aiosqlite:///{office}"
        migrate.upgrade(url)
        people = fill.fill(url, documents=1, revisions=1, units=2)
        actor = Actor(people.editor, "bench", fill.ROOT, (Grant(Role.EDITOR, fill.ROOT),))
        return asyncio.run(_run(office, actor, clip, rounds, way))


@dataclass(slots=True)
class Timeline:
    """What happened when, in seconds since the file was complete; each event counts once."""

    begun: float = field(default_factory=time.monotonic)
    at: dict[str, float] = field(default_factory=dict)

    def mark(self, event: str) -> None:
        self.at.setdefault(event, time.monotonic() - self.begun)


async def _run(office: Path, actor: Actor, clip: Path, rounds: int, way: str) -> dict[str, Any]:
    sandbox = await Sandbox.detect(allow_unsandboxed=True)
    # Once in a process, at its start or soon after.
    await package.house_of(sandbox, office.parent)
    await in_thread(read_dictionary)
    done = []
    for number in range(rounds):
        folder = office.parent / f"round-{number}"
        await in_thread(_furnish, folder, office, clip)
        done.append(await _round(folder, actor, sandbox, way))
        await in_thread(shutil.rmtree, folder)
    middle = {name: statistics.median(one[name] for one in done) for name in done[0]}
    bare, every = middle.pop("bare"), middle.pop("bare of every size")
    return {
        "bench": "tune",
        "figure": round(middle["first look on the desk"], 2),
        "unit": "s from a complete file to its first 480p segment as a desk preview",
        "reference": round(bare, 2),
        "ratio": round(middle["first look on the desk"] / bare, 2),
        "detail": {
            "rounds": len(done),
            "way": way,
            "first_segment_of_every_rung_s": round(middle["first segment of every size"], 2),
            "reference_of_every_rung_s": round(bare + every, 2),
            "ratio_of_every_rung": round(middle["first segment of every size"] / (bare + every), 2),
            "of_each_round_s": {
                name: [round(one[name], 2) for one in done]
                for name in ("first look on the desk", "first segment of every size")
            },
            "with_the_sound_of_all_of_it_s": round(middle["and the sound"], 2),
            "timeline_s": _told(middle),
            "on_air": "only once every segment is checked; not part of this figure",
            "reference_is": "one bare ffmpeg command that makes the first 480p segment of the same file; of every"
            " size: that, and then one that makes a segment of each with the house's settings",
        },
    }


def _told(at: dict[str, float]) -> dict[str, str]:
    """Each event with its time and what passed since the one before it."""
    rows = sorted(at.items(), key=lambda one: one[1])
    steps = [0.0, *(when for _, when in rows)]
    return {name: f"{when:.2f} (+{when - before:.2f})" for (name, when), before in zip(rows, steps, strict=False)}


def _furnish(folder: Path, office: Path, clip: Path) -> None:
    """An office as it was before any round, with a clip that lies in somebody's folder; nothing of it is unwritten."""
    (folder / "work").mkdir(parents=True)
    (folder / "drop" / _LOGIN).mkdir(parents=True)
    shutil.copyfile(office, folder / _OFFICE)
    shutil.copyfile(clip, folder / "drop" / _LOGIN / _NAME)
    os.sync()


async def _round(folder: Path, actor: Actor, sandbox: Sandbox, way: str) -> dict[str, float]:
    work, clip, url = folder / "work", folder / "drop" / _LOGIN / _NAME, f"sqlite+aiosqlite:///{folder}/{_OFFICE}"
    line = Timeline()
    store = await in_thread(Store.open, f"file://{folder}/store")
    shop = Workshop(store, sandbox, work, tools=_timed(line), looking=sandbox.apart())
    async with _worker(url, shop):
        web = Database(url)
        line.begun = time.monotonic()
        seen = asyncio.create_task(_watched(web, line))
        if way == "drop":
            await _dropped(web, shop, actor, DropFolder(folder / "drop"), line)
        else:
            await upload_video(web, shop, actor, _blocks(clip), name=_NAME, now=SystemClock().now())
        line.mark("taken into the library")
        missing = set(_EVERY_TRACK)
        while missing:
            if seen.done():
                seen.result()
            if "encode begins" in line.at:
                # The looking takes its time from the same cores: once for each file that is still awaited.
                missing -= await in_thread(_begun, work, frozenset(missing))
            if not missing & set(RUNGS):
                line.mark("first segment of every size")
            await asyncio.sleep(_LOOK_EVERY)
        line.mark("first segment of every size")
        line.mark("and the sound")
        seen.cancel()
        await asyncio.gather(seen, return_exceptions=True)
        await web.close()
    return {**line.at, **await _bare(clip, folder)}


async def _bare(clip: Path, folder: Path) -> dict[str, float]:
    """Seconds of ffmpeg alone for a first look, and for the first segment of every size: nothing is read ahead."""
    begun = time.monotonic()
    read = ("ffmpeg", "-nostdin", "-v", "error", "-y", "-t", _SEGMENT, "-i", str(clip))
    await checked(
        *read,
        *("-vf", "fps=25,scale=854:480", "-c:v", "libx264", "-preset", "superfast", "-c:a", "aac"),
        str(folder / "bare.mp4"),
    )
    looked = time.monotonic()
    copies = "".join(f"[{name}]" for name in RUNGS)
    graph = f"[0:v:0]fps=25,trim=end_frame={SEGMENT_FRAMES},split={len(RUNGS)}{copies}"
    outputs: list[str] = []
    for name, rung in ladder.LADDER.items():
        size = f"{rung.width}:{rung.height}"
        fitted = f"scale={size}:force_original_aspect_ratio=decrease,format=yuv420p,pad={size}:(ow-iw)/2:(oh-ih)/2"
        graph += f";[{name}]{fitted}[of{name}]"
        limits = {"maxrate": f"{rung.maxrate}k", "bufsize": f"{rung.bufsize}k", "level": rung.level}
        options = {**ladder.AWAITED, **ladder.THREADS, **limits}
        outputs += ["-map", f"[of{name}]"]
        outputs += [word for option, value in options.items() for word in (f"-{option}", str(value))]
        outputs.append(str(folder / f"bare-{name}.mp4"))
    await checked(*read, "-filter_complex", graph, *outputs)
    return {"bare": looked - begun, "bare of every size": time.monotonic() - looked}


async def _dropped(web: Database, shop: Workshop, actor: Actor, folder: DropFolder, line: Timeline) -> None:
    """As `deploy.dropping` takes an item that two looks found the same."""
    (item,) = await in_thread(folder.look, _LOGIN)
    async with private_folder(shop.work) as private:
        (copy,) = await in_thread(folder.fetch, item, private, limit=shop.video_limits.file_bytes)
        line.mark("private copy")
        given = Given(_NAME, (_NAME,), (copy.path,), is_folder=False, hashing=(copy.hashing,))
        await take_drop(web, shop, actor, given, now=SystemClock().now())


@contextlib.asynccontextmanager
async def _worker(url: str, shop: Workshop) -> AsyncIterator[None]:
    """A worker as `deploy.encoding` runs it, idle before the file comes; its own way to the database."""
    database = Database(url)
    wake = Wake(database)
    apart = replace(shop, sandbox=shop.sandbox.apart(parallel=2))
    room = EncodeRoom(database, SystemClock(), apart, "bench")

    async def work() -> None:
        while True:
            rung = wake.count
            if not await encode_next(room):
                await wake.after(rung, within=_POLL)

    tasks = [asyncio.create_task(wake.run()), asyncio.create_task(work())]
    await asyncio.sleep(0.3)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await database.close()


async def _watched(database: Database, line: Timeline) -> None:
    """Says when the row says that the look is there, as the desk reads it. Raises RuntimeError when it was refused."""
    while True:
        async with database.read() as session:
            job = (await session.execute(select(EncodeJob.looked_at, EncodeJob.state, EncodeJob.error_code))).first()
        if job is not None and job.looked_at is not None:
            line.mark("first look on the desk")
        if job is not None and job.state == VideoState.REJECTED:
            raise RuntimeError(job.error_code)
        await asyncio.sleep(_LOOK_EVERY)


def _timed(line: Timeline) -> Tools:
    """The real tools; each says when it begins and ends."""

    async def examined(path: Path, **given: Any) -> VideoFacts:
        line.mark("examining begins")
        facts = await examine(path, **given)
        line.mark("examined")
        return facts

    @contextlib.asynccontextmanager
    async def looked(path: Path, facts: VideoFacts, **given: Any) -> AsyncIterator[Path]:
        line.mark("first look begins")
        async with first_look(path, facts, **given) as film:
            line.mark("first look made")
            yield film

    @contextlib.asynccontextmanager
    async def encoded(path: Path, facts: VideoFacts, **given: Any) -> AsyncIterator[EncodedVideo]:
        line.mark("encode begins")
        given["progress"] = _heard(line, given["progress"])
        async with encode_house(path, facts, **given) as film:
            yield film

    return Tools(examine=examined, look=looked, encode=encoded)


def _heard(line: Timeline, report: Report) -> Callable[[Progress], None]:
    def hear(progress: Progress) -> None:
        line.mark(f"ffmpeg says its first word of {progress.stage.value}")
        report(progress)

    return hear


async def _blocks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while block := await in_thread(file.read, _BLOCK):
            yield block


def _begun(work: Path, tracks: frozenset[str]) -> set[str]:
    """Which of these tracks have a whole segment in a file that grows."""
    found: set[str] = set()
    try:
        for folder in work.iterdir():
            found |= {track for track in tracks if _has_segment(folder / track)}
    except FileNotFoundError:  # a step that ended took its folder along
        pass
    return found


def _has_segment(path: Path) -> bool:
    """Whether a moof and the mdat behind it are in the file to their last byte."""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        end, at, opened = path.stat().st_size, 0, False
        while at + 8 <= end:
            file.seek(at)
            size, kind = struct.unpack(">I4s", file.read(8))
            at += max(size, 8)
            if at > end:
                return False
            if opened and kind == b"mdat":
                return True
            opened = opened or kind == b"moof"
    return False
