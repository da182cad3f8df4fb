"""Writes frames straight to sockets, in the compiled loop if there is one: `Batch` gathers, `write` hands out.

The descriptors must be sockets of the calling loop whose transports hold no bytes; nothing may be awaited in between.
"""

import ctypes
import os
from array import array
from bisect import bisect_right
from collections.abc import Collection
from typing import Any, Final, TypeAlias

from screens.native.build import library

_INT: Final = ctypes.c_int32


class Batch:
    """Which descriptors get which frame; a frame's descriptors stand together."""

    __slots__ = ("bytes", "ends", "frames", "lanes")

    def __init__(self) -> None:
        self.lanes = array("i")
        self.ends: list[int] = []
        self.frames: list[bytes] = []
        self.bytes = 0

    def add(self, lanes: Collection[int], frame: bytes) -> None:
        self.lanes.extend(lanes)
        self.ends.append(len(self.lanes))
        self.frames.append(frame)
        self.bytes += len(lanes) * len(frame)

    def __len__(self) -> int:
        return len(self.lanes)

    def part(self, place: int) -> int:
        """Which of the frames the descriptor at this place gets."""
        return bisect_right(self.ends, place)


Short: TypeAlias = tuple[int, int]
"""A place in the batch and how many bytes its socket took of the frame; -1 when it is broken."""


def write_in_python(batch: Batch) -> list[Short]:
    """The sockets that did not take their whole frame."""
    short: list[Short] = []
    start, send = 0, os.write
    for end, frame in zip(batch.ends, batch.frames, strict=True):
        size = len(frame)
        for place in range(start, end):
            lane = batch.lanes[place]
            try:
                taken = send(lane, frame)
            except OSError as problem:
                taken = 0 if isinstance(problem, BlockingIOError) or lane < 0 else -1
            if taken != size:
                short.append((place, taken))
        start = end
    return short


class Compiled:
    """`writer.c`, loaded. The interpreter stays locked: a slice is five milliseconds, getting it back may take as long.

    Raises OSError if the library is not there or cannot be loaded.
    """

    def __init__(self, path: str) -> None:
        self._call: Any = ctypes.PyDLL(path).yunping_write
        self._call.restype = _INT

    def __call__(self, batch: Batch) -> list[Short]:
        count, groups = len(batch.lanes), len(batch.frames)
        if not count:
            return []
        at, taken = (_INT * count)(), (_INT * count)()
        ends = array("i", batch.ends)
        sizes = array("i", map(len, batch.frames))
        found = self._call(
            ctypes.c_void_p(batch.lanes.buffer_info()[0]),
            ctypes.c_void_p(ends.buffer_info()[0]),
            (ctypes.c_char_p * groups)(*batch.frames),
            ctypes.c_void_p(sizes.buffer_info()[0]),
            groups,
            at,
            taken,
        )
        return list(zip(at[:found], taken[:found], strict=True))


def _loaded() -> Compiled | None:
    try:
        return Compiled(str(library())) if array("i").itemsize == ctypes.sizeof(_INT) else None
    except OSError:
        return None


_COMPILED: Final = _loaded()
IS_COMPILED: Final = _COMPILED is not None


def write(batch: Batch) -> list[Short]:
    """Hands out a batch now; the sockets that did not take their whole frame."""
    return write_in_python(batch) if _COMPILED is None else _COMPILED(batch)
