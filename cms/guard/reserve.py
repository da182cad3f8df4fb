"""Disk space kept back so that a recall succeeds when the disk is full."""

import errno
import os
from pathlib import Path

from cms.guard.durable import PRIVATE

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class Reserve:
    """One preallocated file; `give` frees it for the recall that needs the space, `fill` takes it back later."""

    def __init__(self, path: Path, *, size: int) -> None:
        self._path = path
        self._size = size

    def fill(self) -> bool:
        """Whether the whole reserve is on disk; a disk too full for it is no reason to stop."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, PRIVATE)
        try:
            if os.fstat(descriptor).st_size < self._size:
                os.posix_fallocate(descriptor, 0, self._size)
        except OSError as error:
            if error.errno not in FULL:
                raise
            return False
        finally:
            os.close(descriptor)
        return True

    def give(self) -> None:
        """Frees all of it: a recall writes its line and the whole public set."""
        with self._path.open("r+b") as file:
            file.truncate(0)
