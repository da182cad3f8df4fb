"""Two folders for the player beside the installed one: an update goes into the idle one, and then on trial.

    installed player ─┐
    slot a ───────────┼─ player.json names the one that is served; it is replaced by a rename, so it is old or new
    slot b ───────────┘

A player on trial that does not come back with a beat in time, or that the box has to start twice, is left again for
the one before it. At each start the files of the chosen folder are compared with what was signed: one that rotted, is
missing or was added leaves the installed player, and so does a player that somebody installed here meanwhile.
"""

import contextlib
import hashlib
import logging
import os
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from cms.hands.order import Order
from cms.signals.software import Software, verify_software
from cms.trust.errors import TrustError
from cms.trust.limits import MAX_TEXT
from cms.trust.root import Root
from cms.trust.signed import Signed, Verified
from screens.kiosk import keeping

TRIAL_SECONDS: Final = 120.0
STARTS: Final = 2
SECONDS: Final = 30.0
FIRST: Final = "0.0.0"

log = logging.getLogger("yunping.slots")


class UpdateFailed(Exception):
    """The text is a code of the catalogue."""


class Slots:
    """Which player is served. `changed` is called after every swap, `ended` when a trial is over."""

    def __init__(
        self,
        installed: Path,
        state: Path,
        *,
        changed: Callable[[], None],
        ended: Callable[[str, dict[str, Any]], None],
        trial: float = TRIAL_SECONDS,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        """`trial` is how many seconds a new player has to report."""
        self._installed = installed
        self._trial = trial
        self._state = state
        self._file = state / "player.json"
        self._changed = changed
        self._ended = ended
        self._ticks = ticks
        self._lock = threading.RLock()
        self._now: dict[str, Any] = keeping.load(self._file, {})
        self._mark = fingerprint(installed)
        self._since = ticks()
        if self._now.get("slot"):
            self._look_through()
        if self._now.get("trial"):
            self._now["starts"] = int(self._now.get("starts", 0)) + 1
            self._note()
            if self._now["starts"] >= STARTS:
                self._back("hands.crashed")

    @property
    def folder(self) -> Path:
        """The player that is served."""
        slot = self._now.get("slot")
        chosen = self._state / str(slot)
        return chosen if slot in {"a", "b"} and (chosen / "index.html").is_file() else self._installed

    @property
    def version(self) -> str:
        """Of the player that is served; empty for the one the box was installed with."""
        return str(self._now.get("version", "")) if self.folder != self._installed else ""

    @property
    def is_on_trial(self) -> bool:
        return bool(self._now.get("trial"))

    def take(self, order: Order, wire: bytes, base: str, *, root: Verified[Root], running: str, now: int) -> bool:
        """Installs a signed release into the idle folder and puts it on trial; False when it runs already.

        Raises UpdateFailed, DiskFull.
        """
        software = self._verified(wire, root, order.screen, running=running, now=now)
        if software is None:
            return False
        with self._lock:
            slot = "b" if self._now.get("slot") == "a" else "a"
            fresh = self._state / slot
            self._fill(fresh, software, base)
            before = {name: self._now.get(name) for name in ("slot", "version", "mark", "beside")}
            self._now = {
                "slot": slot,
                "version": software.version,
                "mark": fingerprint(fresh),
                "beside": self._mark,
                "trial": order.order,
                "before": before,
                "seq": software.seq,
                "epoch": software.epoch,
            }
            self._note()
            self._since = self._ticks()
        log.info("player %s is on trial", software.version)
        self._changed()
        return True

    def beaten(self, version: str, *, linked: bool) -> None:
        """The page of this version reported, and whether it reaches the server: then the trial is passed."""
        with self._lock:
            order = self._now.get("trial")
            if not order or not linked or version != self._now.get("version"):
                return
            # Told first: whoever finds no trial and no end believes that the order was lost.
            self._ended(str(order), {"state": "done"})
            self._now = {name: value for name, value in self._now.items() if name not in {"trial", "starts"}}
            self._note()

    def look(self) -> None:
        """Asked every second: a trial without a beat in time is over."""
        with self._lock:
            if self.is_on_trial and self._ticks() - self._since > self._trial:
                self._back("hands.no_beat")

    def _back(self, code: str) -> None:
        order = str(self._now["trial"])
        before = self._now.get("before") or {}
        log.warning("player %s failed its trial: %s", self._now.get("version"), code)
        kept = {name: self._now[name] for name in ("seq", "epoch") if name in self._now}
        self._ended(order, {"state": "failed", "code": code})
        self._now = {name: value for name, value in before.items() if value} | kept
        self._note()
        self._changed()

    def _look_through(self) -> None:
        """A chosen folder that is not as it was filled, or beside another installed player, is not served again.

        `mark` and `beside` are missing in what an earlier version of this program noted; it is believed once more.
        """
        beside, mark = self._now.get("beside", self._mark), self._now.get("mark")
        if beside == self._mark and mark in {None, fingerprint(self.folder)}:
            return
        log.warning("player %s is not as it was installed: the box's own is served", self._now.get("version"))
        if order := self._now.get("trial"):
            self._ended(str(order), {"state": "failed", "code": "hands.crashed"})
        self._now = {name: self._now[name] for name in ("seq", "epoch") if name in self._now}
        self._note()

    def _note(self) -> None:
        with contextlib.suppress(keeping.DiskFull, OSError):
            keeping.keep(self._file, self._now)

    def _verified(self, wire: bytes, root: Verified[Root], screen: str, *, running: str, now: int) -> Software | None:
        """The release, if it is for this screen; None when it runs already. Raises UpdateFailed."""
        try:
            software = verify_software(Signed.read(wire), root).value
        except TrustError as fault:
            raise UpdateFailed(fault.code) from fault
        if now >= software.expires_at:
            raise UpdateFailed("trust.expired")
        held = int(self._now.get("seq", 0)) if self._now.get("epoch") == software.epoch else 0
        if software.epoch < int(self._now.get("epoch", 0)) or software.seq < held:
            raise UpdateFailed("trust.rollback")
        known = running or FIRST
        if known == software.version:
            return None
        if not software.is_for(screen, running=known):
            raise UpdateFailed("hands.not_staged")
        if not any(one.path == "index.html" for one in software.files):
            raise UpdateFailed("hands.no_page")
        return software

    def _fill(self, folder: Path, software: Software, base: str) -> None:
        """Every file of the release, checked and on disk. Raises UpdateFailed, DiskFull."""
        shutil.rmtree(folder, ignore_errors=True)
        if folder.exists():
            raise UpdateFailed("hands.no_page")  # what is left of an older one would be served with the new
        for one in software.files:
            data = fetched(f"{base.rstrip('/')}/a/{one.sha256}", one.size)
            if len(data) != one.size or hashlib.sha256(data).hexdigest() != one.sha256:
                raise UpdateFailed("trust.hash")
            path = folder / one.path
            path.parent.mkdir(parents=True, exist_ok=True)
            keeping.write(path, data)
        for directory, _, _ in os.walk(folder):
            keeping.sync(Path(directory))
        keeping.sync(folder.parent)


def fingerprint(folder: Path) -> str:
    """Of the names and bytes of all files of a player."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = str(path.relative_to(folder)).encode()
            whole.update(b"%d %s %s" % (len(name), name, hashlib.sha256(path.read_bytes()).digest()))
    return whole.hexdigest()


def fetched(url: str, most: int = MAX_TEXT) -> bytes:
    """At most `most` bytes and one more of a file. Raises UpdateFailed."""
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - http(s) alone, checked before
            data: bytes = answer.read(most + 1)
    except (urllib.error.URLError, OSError) as problem:
        raise UpdateFailed("hands.download") from problem
    return data
