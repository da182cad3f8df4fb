"""Signed players at `/a/{sha256}`: the files that a rollout's releases name, and the releases themselves.

They are in no channel's tree: nothing of them is published, and no line-up lists them. What may be asked for is what a
row of a rollout leads to, so a file that was only put into the store is not there.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from cms.kernel.db import Database
from cms.kernel.log import logger
from cms.publishing.tree import ASSETS, Entry
from cms.signals.software import read_software
from cms.trust.errors import TrustError
from cms.trust.signed import Signed
from media.errors import MediaRefused
from media.store import Store
from screens.hands.rollout_tables import ScreenRollout
from screens.kiosk.box import TYPES

# Between two looks for new rollouts: whoever asks for names that are not there must not reach the database with each.
LOOK_SECONDS: Final = 2.0

log = logger("players")


class PlayerFiles:
    """Finds them by path; what was found once is answered from memory, with the database away too."""

    def __init__(self, db: Database, store: Store, *, ticks: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._store = store
        self._ticks = ticks
        self._entries: dict[str, Entry] = {}
        self._read: set[str] = set()
        self._looked: float | None = None
        self._looking = asyncio.Lock()

    async def find(self, path: str) -> Entry | None:
        """The file at `/a/{sha256}`, if it belongs to a signed player."""
        if path not in self._entries:
            async with self._looking:
                if path not in self._entries and (self._looked is None or self._ticks() - self._looked >= LOOK_SECONDS):
                    self._looked = self._ticks()
                    await self._look()
        return self._entries.get(path)

    async def _look(self) -> None:
        try:
            async with self._db.read() as session:
                rows = (await session.scalars(select(ScreenRollout.files))).all()
        except SQLAlchemyError:
            log.warning("players cannot be looked up")
            return
        for name in {name for files in rows for name in files} - self._read:
            try:
                self._take(name, await self._store.get(name))
            except (MediaRefused, FileNotFoundError, TrustError):
                log.warning("a signed player cannot be read", file=name)

    def _take(self, name: str, wire: bytes) -> None:
        """The release and what it names. Raises TrustError for a file that is none; screens judge its signatures."""
        software = read_software(Signed.read(wire).text)
        self._entries[ASSETS + name] = Entry(ASSETS + name, name, len(wire), TYPES[".json"])
        for one in software.files:
            kind = TYPES.get(PurePosixPath(one.path).suffix, "application/octet-stream")
            self._entries[ASSETS + one.sha256] = Entry(ASSETS + one.sha256, one.sha256, one.size, kind)
        self._read.add(name)
