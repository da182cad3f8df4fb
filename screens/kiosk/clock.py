"""What time it is on a box: what a guard signed, carried on by a clock that only counts; the box's own date is a guess.

A box may start in 1970. What a guard said is never undone; the box's date is believed only forwards from it, and only
for as long as somebody may have been away. Without either no time is known, and nothing that needs one is done.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path

from screens.kiosk import keeping

BELIEVED = 92 * 86_400_000
EVERY = 600_000  # ms between two notes on the disk


class TrustedClock:
    """Milliseconds; `hear` moves it, and never back."""

    def __init__(
        self, file: Path, *, wall: Callable[[], float] = time.time, ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._file = file
        self._wall = wall
        self._ticks = ticks
        self._lock = threading.Lock()
        self._at = 0
        self._since = 0.0
        noted = keeping.load(file, {})
        self._noted = int(noted.get("at", 0))

    def hear(self, at: int) -> None:
        """A guard said it is `at`."""
        with self._lock:
            self._at, self._since = max(at, self._heard()), self._ticks()
            is_due = self._at - self._noted >= EVERY
            self._noted = self._at if is_due else self._noted
        if is_due:
            try:
                keeping.keep(self._file, {"at": self._at})
            except (keeping.DiskFull, OSError):
                return  # the next one will do; a full disk must not stop a screen

    def heard(self) -> int:
        """The time as far as a guard said so since the start; 0 before."""
        with self._lock:
            return self._heard()

    def guess(self) -> int:
        """The best there is, for hours of the day: a guard's word, or a date of the box that fits the last; or 0."""
        heard = self.heard()
        if heard:
            return heard
        wall = int(self._wall() * 1000)
        return wall if self._noted and self._noted <= wall <= self._noted + BELIEVED else 0

    def _heard(self) -> int:
        return self._at + int((self._ticks() - self._since) * 1000) if self._at else 0
