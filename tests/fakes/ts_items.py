"""Stored slots made up of numbers: fragments with pictures and sound of any size, as no encoder would be asked for."""

import random
import struct
from collections.abc import Sequence

from renderers.tv.ts.frames import Stored

SPS = bytes.fromhex("67640028acd100780227e5c05a80808080")
PPS = bytes.fromhex("68eb8f2c")


def box(kind: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I4s", len(data) + 8, kind) + data


def video_init() -> bytes:
    config = (
        b"\x01\x64\x00\x28\xff\xe1" + struct.pack(">H", len(SPS)) + SPS + b"\x01" + struct.pack(">H", len(PPS)) + PPS
    )
    return _init(box(b"avc1", b"\0" * 78, box(b"avcC", config)))


def audio_init() -> bytes:
    specific = b"\x05\x80\x80\x80\x02\x11\x90"
    config = b"\x04" + bytes([13 + len(specific)]) + b"\x40\x15" + b"\0" * 11 + specific
    descriptor = b"\x03" + bytes([3 + len(config)]) + b"\0\1\0" + config
    return _init(box(b"mp4a", b"\0" * 28, box(b"esds", b"\0" * 4, descriptor)))


def _init(entry: bytes) -> bytes:
    stsd = box(b"stsd", b"\0\0\0\0\0\0\0\1", entry)
    trak = box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", stsd))))
    return box(b"ftyp", b"iso6") + box(
        b"moov", trak, box(b"mvex", box(b"trex", struct.pack(">6I", 0, 1, 1, 512, 0, 0)))
    )


def fragment(samples: Sequence[bytes], offsets: Sequence[int] | None = None) -> bytes:
    """One moof with its mdat; all samples of one size are told once, as ffmpeg does."""
    alike = len({len(sample) for sample in samples}) == 1
    flags = 0x1 | (0 if alike else 0x200) | (0x800 if offsets else 0)
    rows = b""
    for number, sample in enumerate(samples):
        rows += (b"" if alike else struct.pack(">I", len(sample))) + (
            struct.pack(">i", offsets[number]) if offsets else b""
        )
    tfhd = box(b"tfhd", struct.pack(">II", 0x020010, 1) + struct.pack(">I", len(samples[0]))) if alike else None
    tfhd = tfhd or box(b"tfhd", struct.pack(">II", 0x020000, 1))
    tfdt = box(b"tfdt", struct.pack(">IQ", 1 << 24, 0))

    def moof(at: int) -> bytes:
        trun = box(b"trun", struct.pack(">III", 1 << 24 | flags, len(samples), at), rows)
        return box(b"moof", box(b"mfhd", struct.pack(">II", 0, 1)), box(b"traf", tfhd, tfdt, trun))

    return moof(len(moof(0)) + 8) + box(b"mdat", *samples)


def picture(size: int, *, key: bool, rng: random.Random) -> bytes:
    """One NAL unit of `size` bytes with its length before it."""
    return struct.pack(">IB", size - 4, 0x65 if key else 0x41) + rng.randbytes(size - 5)


def stored(pictures: Sequence[int], sounds: Sequence[int], *, seed: int = 1) -> Stored:
    """96 sizes of pictures, of which the first and the 49th are keys, and 180 of frames of sound."""
    rng = random.Random(seed)
    video = [picture(size, key=n % 48 == 0, rng=rng) for n, size in enumerate(pictures)]
    # Two frames of reordering, as IBBP has them.
    late = [(2 if n % 3 == 1 else 1 if n % 3 == 2 else 3) * 512 for n in range(len(pictures))]
    audio = [rng.randbytes(size) for size in sounds]
    return Stored(fragment(video, late), video_init(), fragment(audio), audio_init())


def moving(seed: int, rate: int = 600_000) -> Stored:
    """A programme with motion at about `rate` bits a second, sound of changing size."""
    rng = random.Random(seed)
    mean = rate // 8 // 25
    pictures = [
        rng.randint(mean * 3, mean * 6) if n % 48 == 0 else rng.randint(mean // 3, mean * 5 // 3) for n in range(96)
    ]
    return stored(pictures, [rng.randint(150, 420) for _ in range(180)], seed=seed)


def slides(key: int = 80_000) -> Stored:
    """A lecture's still slide: one picture is nearly everything, the sound's frames are all alike."""
    return stored([key] + [60] * 95, [23] * 180)
