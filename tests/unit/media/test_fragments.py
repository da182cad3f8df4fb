"""Boxes of fragmented MP4: patched in exactly twelve bytes, walked without trusting a length."""

import contextlib
import io
import struct

import pytest
from hypothesis import given, strategies as st

from media.errors import MediaRefused
from media.fragments import boxes, codecs, default_duration, fragment, layout, patched_head


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def moof(*, sequence: int = 1, base: int = 0, count: int = 96, version: int = 1, tracks: int = 1) -> bytes:
    tfdt = struct.pack(">I", version << 24) + (struct.pack(">Q", base) if version else struct.pack(">I", base))
    tfhd = struct.pack(">III", 0x020008, 1, 512)
    trun = struct.pack(">IIi", 0x000201, count, 0) + b"\0\0\1\0" * count
    traf = box(b"traf", box(b"tfhd", tfhd), box(b"tfdt", tfdt), box(b"trun", trun))
    return box(b"moof", box(b"mfhd", struct.pack(">II", 0, sequence)), *[traf] * tracks)


def trex(duration: int) -> bytes:
    return box(b"moov", box(b"mvex", box(b"trex", struct.pack(">IIIIII", 0, 1, 1, duration, 0, 0))))


INIT = box(b"ftyp", b"iso5") + trex(512)
FILE = INIT + moof() + box(b"mdat", b"x" * 50) + moof(sequence=2, base=49_152) + box(b"mdat", b"y" * 60)


@given(st.integers(0, (1 << 32) - 1), st.integers(0, (1 << 64) - 1), st.integers(0, 200))
def test_patched_head_changes_sequence_and_base_alone(sequence: int, base: int, more: int) -> None:
    head = moof() + box(b"mdat", b"z" * more)
    moved = patched_head(head, sequence=sequence, base=base)
    assert len(moved) == len(head)
    changed = {n for n, (a, b) in enumerate(zip(head, moved, strict=True)) if a != b}
    at_sequence = head.index(b"mfhd") + 8
    at_base = head.index(b"tfdt") + 8
    assert changed <= {*range(at_sequence, at_sequence + 4), *range(at_base, at_base + 8)}
    found = fragment(moved[: len(moof())], 0, len(moved))
    assert (found.sequence, found.base, found.samples, found.ticks) == (sequence, base, 96, 96 * 512)
    assert patched_head(moved, sequence=1, base=0) == head


def test_patched_head_of_a_head_cut_inside_the_sample_table_works() -> None:
    whole = moof()
    assert patched_head(whole[:120], sequence=9, base=7) == patched_head(whole, sequence=9, base=7)[:120]


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"moof",
        moof(version=0),
        moof(tracks=2),
        moof(tracks=0),
        box(b"mdat", b"x" * 40),
        struct.pack(">I4s", 4, b"moof") + moof()[8:],
        struct.pack(">I4sQ", 1, b"moof", 3) + moof()[8:],
        box(b"moof", box(b"mfhd", b"\0" * 4), moof()[24:]),
    ],
)
def test_patched_head_of_anything_else_refuses(head: bytes) -> None:
    with pytest.raises(MediaRefused) as caught:
        patched_head(head, sequence=1, base=1)
    assert caught.value.code == "media.bad_fragment"


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_or_read_but_never_crash(data: bytes) -> None:
    for read in (
        lambda: patched_head(data, sequence=1, base=1),
        lambda: layout(io.BytesIO(data)),
        lambda: codecs(data),
        lambda: list(boxes(data)),
        lambda: default_duration(data),
    ):
        with contextlib.suppress(MediaRefused):
            read()


@given(st.integers(0, len(FILE) - 1), st.integers(0, 255))
def test_layout_of_a_file_with_one_wrong_byte_is_refused_or_stays_inside(at: int, value: int) -> None:
    data = bytearray(FILE)
    data[at] = value
    try:
        found = layout(io.BytesIO(bytes(data)))
    except MediaRefused:
        return
    assert all(f.end <= len(data) for f in found.fragments)


def test_layout_finds_init_and_every_fragment() -> None:
    found = layout(io.BytesIO(FILE))
    assert found.init == len(INIT)
    assert [(f.sequence, f.base, f.samples, f.ticks) for f in found.fragments] == [
        (1, 0, 96, 49_152),
        (2, 49_152, 96, 49_152),
    ]
    assert FILE[found.fragments[0].end :] == FILE[found.fragments[1].start :]
    assert found.fragments[1].end == len(FILE)


@given(st.integers(1, len(FILE) - 1))
def test_layout_of_a_file_cut_off_anywhere_but_behind_a_fragment_refuses(length: int) -> None:
    whole = {f.end for f in layout(io.BytesIO(FILE)).fragments}
    if length in whole:
        return
    with pytest.raises(MediaRefused):
        layout(io.BytesIO(FILE[:length]))


def test_default_duration_comes_from_trex_and_samples_may_differ() -> None:
    assert default_duration(trex(1_024)) == 1_024
    trun = struct.pack(">IIIIIII", 0x000301, 2, 0, 100, 0, 200, 9)
    traf = box(
        b"traf",
        box(b"tfhd", struct.pack(">II", 0, 1)),
        box(b"tfdt", struct.pack(">IQ", 1 << 24, 5)),
        box(b"trun", trun),
    )
    found = fragment(box(b"moof", box(b"mfhd", struct.pack(">II", 0, 3)), traf), 0, 1, 1_024)
    assert (found.samples, found.ticks, found.base) == (2, 300, 5)
