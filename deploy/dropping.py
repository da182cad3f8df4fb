"""The drop folder of a worker: woken by the file system, made right by looking."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from cms.content.importing.drops import Given, Taken, person_of, take_drop
from cms.kernel.errors import DomainError
from cms.kernel.log import logger
from cms.kernel.messages import catalogue
from cms.library.upload import Workshop
from deploy.installation import Installation
from media.dropfolder import DONE, REFUSED, DropFolder, Dropped, shown
from media.errors import MediaRefused
from media.stable import EVERY
from media.threads import in_thread
from media.workspace import private_folder

_POLL: Final = 10.0  # seconds: a share over the network tells nothing
_LOCK: Final = ".yunping-lock"
# Not the file's fault: it stays where it is and is tried again.
_LATER: Final = frozenset({"media.disk_full", "media.store_failed", "media.sandbox_unavailable"})
_MOVING: Final = frozenset({"media.video_vanished", "media.video_changed"})
_LATER_LOOKS: Final = 20

log = logger("deploy")


async def watch_drops(here: Installation, room: Workshop) -> None:
    """Takes what is dropped until cancelled; without a folder there is nothing to do."""
    root = here.settings.drop
    if root is None:
        return
    await in_thread(root.mkdir, parents=True, exist_ok=True)
    await in_thread(catalogue)  # read once, off the loop
    dropper = Dropper(here, room, DropFolder(root.resolve()))
    async with _alone(root), _woken(root) as wake:
        while True:
            wake.clear()
            if await dropper.look():
                await asyncio.sleep(EVERY.total_seconds())
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(wake.wait(), _POLL)


class Dropper:
    """Remembers the last look at each item and takes what did not change since."""

    def __init__(self, here: Installation, room: Workshop, folder: DropFolder) -> None:
        self._here, self._room, self._folder = here, room, folder
        self._seen: dict[tuple[str, str], Dropped] = {}
        self._skipped: dict[tuple[str, str], tuple[Dropped, int]] = {}
        self._unknown: set[str] = set()

    async def look(self) -> bool:
        """One look at everything; whether something must be looked at again soon."""
        try:
            items = [item for login in await in_thread(self._folder.logins) for item in await self._of(login)]
        except (OSError, SQLAlchemyError):
            log.exception("the drop folder or the database is away")
            return False
        before, self._seen = self._seen, {(item.login, item.name): item for item in items}
        for key, item in self._seen.items():
            if item.trouble or (before.get(key) == item and not item.is_empty and not self._waits(key, item)):
                await self._take(key, item)
        return any(not item.is_empty for item in self._seen.values())

    async def _of(self, login: str) -> list[Dropped]:
        """What lies in a known person's folder; that of a stranger is reported once and left alone."""
        async with self._here.db.read() as session:
            actor = await person_of(session, shown(login))
        if actor is not None:
            self._unknown.discard(login)
            return await in_thread(self._folder.look, login)
        if login not in self._unknown:
            self._unknown.add(login)
            log.warning("nobody has this login: the drop folder leaves the files", path=shown(login))
        return []

    def _waits(self, key: tuple[str, str], item: Dropped) -> bool:
        """Whether this very item failed a moment ago through no fault of its own."""
        found = self._skipped.get(key)
        if found is None or found[0] != item or found[1] <= 0:
            self._skipped.pop(key, None)
            return False
        self._skipped[key] = (item, found[1] - 1)
        return True

    async def _take(self, key: tuple[str, str], item: Dropped) -> None:
        try:
            taken = await self._taken(item)
        except MediaRefused as refused:
            if refused.code in _MOVING:
                return
            if refused.code in _LATER:
                self._skipped[key] = (item, _LATER_LOOKS)
                log.warning("a dropped item waits", file=shown(item.name), code=refused.code)
                return
            await self._refuse(item, refused.code, dict(refused.params))
        except DomainError as refused:
            await self._refuse(item, refused.code, refused.params)
        except (OSError, SQLAlchemyError):
            self._skipped[key] = (item, _LATER_LOOKS)
            log.exception("a dropped item waits", file=shown(item.name))
        except Exception:
            self._skipped[key] = (item, _LATER_LOOKS * 100)
            log.exception("a dropped item could not be taken", file=shown(item.name))
        else:
            await in_thread(self._folder.settle, item, DONE, note=self._note(taken))
            log.info("a dropped item became a draft", file=shown(item.name))

    async def _taken(self, item: Dropped) -> Taken:
        refusal = self._folder.refusal(item)
        if refusal is not None:
            raise refusal
        async with self._here.db.read() as session:
            actor = await person_of(session, shown(item.login))
        if actor is None:
            raise MediaRefused("media.video_vanished")
        async with private_folder(self._room.work) as folder:
            limit = self._room.video_limits.file_bytes
            files = await in_thread(self._folder.fetch, item, folder, limit=limit)
            names = tuple(shown(name) for name, *_ in item.print)
            paths, hashing = tuple(one.path for one in files), tuple(one.hashing for one in files)
            given = Given(shown(item.name), names, paths, item.is_folder, hashing)
            return await take_drop(self._here.db, self._room, actor, given, now=self._here.clock.now())

    async def _refuse(self, item: Dropped, code: str, params: dict[str, object]) -> None:
        sentence = catalogue().error(self._here.settings.language, code, params)
        note = f"{shown(item.name)}\n{sentence.text}\n{sentence.next}\n"
        await in_thread(self._folder.settle, item, REFUSED, note=note)
        log.warning("a dropped item was refused", file=shown(item.name), code=code)

    def _note(self, taken: Taken) -> str:
        """What had no place in the draft; nothing to say leaves no file."""
        language = self._here.settings.language
        if taken.again:
            return catalogue().text(language, "deploy.drop.again") + "\n"
        if not taken.dropped:
            return ""
        lines = [catalogue().text(language, f"content.dropped.{what}", count=n) for what, n in taken.dropped.items()]
        return "\n".join([catalogue().text(language, "content.dropped.title"), *lines, ""])


@contextlib.asynccontextmanager
async def _alone(root: Path) -> AsyncIterator[None]:
    """Of several workers on one folder one works; the kernel lets go when it ends. Rows guard the rest."""
    descriptor = await in_thread(os.open, root / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        while not await in_thread(_locked, descriptor):  # noqa: ASYNC110 - the other holder is another process
            await asyncio.sleep(_POLL)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class _Ring(FileSystemEventHandler):
    """Any change below the folder is a reason to look."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: asyncio.Event) -> None:
        self._loop, self._wake = loop, wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type not in {"opened", "closed_no_write"}:
            with contextlib.suppress(RuntimeError):  # the loop may have ended
                self._loop.call_soon_threadsafe(self._wake.set)


@contextlib.asynccontextmanager
async def _woken(root: Path) -> AsyncIterator[asyncio.Event]:
    """An event that the file system sets; where it cannot tell, folders are compared every few seconds."""
    wake = asyncio.Event()
    observer = await in_thread(_observed, root, _Ring(asyncio.get_running_loop(), wake))
    try:
        yield wake
    finally:
        await in_thread(_ended, observer)


def _observed(root: Path, ring: _Ring) -> BaseObserver:
    for make in _observers():
        observer = make
        observer.schedule(ring, str(root), recursive=True)
        try:
            observer.start()
        except OSError:  # no inotify, or no watches left
            continue
        return observer
    raise OSError(root)


def _observers() -> Iterator[BaseObserver]:
    yield Observer()
    yield PollingObserver(timeout=EVERY.total_seconds())


def _ended(observer: BaseObserver) -> None:
    observer.stop()
    observer.join(timeout=5)
