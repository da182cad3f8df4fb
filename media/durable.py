"""Files that are complete, synced and visible at once, or not there: staging in a local folder.

Everything here blocks; callers in the event loop go through `media.threads.in_thread`.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import signal
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from media.errors import MediaRefused

STAGING: Final = ".staging"
_SEALED: Final = 0o440  # as others in the store, for nobody to write
_FULL: Final = {errno.ENOSPC, errno.EDQUOT}


@contextlib.contextmanager
def refused_when_full() -> Iterator[None]:
    """Turn "no space" into `media.disk_full` and other I/O errors into `media.store_failed`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise MediaRefused("media.disk_full") from error
        if error.errno in {errno.ENOTDIR, errno.EISDIR, errno.EEXIST}:
            raise MediaRefused("media.name_taken") from error
        reason = errno.errorcode.get(error.errno or 0, type(error).__name__)
        raise MediaRefused("media.store_failed", reason=reason) from error


@dataclass(slots=True)
class Staged:
    """A file being written, invisible to readers; its lock tells `sweep` that it is alive."""

    path: Path
    descriptor: int
    reserve: int

    def write(self, block: bytes) -> None:
        """Append.

        Raises:
            MediaRefused: `media.disk_full` when the volume is full or only its reserve is left.
        """
        with refused_when_full():
            room = os.fstatvfs(self.descriptor)
            if room.f_bavail * room.f_frsize < self.reserve + len(block):
                raise MediaRefused("media.disk_full")
            rest = memoryview(block)
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]

    def sync(self) -> None:
        with refused_when_full():
            os.fsync(self.descriptor)

    def discard(self) -> None:
        """Close, and remove what is still staged; safe to call twice."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
        self.path.unlink(missing_ok=True)


class DurableFolder:
    """A folder whose files appear by rename after fsync of file and folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._staging = root / STAGING
        self._staging.mkdir(parents=True, exist_ok=True)

    def stage(self, *, reserve: int) -> Staged:
        """Begin a file; `reserve` is the number of free bytes to leave for others."""
        with refused_when_full():
            while True:
                path = self._staging / secrets.token_hex(16)
                descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                # A sweep may have taken the file between its creation and its lock.
                if os.fstat(descriptor).st_nlink:
                    return Staged(path, descriptor, reserve)
                os.close(descriptor)

    def link(self, path: Path) -> Staged | None:
        """Stages a finished private file without a copy; None where only a copy will do.

        From now on nobody may write into it: its rights go, and one that somebody still has open for writing is not
        taken. The file itself stays where it is until its owner removes it.
        """
        staged = self._staging / secrets.token_hex(16)
        try:
            os.link(path, staged, follow_symlinks=False)
        except OSError:
            return None  # another volume, or one that has no links
        try:
            descriptor = os.open(staged, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            staged.unlink(missing_ok=True)
            return None
        linked = Staged(staged, descriptor, reserve=0)
        if not _is_ours_alone(linked):
            linked.discard()
            return None
        return linked

    def publish(self, staged: Staged, key: str, *, replace: bool = True) -> None:
        """Make a staged file visible as `key`, durably.

        Raises:
            MediaRefused: `media.name_taken` when it exists and `replace` is false.
        """
        target = self.path(key)
        staged.sync()
        with refused_when_full():
            self._make_folder(target.parent)
            if replace:
                staged.path.rename(target)
            else:
                os.link(staged.path, target)
            _sync_folder(target.parent)
        staged.discard()

    def remove(self, key: str) -> None:
        """Delete durably; a missing file is fine."""
        target = self.path(key)
        with refused_when_full():
            try:
                target.unlink()
            except (FileNotFoundError, NotADirectoryError):
                return
            _sync_folder(target.parent)

    def path(self, key: str) -> Path:
        """Where a key of `media.names` lives."""
        return self.root / key

    def sweep(self) -> int:
        """Remove what crashed writers left in staging; returns how many files."""
        removed = 0
        for path in list(self._staging.iterdir()):
            with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                path.unlink()
                removed += 1
        return removed

    def _make_folder(self, folder: Path) -> None:
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
        # Without this a power cut could drop the folder with the acknowledged file in it.
        _sync_folder(folder.parent)


def _is_ours_alone(linked: Staged) -> bool:
    try:
        fcntl.flock(linked.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # A sweep may have taken the name between its creation and its lock.
        if not stat.S_ISREG(os.fstat(linked.descriptor).st_mode) or not linked.path.exists():
            return False
        os.fchmod(linked.descriptor, _SEALED)
        # The kernel gives this lease only while nobody has the file open for writing. Who opens it at this very moment
        # would have us told by a signal that ends a process; this one is ignored unless somebody asks for it.
        fcntl.fcntl(linked.descriptor, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(linked.descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(linked.descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
