"""When a file in a drop folder is complete: two looks, some seconds apart, that see the same."""

import asyncio
import os
import stat
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from media.errors import MediaRefused
from media.threads import in_thread

# A copy over a slow network writes at least once in this time; FTP servers flush every second or two.
EVERY: Final = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a file saw."""

    size: int
    modified_ns: int
    inode: int


def look(path: Path) -> Look:
    """One look; blocks.

    Raises:
        MediaRefused: `media.video_vanished` when there is no regular file.
    """
    try:
        seen = os.lstat(path)
    except OSError as error:
        raise MediaRefused("media.video_vanished") from error
    if not stat.S_ISREG(seen.st_mode):
        raise MediaRefused("media.video_vanished")
    return Look(seen.st_size, seen.st_mtime_ns, seen.st_ino)


def is_complete(before: Look | None, now: Look) -> bool:
    """Whether nothing changed between two looks; an empty file is one that is still to come."""
    return now.size > 0 and before == now


async def completed(path: Path, *, every: timedelta = EVERY) -> Look:
    """Wait until two looks agree; the caller bounds the time. Refuses as `look` does."""
    before: Look | None = None
    while True:
        now = await in_thread(look, path)
        if is_complete(before, now):
            return now
        before = now
        await asyncio.sleep(every.total_seconds())


async def unchanged(path: Path, since: Look) -> None:
    """Refuse a file that is not what it was.

    Raises:
        MediaRefused: `media.video_changed`, `media.video_vanished`.
    """
    if await in_thread(look, path) != since:
        raise MediaRefused("media.video_changed")
