"""Puts files for ever into the store at argv[1] and prints each acknowledged hash; is killed from outside."""

import asyncio
import itertools
import os
import sys

from media.store import Store


async def main(url: str) -> None:
    store = Store.open(url, min_free_bytes=0)
    for n in itertools.count():
        stored = await store.put(os.urandom(300_000), media_type="text/plain")
        await store.put_named("index", f"{n:08}".encode() * 10_000)
        sys.stdout.write(stored.sha256 + "\n")
        sys.stdout.flush()


asyncio.run(main(sys.argv[1]))
