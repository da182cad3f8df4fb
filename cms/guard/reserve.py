"""Disk space kept back so that a recall succeeds when the disk is full."""

import errno
import os
from pathlib import Path

from cms.guard.durable import PRIVATE

_PAGE = 4_096
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Reserve:
    """One preallocated file; `give` frees it for the recall that needs the space, `fill` takes it back later."""

    def __init__(self, path: Path, *, size: int) -> None:
        self._path = path
        self._size = size

    def fill(self) -> bool:
        """Whether the whole reserve is on disk; on a full disk it takes what is left, to the last page."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, PRIVATE)
        try:
            held = os.fstat(descriptor).st_size
            step = self._size - held
            while step >= _PAGE:
                try:
                    os.posix_fallocate(descriptor, held, step)
                    held += step
                    step = self._size - held
                except OSError as error:
                    if error.errno not in FULL:
                        raise
                    step //= 2
        finally:
            os.close(descriptor)
        return held >= self._size

    def give(self) -> None:
        """Frees all of it: a recall writes its line and the whole public set."""
        with self._path.open("r+b") as file:
            file.truncate(0)
