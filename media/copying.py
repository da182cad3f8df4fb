"""A private copy of a file with its hash, in one pass: copied inside the kernel, hashed from the copy beside it.

What is hashed is the copy, which nobody else can write; a volume that shares blocks between files copies nothing.
Everything here blocks; callers in the event loop go through `media.threads.in_thread`.
"""

import errno
import hashlib
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

BLOCK: Final = 8 << 20
_PIECE: Final = 1 << 20  # what stays in the processor's cache between reading and hashing
# Two kinds of volume, an old kernel, a volume that cannot.
_CANNOT: Final = frozenset({errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})


def copied(source: int, target: int, *, each: Callable[[int], None]) -> str:
    """Copies an open file behind what the other has; the sha256 of what lies there now.

    Args:
        source: read from where it is.
        target: opened for reading and writing, empty.
        each: hears how many bytes there are after each block, and may raise.
    """
    hasher, done = hashlib.sha256(), 0
    behind: Future[int] | None = None
    # One block is hashed while the next is copied.
    with ThreadPoolExecutor(1) as aside:
        while count := _copied_block(source, target):
            if behind is not None:
                behind.result()
            behind = aside.submit(hashed, hasher, target, done, count)
            done += count
            each(done)
    if behind is not None:
        behind.result()
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
