"""The pictures that cut into channels, made by a worker: below the deliveries, above the videos of a library."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from cms.library.upload import Workshop
from cms.publishing.onair.jobs import AirRoom, make_next
from cms.publishing.onair.waiting import show_made
from deploy.encoding import work
from deploy.installation import Installation
from media.house import write_index
from media.workspace import private_folder
from renderers.tv import notice


async def make_pictures(here: Installation, room: Workshop, owner: str) -> None:
    """Makes what is wanted until cancelled, in turns of its own: an emergency queues behind nothing."""
    apart = replace(room, sandbox=room.sandbox.apart())
    maker = AirRoom(here.db, here.clock, f"{owner}:onair", Pictures(apart).make, show_made, here.metrics)
    await work(here, lambda: make_next(maker))


class Pictures:
    """Makes what channels show of words, and keeps it in the store."""

    def __init__(self, room: Workshop) -> None:
        self._room = room

    async def make(self, kind: str, spec: Mapping[str, Any]) -> str:
        """The hash of the index of what was made. Raises MediaRefused, ValueError for a kind nobody makes."""
        if kind != "emergency":
            raise ValueError(kind)
        store = self._room.store
        async with private_folder(self._room.work) as folder:
            path, index = await notice.make(folder, spec, sandbox=self._room.sandbox)
            await store.put(path, media_type="video/mp4")
            told = folder / "index.json"
            await asyncio.to_thread(told.write_bytes, write_index(index))
            return (await store.put(told, media_type="application/json")).sha256
