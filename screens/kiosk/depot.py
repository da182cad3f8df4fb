"""The box's store of media: fetched by range, checked per chunk, resumed at the byte where the line broke; stdlib only.

    page ── want [{sha256, size, chunks}] ──▶ depot ── neighbour in the house, else the media server ──▶ disk
    page ── GET /media/{sha256} ────────────▶ whole and checked, or not there

The hashes come from releases the page has verified, and the page checks every byte again: the depot saves a thin line,
it is not believed. What is small, or urgent, is held back by no rule; what is urgent has a thread of its own, and the
rest leaves the line to it. The rules are about the line: of a neighbour in the house a file is taken at any hour.
"""

import contextlib
import datetime as dt
import hashlib
import http.client
import logging
import os
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

from cms.hands.line import FREE, Policy, day_of, delay_of, is_open
from cms.trust.limits import CHUNK, MAX_CHUNKS
from screens.kiosk import keeping
from screens.kiosk.keeping import FULL, DiskFull

BLOCK: Final = 64 * 2**10
SECONDS: Final = 20.0  # without a byte
WRONG: Final = 3  # wrong answers of the server after which a file counts as unobtainable
PATIENCE: Final = 30.0  # s a neighbour may take to learn of a file that we know already
RESERVE: Final = 64 * 2**20  # bytes of the disk that media never take
MAX_WANTED: Final = 5_000
MAX_PARTS: Final = 16  # begun files kept though the page does not ask for them now: it asks for films one by one
PART: Final = ".part"
_HASH: Final = re.compile(r"[0-9a-f]{64}")

log = logging.getLogger("yunping.depot")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a verified release; `chunks` are the sha256 of each MiB."""

    sha256: str
    size: int
    chunks: tuple[str, ...]
    urgent: bool = False


class Clock(Protocol):
    """`clock.TrustedClock`."""

    def guess(self) -> int: ...


@dataclass(slots=True)
class _Standing:
    since: float
    begins: float = 0.0
    """When its place in the spread has come."""
    tried: float = 0.0
    """When it may be tried again after a failure, whatever the spread."""
    not_before: float = 0.0
    wrong: int = 0
    state: str = "waiting"
    bad: set[str] = field(default_factory=set)


class LineBroke(Exception):
    """The other side stopped; what came is kept."""


class Busy(Exception):
    """A neighbour is fetching it: ask again."""


class NotThere(Exception):
    """The other side does not have it."""


class Depot:
    """Files by hash below `folder`; `step` does a bit of the work, `run` all of it for ever."""

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        ticks: Callable[[], float] = time.monotonic,
        reserve: int = RESERVE,
        free: Callable[[Path], int] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._clock = clock
        self._ticks = ticks
        self._reserve = reserve
        self._free = free or _free
        self._lock = threading.Lock()
        self._bell = threading.Condition()
        self._wanted: dict[str, File] = {}
        self._in_hand: set[str] = set()
        self._standing: dict[str, _Standing] = {}
        self._line_file = folder / "line.json"
        noted = keeping.load(self._line_file, {})
        self._day, self._used = str(noted.get("day", "")), int(noted.get("used", 0))
        self.policy: Policy = FREE
        self.base = ""
        self.screen = ""
        self.fetched = 0
        """Bytes that came over the line since the start, neighbours not counted."""

    # ------------------------------------------------------------ what the page asks

    def want(self, files: Iterable[File]) -> dict[str, str]:
        """The files the page needs, all of them; what is not among them and not whole is forgotten. Their states."""
        named = {one.sha256: one for one in list(files)[:MAX_WANTED]}
        now = self._ticks()
        with self._lock:
            before, self._wanted = self._wanted, named
            for name, one in named.items():
                known = self._standing.get(name)
                if known is None or name not in before:  # asked for again, it keeps its place in the spread
                    begins = known.begins if known else now + delay_of(self.policy, self.screen, name) / 1000
                    known = self._standing[name] = _Standing(now, begins, now, begins)
                if one.urgent:
                    known.not_before = min(known.not_before, known.tried)
            for name in [one for one in self._standing if one not in named][:-MAX_WANTED]:
                del self._standing[name]
        with self._bell:
            self._bell.notify_all()
        if not self.policy.share:
            self.drop_unused()  # the page has its own copy of what it does not ask for any more
        return {name: self.state(name) for name in named}

    def state(self, name: str) -> str:
        """`here`, `coming`, `waiting` (for its turn), `held` (for its hour, budget or place), `full` or `lost`."""
        if self.has(name):
            return "here"
        with self._lock:
            standing, file = self._standing.get(name), self._wanted.get(name)
        if standing is None or file is None:
            return "lost"
        if standing.state != "waiting" or file.urgent:
            return standing.state
        return "waiting" if standing.begins <= self._ticks() and self._is_open() else "held"

    def has(self, name: str) -> bool:
        return _HASH.fullmatch(name) is not None and (self._folder / name).is_file()

    def is_coming(self, name: str) -> bool:
        """Whether it is on its way to this box; one that has no room for it, or asked in vain, keeps nobody waiting."""
        return self.state(name) in {"coming", "waiting", "held"}

    def path(self, name: str) -> Path | None:
        """Where a whole file lies."""
        return self._folder / name if self.has(name) else None

    def drop_unused(self, *, everything: bool = False) -> int:
        """Whole files nobody wants, or everything; how many went. The page keeps its own copies."""
        with self._lock:
            kept = set() if everything else set(self._wanted)
        unused = [path for path in self._folder.iterdir() if _HASH.match(path.name) and path.name[:64] not in kept]
        parts = sorted((path for path in unused if path.suffix == PART), key=_age)
        begun = set() if everything else set(parts[-MAX_PARTS:])
        return _dropped(path for path in unused if path not in begun)

    def _make_room(self) -> None:
        """The disk is full: also what was begun and nobody wants now."""
        self.drop_unused()
        with self._lock:
            kept = set(self._wanted)
        _dropped(path for path in self._folder.glob(f"*{PART}") if path.name[:64] not in kept)

    def facts(self) -> dict[str, Any]:
        """For the page and the desk."""
        with self._lock:
            states = [one.state for one in self._standing.values()]
        free = self._free(self._folder)
        return {
            "waiting": states.count("waiting"),
            "full": "full" in states,
            "free": free,
            "used": self._used,
            "fetched": self.fetched,
        }

    # ------------------------------------------------------------ the work

    def run(self, over: threading.Event) -> None:
        """Until `over`; what is urgent does not wait for what is in hand, be the line dead or the film long."""
        threading.Thread(target=self._work, args=(over,), kwargs={"urgent": True}, daemon=True).start()
        self._work(over, urgent=False)

    def _work(self, over: threading.Event, *, urgent: bool) -> None:
        while not over.is_set():
            if not self.step(urgent=urgent):
                with self._bell:
                    self._bell.wait(1.0)

    def step(self, *, urgent: bool | None = None) -> bool:
        """Goes on with the next file that may be fetched now, as far as the line carries; False when there is none.

        `urgent`: of the urgent ones, of the others, or (None) of all.
        """
        taken = self._taken(urgent)
        if taken is None:
            return False
        file, standing = taken
        try:
            self._tried(file, standing)
        finally:
            with self._lock:
                self._in_hand.discard(file.sha256)
        return True

    def _tried(self, file: File, standing: _Standing) -> None:
        standing.state = "coming"
        try:
            self._fetch(file, standing)
        except DiskFull:
            standing.state = "full"
            self._make_room()
            self._pause(standing, 60.0)
        except Busy:
            standing.state = "waiting" if self._ticks() - standing.since < PATIENCE else "held"
            self._pause(standing, 2.0)
        except LineBroke:
            self._pause(standing, 2.0)
        except NotThere:
            standing.state = "lost"
            self._pause(standing, 60.0)
        except _Held:
            standing.state = "waiting"
            self._pause(standing, 30.0 if self.policy.neighbours else 5.0)
        except _Left:
            standing.state = "waiting"
        except OSError as problem:
            log.warning("the disk: %s", problem)
            standing.state = "waiting"
            self._pause(standing, 60.0)

    def _taken(self, urgent: bool | None) -> tuple[File, _Standing] | None:  # noqa: FBT001 - as `step`
        """Urgent first, then the smallest: an hour's film must not hold up a notice. It is in hand from now on."""
        may_ask = bool(self.policy.neighbours) or self._is_open()
        with self._lock:
            if urgent is False and self._is_for_urgent():
                return None
            due = [one for one in self._wanted.values() if self._is_due(one)]
            may = [one for one in due if (urgent is None or one.urgent is urgent) and (one.urgent or may_ask)]
            file = min(may, key=lambda one: (not one.urgent, one.size), default=None)
            if file is None:
                return None
            self._in_hand.add(file.sha256)
            return file, self._standing[file.sha256]

    def _is_for_urgent(self) -> bool:
        """Whether the line belongs to something urgent now; the lock is held."""
        urgent = (one for one in self._wanted.values() if one.urgent)
        return any(one.sha256 in self._in_hand or self._is_due(one) for one in urgent)

    def _is_due(self, file: File) -> bool:
        """Not here, not in hand, and its pause is over; the lock is held."""
        standing = self._standing.get(file.sha256)
        is_free = standing is not None and file.sha256 not in self._in_hand and standing.not_before <= self._ticks()
        return is_free and not self.has(file.sha256)

    def _must_leave(self, file: File) -> bool:
        """Whether to stop in the middle: nobody wants it any more, or what became urgent is to have the line."""
        with self._lock:
            wanted = self._wanted.get(file.sha256)
            if wanted is None or wanted.urgent is not file.urgent:
                return True
            return not file.urgent and self._is_for_urgent()

    def _pause(self, standing: _Standing, seconds: float) -> None:
        standing.tried = standing.not_before = self._ticks() + seconds

    def _fetch(self, file: File, standing: _Standing) -> None:
        """Raises DiskFull, Busy, LineBroke, NotThere, _Held, _Left."""
        if file.size > self._free(self._folder) - self._reserve:
            raise DiskFull(file.sha256)
        part = self._folder / f"{file.sha256}{PART}"
        for neighbour in self.policy.neighbours:
            if neighbour not in standing.bad and self._from_neighbour(neighbour, file, part, standing):
                return self._finish(file, part)
        if not file.urgent and not self._is_open():
            raise _Held
        try:
            self._take(f"{self.base.rstrip('/')}/a/{file.sha256}", file, part, counts=not file.urgent)
        except _Wrong as wrong:
            standing.wrong += 1
            if standing.wrong >= WRONG:
                raise NotThere(file.sha256) from wrong
            raise LineBroke from wrong
        return self._finish(file, part)

    def _from_neighbour(self, url: str, file: File, part: Path, standing: _Standing) -> bool:
        """Whether it came whole from there. Raises Busy while there is reason to wait, DiskFull, _Left."""
        try:
            self._take(f"{url}/a/{file.sha256}", file, part, counts=False, over_line=False)
        except NotThere:
            if not file.urgent and self._ticks() - standing.since < PATIENCE:
                raise Busy from None
            return False
        except Busy:
            if file.urgent:
                return False
            raise
        except _Wrong:
            log.warning("a neighbour has another file under this name: %s", url)
            standing.bad.add(url)
            return False
        except LineBroke:
            return False
        return True

    def _take(self, url: str, file: File, part: Path, *, counts: bool, over_line: bool = True) -> None:
        """Appends to `part` what is missing. Raises as `_fetch`, and _Wrong."""
        done = part.stat().st_size if part.exists() else 0
        done = done if done <= file.size else 0
        with part.open("r+b" if part.exists() else "w+b") as out:
            out.truncate(done)
            while done < file.size:
                with contextlib.closing(self._opened(url, done)) as answer:
                    if answer.status != 206 and done:
                        done = 0
                        out.truncate(0)
                    done = self._pour(answer, out, file, done, counts=counts, over_line=over_line)
                if done < file.size:
                    raise LineBroke

    def _pour(self, answer: Any, out: Any, file: File, done: int, *, counts: bool, over_line: bool) -> int:
        out.seek(done)
        while done < file.size:
            self._may_go_on(file, counts=counts)
            edge = min(file.size, (done // CHUNK + 1) * CHUNK)
            try:
                block = answer.read(min(BLOCK, edge - done))
            except (OSError, http.client.HTTPException):
                block = b""
            if not block:
                break
            self._written(out, block)
            done += len(block)
            if over_line:
                with self._lock:
                    self.fetched += len(block)
            if counts:
                self._spend(len(block))
            if done == edge:
                done = self._checked(out, file, edge)
        return done

    def _may_go_on(self, file: File, *, counts: bool) -> None:
        """Raises _Left, _Held."""
        if self._must_leave(file):
            raise _Left
        if counts:
            self._spend(0)

    def _written(self, out: Any, block: bytes) -> None:
        try:
            out.write(block)
            out.flush()
        except OSError as problem:
            if problem.errno in FULL:
                raise DiskFull(str(problem)) from problem
            raise

    def _checked(self, out: Any, file: File, edge: int) -> int:
        """The chunk that ends at `edge` is what was signed, or it goes. Raises _Wrong."""
        start = (edge - 1) // CHUNK * CHUNK
        out.seek(start)
        if hashlib.sha256(out.read(edge - start)).hexdigest() != file.chunks[start // CHUNK]:
            out.truncate(start)
            raise _Wrong
        out.seek(edge)
        return edge

    def _finish(self, file: File, part: Path) -> None:
        """Whole, on disk, and only then under its name."""
        with part.open("rb+") as out:
            os.fsync(out.fileno())
        part.replace(self._folder / file.sha256)
        keeping.sync(self._folder)

    def _opened(self, url: str, start: int) -> Any:
        headers = {"Range": f"bytes={start}-"} if start else {}
        try:
            return urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=SECONDS)  # noqa: S310 - http(s) alone, checked before
        except urllib.error.HTTPError as said:
            if said.code in {404, 410}:
                raise NotThere(url) from said
            raise (Busy if said.code == 503 else LineBroke) from said
        except (urllib.error.URLError, OSError, http.client.HTTPException) as problem:
            raise LineBroke(url) from problem

    # ------------------------------------------------------------ the rules of the line

    def _now(self) -> dt.datetime | None:
        at = self._clock.guess()
        return dt.datetime.fromtimestamp(at / 1000, dt.UTC) if at else None

    def _is_open(self) -> bool:
        """Without a known time there is no hour to wait for: a new box must not stay empty."""
        now = self._now()
        return now is None or (is_open(self.policy, now) and not self._is_spent(now))

    def _is_spent(self, now: dt.datetime) -> bool:
        return (
            self.policy.budget is not None
            and day_of(self.policy, now) == self._day
            and self._used >= self.policy.budget
        )

    def _spend(self, count: int) -> None:
        """Raises _Held at the end of the window or of the day's bytes."""
        now = self._now()
        if now is None:
            return
        day = day_of(self.policy, now)
        if day != self._day:
            self._day, self._used = day, 0
        before = self._used
        self._used += count
        if before // CHUNK != self._used // CHUNK:
            with contextlib.suppress(DiskFull, OSError):
                keeping.keep(self._line_file, {"day": self._day, "used": self._used})
        if not count and (not is_open(self.policy, now) or self._is_spent(now)):
            raise _Held


class _Wrong(Exception):
    """A chunk is not what was signed."""


class _Held(Exception):
    """The line's hours or its bytes are over."""


class _Left(Exception):
    """Something else is to come first; what came is kept."""


def files_of(told: object) -> list[File]:
    """What the page says it wants. Raises ValueError for anything that is no file of a release."""
    if not isinstance(told, list):
        raise ValueError("files")  # noqa: TRY004 - one refusal for whatever is wrong
    return [_file(one) for one in told]


def _file(told: object) -> File:
    if not isinstance(told, Mapping):
        raise ValueError("file")  # noqa: TRY004
    name, size, chunks = told.get("sha256"), told.get("size"), told.get("chunks")
    if not isinstance(name, str) or not _HASH.fullmatch(name) or type(size) is not int:
        raise ValueError("file")
    if not isinstance(chunks, list) or not all(isinstance(one, str) and _HASH.fullmatch(one) for one in chunks):
        raise ValueError("chunks")
    if not 0 < size <= MAX_CHUNKS * CHUNK or len(chunks) != -(-size // CHUNK):
        raise ValueError("size")
    return File(name, size, tuple(chunks), urgent=told.get("urgent") is True)


def _age(path: Path) -> int:
    """When it was written last; the oldest for one that went meanwhile."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _dropped(paths: Iterable[Path]) -> int:
    gone = list(paths)
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
