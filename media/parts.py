"""Files that come in piece by piece: how much is there is the length of the file, so that nothing can disagree."""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from media.durable import refused_when_full
from media.errors import MediaRefused
from media.sources import blocks
from media.threads import acquired, in_thread

ALGORITHMS: Final = ("sha1", "sha256")
_NAME: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a piece must be the hash of."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Parts:
    """A folder of unfinished files; names are 32 hexadecimal digits of ours, `reserve` bytes stay free beside them."""

    folder: Path
    reserve: int

    def path(self, name: str) -> Path:
        if _NAME.fullmatch(name) is None:
            raise MediaRefused("media.not_found")
        return self.folder / name

    async def begin(self, name: str, *, size: int, promised: int) -> None:
        """An empty file for `size` bytes, where `promised` are still to come of others.

        Raises:
            MediaRefused: `media.disk_full`, before a single byte is sent in vain.
        """
        await in_thread(self._begin, self.path(name), size + promised)

    async def length(self, name: str) -> int:
        """Raises MediaRefused `media.not_found`."""
        try:
            return (await in_thread(self.path(name).stat)).st_size
        except FileNotFoundError as error:
            raise MediaRefused("media.not_found") from error

    async def append(
        self, name: str, source: AsyncIterator[bytes], *, at: int, most: int, checksum: Checksum | None = None
    ) -> int:
        """Writes what comes behind the first `at` bytes; the new length.

        What breaks off stays as far as it came, but for a piece with a checksum, which counts whole or not at all.

        Raises:
            MediaRefused: `media.part_busy` while another request writes, `media.part_offset` when `at` is not its
                length, `media.part_too_long` beyond `most`, `media.part_checksum`, `media.disk_full`,
                `media.not_found`.
        """
        descriptor = await acquired(lambda: self._open(name), undo=os.close)
        whole = False
        try:
            if await in_thread(self._size, descriptor) != at:
                raise MediaRefused("media.part_offset", at=at)
            hasher = hashlib.new(checksum.algorithm) if checksum else None
            length = at
            async for block in blocks(source):
                length += len(block)
                if length > most:
                    raise MediaRefused("media.part_too_long", most=most)
                await in_thread(self._write, descriptor, block, hasher)
            if checksum and hasher and hasher.digest() != checksum.digest:
                raise MediaRefused("media.part_checksum")
            whole = True
        finally:
            await in_thread(self._close, descriptor, None if whole or checksum is None else at)
        return length

    async def remove(self, name: str) -> None:
        await in_thread(self.path(name).unlink, missing_ok=True)

    async def names(self) -> list[str]:
        """Every file that is there."""
        return await in_thread(self._names)

    def _names(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if _NAME.fullmatch(path.name))

    def _begin(self, path: Path, wanted: int) -> None:
        with refused_when_full():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if shutil.disk_usage(self.folder).free < wanted + self.reserve:
                raise MediaRefused("media.disk_full")
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))

    def _open(self, name: str) -> int:
        try:
            descriptor = os.open(self.path(name), os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            raise MediaRefused("media.not_found") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            raise MediaRefused("media.part_busy") from error
        return descriptor

    def _size(self, descriptor: int) -> int:
        return os.fstat(descriptor).st_size

    def _write(self, descriptor: int, block: bytes, hasher: Any) -> None:
        with refused_when_full():
            room = os.fstatvfs(descriptor)
            if room.f_bavail * room.f_frsize < self.reserve + len(block):
                raise MediaRefused("media.disk_full")
            if hasher is not None:
                hasher.update(block)
            rest = memoryview(block)
            while rest:
                rest = rest[os.write(descriptor, rest) :]

    def _close(self, descriptor: int, cut: int | None) -> None:
        with _closed(descriptor), refused_when_full():
            if cut is not None:
                os.ftruncate(descriptor, cut)
            # What the other side is told has arrived must survive a power cut.
            os.fsync(descriptor)


@contextlib.contextmanager
def _closed(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)
