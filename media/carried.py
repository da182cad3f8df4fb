"""What travels inside a video beside pictures and sound: subtitles that are text; pictures of text stay behind."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from media.errors import MediaRefused
from media.house import SUBTITLES
from media.limits import VideoLimits
from media.runner import Stage, command, given_input, made_output, run_ffmpeg
from media.sandbox import Sandbox
from media.subtitles import MAX_BYTES, MAX_CUES, Cue, check_cues, read_subtitles
from media.threads import in_thread
from media.video import Text, VideoFacts
from media.workspace import private_folder

_CHINESE: Final = {"zh", "chi", "zho", "cmn", "yue", "zh-cn", "zh-hans", "zh-hant", "zh-tw"}
_ENGLISH: Final = {"en", "eng", "en-us", "en-gb"}
_HAN: Final = re.compile(r"[\u3400-\u9fff]")


async def carried_subtitles(
    path: Path, facts: VideoFacts, *, sandbox: Sandbox, work: Path, limits: VideoLimits
) -> Mapping[str, Sequence[Cue]]:
    """The first usable track of each language the house knows; what cannot be read is left out, never the video."""
    found: dict[str, Sequence[Cue]] = {}
    for text in facts.texts:
        cues = await _cues(path, facts, text, sandbox=sandbox, work=work, limits=limits)
        language = language_of(text.language, cues)
        if cues and language in SUBTITLES and language not in found:
            found[language] = cues
    return found


def language_of(said: str, cues: Sequence[Cue]) -> str:
    """`zh`, `en` or empty: what the container says, and where it says nothing what the text looks like."""
    if said in _CHINESE:
        return "zh"
    if said in _ENGLISH:
        return "en"
    if said not in {"", "und"}:
        return ""
    return "zh" if any(_HAN.search(cue.text) for cue in cues) else "en"


async def _cues(
    path: Path, facts: VideoFacts, text: Text, *, sandbox: Sandbox, work: Path, limits: VideoLimits
) -> tuple[Cue, ...]:
    async with private_folder(work) as out:
        track = given_input(f=facts.demuxer)[str(text.stream)]
        argv = command(made_output(track, name="text", f="webvtt", map_metadata=-1))
        # Text is small, but the whole file is read for it.
        bounds = limits.bounds(facts.duration_ms)
        try:
            await run_ffmpeg(argv, sandbox=sandbox, given=path, out=out, bounds=bounds, stage=Stage.examining)
            told = await in_thread(_read, out / "text")
            read = await in_thread(read_subtitles, told, duration_ms=None)
        except MediaRefused as refused:
            if refused.code in {"media.disk_full", "media.sandbox_unavailable", "media.video_vanished"}:
                raise
            return ()
    inside = tuple(
        Cue(cue.start, min(cue.end, facts.duration_ms), cue.text)
        for cue in read.cues[:MAX_CUES]
        if cue.start < facts.duration_ms
    )
    return inside if not check_cues(inside, duration_ms=facts.duration_ms) else ()


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
