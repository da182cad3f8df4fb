"""The long form of intake: every real video, picture and subtitle becomes ready, or is refused with the reason.

The outcome of each is written down here and in the operations page; what is new in the folder is to be written down.
"""

import subprocess
from pathlib import Path

import pytest

from media import gate, house
from media.carried import carried_subtitles
from media.encode import encode_house
from media.errors import MediaRefused
from media.house import read_index
from media.intake import take_picture
from media.limits import VideoLimits
from media.package import house_of
from media.sandbox import Sandbox
from media.subtitles import read_subtitles
from media.threads import in_thread
from media.video import examine
from tests.journeys.inputs import SHARED

pytestmark = [
    pytest.mark.soak,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not SHARED.is_dir(), reason="the real files are not on this machine"),
]

LIMITS = VideoLimits(min_free_bytes=0)
LONGER_MS = 6_000  # of longer ones, the begin as it is
REFUSED = {
    "bomb_small.gif": "media.too_many_pixels",
    "photo_1080x1920.heic": "media.heic",
    "truncated.jpg": "media.truncated",
}


def _files(folder: str) -> list[Path]:
    return sorted((SHARED / folder).glob("*"))


def _named(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", _files("video"), ids=_named)
async def test_every_real_video_passes_the_gate_or_is_refused(
    path: Path, sandbox: Sandbox, work: Path, tmp_path: Path
) -> None:
    try:
        # The file as it is, to its end; nothing is decoded yet.
        facts = await examine(path, sandbox=sandbox, work=work, limits=LIMITS)
        if facts.duration_ms > LONGER_MS:
            path = await in_thread(_begin, path, tmp_path)
            facts = await examine(path, sandbox=sandbox, work=work, limits=LIMITS)
        async with encode_house(path, facts, sandbox=sandbox, work=work, limits=LIMITS) as made:
            of_house = await house_of(sandbox, work)
            files = {one.rendition: one.path for one in made.files}
            index = read_index(await in_thread(files[house.INDEX].read_bytes))
            for rung in house.RUNGS:
                await in_thread(gate.check, files[house.rendition(rung)], rung, of_house, index.segments)
            assert index.house == of_house.name
            assert made.findings.missing == ()
            heard = made.findings.loudness.integrated
            assert heard is None or heard == pytest.approx(-24, abs=1) or made.findings.silent
        await carried_subtitles(path, facts, sandbox=sandbox, work=work, limits=LIMITS)
        outcome = "ready"
    except MediaRefused as refused:
        outcome = refused.code
    assert outcome == REFUSED.get(path.name, "ready")


@pytest.mark.parametrize("path", _files("images"), ids=_named)
async def test_every_real_picture_is_taken_or_refused(path: Path, sandbox: Sandbox, work: Path) -> None:
    try:
        async with take_picture(path, sandbox=sandbox, work=work) as taken:
            assert min(taken.width, taken.height) > 0
        outcome = "ready"
    except MediaRefused as refused:
        outcome = refused.code
    assert outcome == REFUSED.get(path.name, "ready")


@pytest.mark.parametrize("path", _files("subtitles"), ids=_named)
async def test_every_real_subtitle_is_read(path: Path) -> None:
    found = read_subtitles(await in_thread(path.read_bytes))
    assert found.cues
    assert found.problems == ()


def _begin(path: Path, folder: Path) -> Path:
    """Its first seconds without the streams that a container of its kind cannot hold."""
    made = folder / path.name
    cut = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-t", "3"]
    streams = ["-map", "0:V", "-map", "0:a?", "-map", "0:s?"]
    subprocess.run([*cut, *streams, "-c", "copy", str(made)], check=True, timeout=60)
    return made
