"""A process that writes the public tree until it is killed."""

import asyncio
import sys

from cms.contract import File, Files
from cms.kernel.clock import SystemClock
from cms.publishing.tree_writer import TreeWriter
from media.store import Store

PAGES = 3


async def write(url: str, writer: str, turn: int, count: int) -> None:
    """Writes pages that all carry one number, again and again; each set must become visible whole."""
    tree = TreeWriter(Store.open(url, min_free_bytes=0), compact_every=10)
    for number in range(count):
        files = tuple(
            File(f"/{writer}/{page}", "text/plain", f"{turn}.{number}.{page}".encode()) for page in range(PAGES)
        )
        await tree.apply(Files(files), writer=writer, turn=turn, now=SystemClock().now())
        print(f"{turn}.{number}", flush=True)  # noqa: T201 - the parent reads what was acknowledged


if __name__ == "__main__":
    asyncio.run(write(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
