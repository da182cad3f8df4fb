"""Small awkward videos, made by ffmpeg on the spot."""

import subprocess
from pathlib import Path


def make(path: Path, *arguments: str) -> Path:
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments, str(path)], check=True, timeout=60)
    return path


def _pattern(size: str, rate: str, seconds: float) -> list[str]:
    """Bars that cost an encoder next to nothing, and a small clock in them by which each picture is another."""
    clock = f"testsrc2=s=64x36:r={rate}:d={seconds}[clock]"
    return ["-f", "lavfi", "-i", f"smptebars=s={size}:r={rate}:d={seconds}[bars];{clock};[bars][clock]overlay=128:48"]


def phone(folder: Path) -> Path:
    """A phone held upright: stored lying with a flag, 29.97 pictures a second, six channels, quiet."""
    flat = make(
        folder / "flat.mp4",
        *_pattern("320x180", "30000/1001", 4.6),
        "-f",
        "lavfi",
        "-i",
        "aevalsrc='0.01*sin(660*t)|0.01*sin(660*t)|0|0|0.01*sin(990*t)|0':c=5.1:d=4.6",
        "-c:v",
        "libx264",
        "-preset",
        "ultrafast",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
    )
    return make(folder / "phone.mp4", "-i", str(flat), "-c", "copy", "-metadata:s:v:0", "rotate=90")


def broadcast(folder: Path) -> Path:
    """A recording of television: interlaced, oblong pixels, one loud channel that ends early."""
    return make(
        folder / "broadcast.ts",
        *_pattern("352x288", "25", 3),
        *("-f", "lavfi", "-i", "aevalsrc='0.9*sin(1000*t)+0.1*sin(90*t)':d=1.5"),
        *("-vf", "setsar=12/11,setfield=tff", "-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-b:v", "2M"),
        *("-c:a", "mp2", "-ac", "1"),
    )


def screencast(folder: Path) -> Path:
    """A screen recording by a browser: odd size, pictures at any time, no sound, and a last picture that stays."""
    return make(
        folder / "screencast.mkv",
        *("-f", "lavfi", "-i", "testsrc2=s=321x181:r=24:d=2.5"),
        *("-vf", "select='not(mod(n\\,7))+gt(t\\,1.5)'", "-fps_mode", "vfr"),
        *("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "2M"),
    )


def hdr(folder: Path) -> Path:
    """Ten bits and a curve that a street screen does not know."""
    return make(
        folder / "hdr.mov",
        *_pattern("320x180", "50", 2),
        *("-f", "lavfi", "-i", "sine=f=440:r=44100:d=2"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", "-color_trc", "arib-std-b67"),
        *("-color_primaries", "bt2020", "-colorspace", "bt2020nc", "-c:a", "pcm_s16le"),
    )
