"""A feed somebody else writes, read in the sandbox: nothing of its XML is parsed in a process that can do harm."""

import json
from pathlib import Path
from typing import Any, Final

from media.decoding import decode
from media.errors import MediaRefused
from media.limits import MIB
from media.sandbox import Bounds, Sandbox
from media.threads import in_thread
from media.workspace import caught, private_folder

ITEMS: Final = 200
"""Of one look at a feed; the longest of the press have 100."""
FEED_BYTES: Final = 8 * MIB
_NAME: Final = "feed.json"
_BOUNDS: Final = Bounds(seconds=30, memory_bytes=512 * MIB, file_bytes=32 * MIB, output_bytes=32 * MIB, output_files=2)


async def read_feed(data: bytes, *, sandbox: Sandbox, work: Path) -> dict[str, Any]:
    """{title, rights, items} of a feed, every text still foreign.

    Raises:
        MediaRefused: `media.no_feed`, `media.feed_broken`, `media.too_costly`, `media.too_large`.
    """
    async with private_folder(work) as folder:
        given, out = folder / "feed", folder / "out"
        await caught(data, given, limit=FEED_BYTES, reserve=0)
        await in_thread(out.mkdir)
        await decode("feed", {"format": "RSS", "items": ITEMS}, sandbox=sandbox, given=given, out=out, bounds=_BOUNDS)
        return await in_thread(written, out / _NAME, "RSS")


def written(path: Path, form: str) -> dict[str, Any]:
    """The JSON a worker wrote (blocking). Raises MediaRefused `media.broken` when it is none."""
    try:
        if path.is_symlink():
            raise MediaRefused("media.broken", format=form)
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise MediaRefused("media.broken", format=form) from error
    if not isinstance(found, dict):
        raise MediaRefused("media.broken", format=form)
    return found
