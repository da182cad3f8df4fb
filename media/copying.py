"""A private copy of a file, made inside the kernel, and the hash of an open file.

What is hashed is the copy, which nobody else can write; a volume that shares blocks between files copies nothing.
Everything here blocks; callers in the event loop go through `media.threads.in_thread`.
"""

import errno
import os
from collections.abc import Callable
from typing import Any, Final

BLOCK: Final = 8 << 20
_PIECE: Final = 1 << 20  # what stays in the processor's cache between reading and hashing
# Two kinds of volume, an old kernel, a volume that cannot.
_CANNOT: Final = frozenset({errno.EXDEV, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})


def copied(source: int, target: int, *, each: Callable[[int], None]) -> None:
    """Copies an open file behind what the other has.

    Args:
        source: read from where it is.
        target: opened for writing, empty.
        each: hears how many bytes there are after each block, and may raise.
    """
    done = 0
    while count := _copied_block(source, target):
        done += count
        each(done)


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
