"""A private copy of a file, made inside the kernel and hashed beside and behind it.

What is hashed is the copy, which nobody else can write; a volume that shares blocks between files copies nothing.
Everything here blocks; callers in the event loop go through `media.threads.in_thread`.
"""

import errno
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

BLOCK: Final = 8 << 20
_PIECE: Final = 1 << 20  # what stays in the processor's cache between reading and hashing
# Two kinds of volume, an old kernel, a volume that cannot.
_CANNOT: Final = frozenset({errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})


def copied(source: int, to: Path, *, each: Callable[[int], None]) -> Future[str]:
    """Copies an open file to a new one; the hash of that, which is taken beside and may come later.

    Args:
        source: read from where it is.
        to: must not be there yet.
        each: hears how many bytes there are after each block, and may raise.
    """
    ready: SimpleQueue[int] = SimpleQueue()
    with to.open("xb", buffering=0) as copy:
        # Opened for reading alone: who links the copy into a store sees to it that nobody can write into it.
        descriptor = os.open(to, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        aside = ThreadPoolExecutor(1)
        hashing = aside.submit(_followed, descriptor, ready)
        aside.shutdown(wait=False)
        done = 0
        try:
            while count := _copied_block(source, copy.fileno()):
                done += count
                ready.put(count)
                each(done)
        finally:
            ready.put(0)
    return hashing


def _followed(descriptor: int, ready: SimpleQueue[int]) -> str:
    hasher, done = hashlib.sha256(), 0
    try:
        while count := ready.get():
            done += hashed(hasher, descriptor, done, count)
    finally:
        os.close(descriptor)
    return hasher.hexdigest()


def hashed(hasher: Any, descriptor: int, at: int, most: int) -> int:
    """Hashes so many bytes of an open file from a place on; how many there were."""
    piece, end, begin = bytearray(_PIECE), at + most, at
    while at < end and (count := os.preadv(descriptor, [memoryview(piece)[: end - at]], at)):
        hasher.update(memoryview(piece)[:count])
        at += count
    return at - begin


def _copied_block(source: int, target: int) -> int:
    try:
        return os.copy_file_range(source, target, BLOCK)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
    block = os.read(source, BLOCK)
    rest = memoryview(block)
    while rest:
        rest = rest[os.write(target, rest) :]
    return len(block)
