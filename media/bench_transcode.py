"""`./yunping bench transcode`: processor time of our encode of a clip, against plain ffmpeg commands in the same run.

They are what one would write by hand for the same outputs: one that asks how loud the source is, as every item has one
gain to the house's level, and `media/bench_transcode.sh`, which makes every track in one decode with the same GOP and
filters, without bounds, gate, progress or checks. Both sides are compared picture for picture; what only we do (reading
to the end, poster, plain copy, the loudness of the result) stands beside.
"""

import asyncio
import contextlib
import itertools
import json
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import ffmpeg

from media import ladder, package
from media.encode import EncodedVideo, encode_house
from media.house import AUDIO_TICKS, AUDIO_TIMESCALE, RUNGS, SEGMENT_FRAMES, TRACKS, rendition
from media.limits import VideoLimits
from media.loudness import UNHEARD, gain_for, read_summary
from media.runner import FFMPEG, Progress, Stage, command, made_output, run_ffmpeg
from media.sandbox import Grade, Sandbox
from media.threads import in_thread
from media.video import VideoFacts, examine

ROOT: Final = Path(__file__).resolve().parents[1]
REFERENCE: Final = Path(__file__).with_name("bench_transcode.sh")
LIMITS: Final = VideoLimits()
MIXED: Final = (
    ("bbb_trailer_720p24_55s_mp3.mp4", "12"),
    ("phone_portrait_hevc10_hlg_rot90.mp4", "0"),
    ("lecture_assembled_slides_speech_720p25.mp4", "0"),
)


def run(
    *,
    input: str = "",  # noqa: A002
    mixed: str = "",
    seconds: int = 20,
    rounds: int = 3,
    vmaf_with: str = "",
    apart: int = 1,
) -> dict[str, Any]:
    """Figures in CPU-seconds and seconds for the clip.

    Args:
        input: a video of one's own; without one a moving test picture with a tone is made.
        mixed: a folder; a third each of the film, the telephone's recording and the lecture in it make the clip.
        seconds: length of the made clip.
        rounds: of ours and the reference in turn.
        vmaf_with: an ffmpeg with libvmaf; else the one `./yunping` keeps for measuring, else the system's.
        apart: 0 leaves out the three separate commands, one for each size, which cost a third more of time.
    """
    with tempfile.TemporaryDirectory(prefix="yunping-bench-") as folder:
        place = Path(folder)
        clip = clip_of(place, input, mixed, seconds)
        return asyncio.run(_run(place, clip, rounds, vmaf_with or measuring(), apart=apart > 0))


def clip_of(folder: Path, given: str, mixed: str, seconds: int) -> Path:
    """The given clip, or one made in `folder`: of the recordings in the folder `mixed`, or a test picture. Blocking."""
    if given:
        return Path(given).absolute()
    return asyncio.run(make_mixed(folder, Path(mixed).absolute(), seconds) if mixed else make_clip(folder, seconds))


@dataclass(slots=True)
class _Costs:
    """Processor and wall time at the borders of the work; a child's processor time counts once it has ended."""

    at: dict[str, tuple[float, float, float]] = field(default_factory=dict)

    def mark(self, name: str) -> None:
        self.at.setdefault(name, (_cpu(), time.monotonic(), _own()))

    def hear(self, progress: Progress) -> None:
        # The first word of the last stage: whatever ran before has ended and is counted, its own child is not.
        if progress.stage is Stage.finishing:
            self.mark("made")

    def between(self, first: str, last: str, what: int = 0) -> float:
        return self.at[last][what] - self.at[first][what]


def measuring() -> str:
    """The ffmpeg to measure VMAF with: Debian 12's has none, so `./yunping bench transcode` brings one."""
    kept = sorted((ROOT / ".yunping" / "measure" / "imageio_ffmpeg" / "binaries").glob("ffmpeg-*"))
    return str(kept[-1]) if kept else "ffmpeg"


async def _run(folder: Path, clip: Path, rounds: int, vmaf_with: str, *, apart: bool) -> dict[str, Any]:
    # bubblewrap does not pass its child's processor time on to us, so it is left out; it costs milliseconds a run.
    sandbox = Sandbox(Grade.limits_only)
    before = _cpu()
    house = await package.house_of(sandbox, folder)
    once = _cpu() - before
    done: list[dict[str, float]] = []
    detail: dict[str, Any] = {}
    for number in range(rounds):
        costs, facts, made = await _ours(clip, folder, sandbox)
        asked, asked_wall = await _spent(_asked(clip, facts))
        theirs, wall = await _spent(_reference(clip, folder, facts, made))
        three, three_wall = await _spent(_three(clip, folder, facts, made)) if apart else (0.0, 0.0)
        done.append(
            {
                "ours": costs.between("examined", "made"),
                "ours_wall": costs.between("examined", "made", 1),
                "runner": costs.between("examined", "made", 2),
                "three": three + asked if apart else 0.0,
                "three_wall": three_wall + asked_wall if apart else 0.0,
                "reference": theirs + asked,
                "reference_wall": wall + asked_wall,
                "examine": costs.between("begin", "examined"),
                "loudness": asked,
                "finish": costs.between("made", "end"),
            }
        )
        if number == 0:
            alone = await _overhead(folder, sandbox)
            detail = {"clip_ms": facts.duration_ms, "runner": alone, **await _compared(clip, folder, vmaf_with)}
    return _told(done, {"house": house.name, "once_in_a_process_cpu_s": round(once, 2), **detail})


async def _spent(work: Coroutine[Any, Any, None]) -> tuple[float, float]:
    """Processor and wall time of something."""
    begun, clock = _cpu(), time.monotonic()
    await work
    return _cpu() - begun, time.monotonic() - clock


async def _asked(clip: Path, facts: VideoFacts) -> None:
    """How loud the source is, by a command of its own: without its answer the sound of no other can be the same."""
    if facts.sound is None:
        return
    graph = "[0:a:0]aresample=48000,aformat=channel_layouts=stereo,ebur128=peak=true:framelog=verbose"
    argv = ("-hide_banner", "-nostdin", "-nostats", "-i", str(clip), "-vn", "-filter_complex", graph, "-f", "null", "-")
    if read_summary(await _output("nice", "-n", "10", "ffmpeg", *argv)) == UNHEARD:
        raise RuntimeError("ebur128")


def _told(done: list[dict[str, float]], detail: dict[str, Any]) -> dict[str, Any]:
    middle = {name: statistics.median(one[name] for one in done) for name in done[0]}
    whole = middle["ours"] + middle["examine"] + middle["finish"]
    ratios = [one["ours"] / one["reference"] for one in done]
    walls = [one["ours_wall"] / one["reference_wall"] for one in done]
    minutes = detail["clip_ms"] / 60_000
    return {
        "bench": "transcode",
        "figure": round(middle["ours"], 2),
        "unit": "CPU-seconds for the clip's encode",
        "reference": round(middle["reference"], 2),
        "ratio": round(statistics.median(ratios), 3),
        "detail": {
            "rounds": len(done),
            "ratio_of_each_round": [round(ratio, 3) for ratio in ratios],
            "wall_s": round(middle["ours_wall"], 2),
            "reference_wall_s": round(middle["reference_wall"], 2),
            "ratio_of_walls": round(statistics.median(walls), 3),
            "runner_share": round(statistics.median(one["runner"] / one["ours"] for one in done), 5),
            "cpu_s_a_minute": round(middle["ours"] / minutes, 1),
            "analysis_cpu_s": {
                "read_to_the_end": round(middle["examine"], 2),
                "loudness_of_the_source_which_both_ask": round(middle["loudness"], 2),
                "plain_copy_poster_and_loudness_of_the_result": round(middle["finish"], 2),
            },
            "three_commands_cpu_s": round(middle["three"], 2),
            "ratio_to_three_commands": round(middle["ours"] / middle["three"], 3) if middle["three"] > 1 else None,
            "ratio_of_walls_to_three_commands": (
                round(middle["ours_wall"] / middle["three_wall"], 3) if middle["three"] > 1 else None
            ),
            "whole_item_cpu_s": round(whole, 2),
            "whole_item_ratio": round(whole / middle["reference"], 3),
            "reference_is": "a command that measures the loudness, then one with the same outputs and GOP, scaled"
            " by ffmpeg's own (media/bench_transcode.sh); instead of that one, three: a size each, one after another",
            "counted": "processor time of this process and all its children; bounds are on, namespaces are not",
            **detail,
        },
    }


async def _ours(clip: Path, folder: Path, sandbox: Sandbox) -> tuple[_Costs, VideoFacts, EncodedVideo]:
    costs = _Costs()
    costs.mark("begin")
    facts = await examine(clip, sandbox=sandbox, work=folder, limits=LIMITS)
    costs.mark("examined")
    async with encode_house(clip, facts, sandbox=sandbox, work=folder, progress=costs.hear) as made:
        costs.mark("end")
        kept = folder / "ours"
        kept.mkdir(exist_ok=True)
        for file in made.files:
            await in_thread(shutil.copyfile, file.path, kept / file.rendition)
    return costs, facts, made


async def _reference(clip: Path, folder: Path, facts: VideoFacts, made: EncodedVideo) -> None:
    target = folder / "reference"
    target.mkdir(exist_ok=True)
    segments = made.index.segments
    gain = gain_for(made.findings.source_loudness)
    end = (facts.sound.length_ms if facts.sound else 0) / 1000 - ladder.FADE
    numbers = (segments * SEGMENT_FRAMES, segments * AUDIO_TICKS, gain.decibels, f"{end:.3f}", _peaks(gain))
    await checked(str(REFERENCE), str(clip), str(target), *map(str, numbers))


def _peaks(gain: ladder.Gain) -> str:
    """The filters that hold peaks where the gain would lift them over the limit; empty where it does not."""
    if not gain.limited:
        return ""
    limit = f"alimiter=limit={10 ** (ladder.LIMIT_DB / 20):.4f}:level=false:attack=2:release=60"
    return f",aresample={4 * AUDIO_TIMESCALE},{limit},aresample={AUDIO_TIMESCALE}"


async def _three(clip: Path, folder: Path, facts: VideoFacts, made: EncodedVideo) -> None:
    """A command for each size, one after another, as a script would: three decodes of the same clip."""
    target = folder / "three"
    target.mkdir(exist_ok=True)
    frames = made.index.segments * SEGMENT_FRAMES
    for name, rung in ladder.LADDER.items():
        size = f"{rung.width}:{rung.height}"
        graph = f"fps=25:start_time=0,tpad=stop=125:stop_mode=clone,scale={size}:force_original_aspect_ratio=decrease"
        graph += f",format=yuv420p,pad={size}:(ow-iw)/2:(oh-ih)/2,setsar=1"
        limits = ("-maxrate", f"{rung.maxrate}k", "-bufsize", f"{rung.bufsize}k", "-level", rung.level)
        sound = ("-map", "0:a:0", "-c:a", "aac", "-b:a", "128k") if facts.sound and name == RUNGS[0] else ()
        await checked(
            *("nice", "-n", "10", "ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(clip), "-vf", graph),
            *("-map", "0:v:0", "-frames:v", str(frames), "-c:v", "libx264", "-preset", "veryfast", "-crf", "21"),
            *("-x264-params", "keyint=48:min-keyint=48:scenecut=0:open-gop=0", *limits, *sound),
            *("-f", "mp4", "-movflags", "+frag_keyframe+empty_moov", str(target / name)),
        )


async def _overhead(folder: Path, sandbox: Sandbox) -> dict[str, float]:
    """What running a command through the product costs beyond the command: this process, not its children."""
    source = ffmpeg.input("testsrc2=s=640x360:r=25:d=20", f="lavfi").video
    argv = command(made_output(source, name="none", f="null"))
    before, children = _own(), _cpu() - _own()
    out = folder / "overhead"
    out.mkdir(exist_ok=True)
    await run_ffmpeg(argv, sandbox=sandbox, given=Path(FFMPEG), out=out, bounds=LIMITS.bounds(60_000))
    own, theirs = _own() - before, _cpu() - _own() - children
    return {
        "own_cpu_s": round(own, 4),
        "command_cpu_s": round(theirs, 2),
    }


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def _compared(clip: Path, folder: Path, vmaf_with: str) -> dict[str, Any]:
    sides = {"ours": {t: folder / "ours" / rendition(t) for t in TRACKS}}
    sides["reference"] = {t: folder / "reference" / t for t in TRACKS}
    shapes = {side: {t: await _shape(path) for t, path in files.items()} for side, files in sides.items()}
    detail: dict[str, Any] = {
        "outputs_have_equal_shape": shapes["ours"] == shapes["reference"],
        "shape": shapes["ours"],
        "bytes": {side: {t: path.stat().st_size for t, path in files.items()} for side, files in sides.items()},
    }
    # The larger picture is the one that is promised; likeness without a model takes its place where there is none.
    has_model = "libvmaf" in await _output(vmaf_with, "-hide_banner", "-filters")
    if not has_model:
        detail["vmaf"] = f"not measured: {vmaf_with} has no libvmaf"
    name, program, graph = ("vmaf", vmaf_with, "libvmaf") if has_model else ("ssim", "ffmpeg", "ssim")
    detail[name] = {
        side: {t: await _score(program, graph, files[t], clip) for t in RUNGS[:1]} for side, files in sides.items()
    }
    return detail


async def _shape(path: Path) -> dict[str, Any]:
    """What ffprobe sees of a track: frames, size, and the distances between key frames."""
    entries = "stream=codec_name,profile,level,width,height,pix_fmt:packet=flags"
    told = json.loads(await _output("ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", str(path)))
    packets, stream = told["packets"], told["streams"][0]
    keys = [number for number, packet in enumerate(packets) if packet["flags"].startswith("K")]
    steps = sorted({b - a for a, b in itertools.pairwise(keys)})
    return {**stream, "frames": len(packets), "gop": steps}


async def _score(program: str, graph: str, made: Path, clip: Path) -> float | None:
    """Likeness to the source at full size, over the clip's own pictures."""
    filters = (
        "[0:v]setpts=PTS-STARTPTS,scale=1920:1080:flags=bicubic,format=yuv420p[made];"
        "[1:v:0]fps=25:start_time=0,setpts=PTS-STARTPTS,scale=1920:1080:force_original_aspect_ratio=decrease"
        ":out_color_matrix=bt709:out_range=tv,format=yuv420p,pad=1920:1080:(ow-iw)/2:(oh-ih)/2,setsar=1[source];"
        f"[made][source]{graph}=shortest=1{':n_threads=2' if graph == 'libvmaf' else ''}"
    )
    argv = ["-hide_banner", "-nostdin", "-nostats", "-i", str(made), "-i", str(clip), "-lavfi", filters]
    said = await _output("nice", "-n", "10", program, *argv, "-f", "null", "-")
    mark = "All:" if graph == "ssim" else "VMAF score: "
    _, found, rest = said.rpartition(mark)
    return float(rest.split()[0]) if found else None


async def make_clip(folder: Path, seconds: int) -> Path:
    """A moving test picture in full size with a tone."""
    path = folder / "clip.mp4"
    moving = f"testsrc2=s=1920x1080:r=25:d={seconds},noise=alls=4:allf=t"
    await checked(
        *("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", moving),
        *("-f", "lavfi", "-i", f"sine=f=440:b=4:r=48000:d={seconds}", "-c:v", "libx264", "-preset", "ultrafast"),
        *("-crf", "16", "-pix_fmt", "yuv420p", "-colorspace", "bt709", "-c:a", "aac", str(path)),
    )
    return path


async def make_mixed(folder: Path, data: Path, seconds: int) -> Path:
    """A film, a telephone's recording on its side and a lecture, one after another in full size, 25 pictures a second.

    The film begins where it moves; all three have sound.
    """
    path, each = folder / "mixed.mp4", f"{seconds / 3:.2f}"
    graph = ";".join(
        f"[{n}:v:0]fps=25,scale=1920:1080:force_original_aspect_ratio=decrease,pad=1920:1080:(ow-iw)/2:(oh-ih)/2,setsar=1,"
        f"format=yuv420p,trim=duration={each},setpts=PTS-STARTPTS[v{n}];"
        f"[{n}:a:0]aresample=48000,aformat=channel_layouts=stereo,apad,atrim=duration={each},asetpts=PTS-STARTPTS[a{n}]"
        for n in range(len(MIXED))
    )
    joined = "".join(f"[v{n}][a{n}]" for n in range(len(MIXED)))
    inputs = [part for name, begin in MIXED for part in ("-stream_loop", "-1", "-ss", begin, "-i", str(data / name))]
    await checked(
        *("ffmpeg", "-nostdin", "-v", "error", *inputs),
        *("-filter_complex", f"{graph};{joined}concat=n={len(MIXED)}:v=1:a=1[v][a]", "-map", "[v]", "-map", "[a]"),
        *("-c:v", "libx264", "-preset", "superfast", "-crf", "12", "-colorspace", "bt709", "-c:a", "aac", str(path)),
    )
    return path


async def checked(*argv: str) -> None:
    """Runs a command to its end. Raises RuntimeError when it failed."""
    process = await asyncio.create_subprocess_exec(*argv, stdin=asyncio.subprocess.DEVNULL)
    try:
        if await process.wait() != 0:
            raise RuntimeError(argv[0])
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


async def _output(*argv: str) -> str:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*argv, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe)
    stdout, stderr = await process.communicate()
    return (stdout + stderr).decode("utf-8", "replace")


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
