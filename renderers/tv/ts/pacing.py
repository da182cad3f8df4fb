"""How many datagrams are due at an instant, and a clock that does not leap for a small correction; pure."""

from dataclasses import dataclass
from typing import Final

from renderers.tv.ts.mux import DATAGRAM
from schedules.linear import SLOT_MS

SLOT_NS: Final = SLOT_MS * 1_000_000
# What a receiver's buffer takes at once: after a short stall the rest follows at three times the rate.
BURST: Final = 3
# Later than this it is not sent at all: nobody waits for a picture of a second ago.
LATEST_NS: Final = 1_000_000_000
_LEAP_NS: Final = 500_000_000
_SLEW: Final = 1_000  # nanoseconds of a correction are spread over this many times as long


class SteadyClock:
    """The time of day that runs as evenly as the monotonic clock: small steps of the first are walked, not leapt."""

    def __init__(self, wall_ns: int, steady_ns: int) -> None:
        self._offset = wall_ns - steady_ns
        self._at = steady_ns

    def at(self, wall_ns: int, steady_ns: int) -> int:
        """Nanoseconds since 1970, given both clocks' readings; never goes back but for half a second or more."""
        wrong = wall_ns - steady_ns - self._offset
        passed = max(0, steady_ns - self._at)
        self._at = steady_ns
        if abs(wrong) > _LEAP_NS:
            self._offset += wrong
        else:
            most = passed // _SLEW
            self._offset += max(-most, min(most, wrong))
        return steady_ns + self._offset


@dataclass(slots=True)
class Pace:
    """Where an output stands: the number of the next datagram since 1970, of `per_slot` in each slot.

    Attributes:
        skipped: datagrams that were never sent because their time was over.
        late_ns: how far the output was behind at the last look, after what was sent.
    """

    per_slot: int
    next: int = -1
    skipped: int = 0
    late_ns: int = 0

    @classmethod
    def of(cls, size: int) -> "Pace":
        return cls(size // DATAGRAM)

    def due(self, now_ns: int, tick_ns: int) -> range:
        """The numbers to send now; what was sent is told by `sent`."""
        upto = now_ns * self.per_slot // SLOT_NS
        far = LATEST_NS * self.per_slot // SLOT_NS
        if self.next < 0:
            self.next = upto
        elif not upto - far <= self.next <= upto + far:
            self.skipped += max(0, upto - self.next)
            self.next = upto
        most = max(BURST, BURST * tick_ns * self.per_slot // SLOT_NS)
        return range(self.next, min(upto, self.next + most))

    def sent(self, upto: int, now_ns: int) -> None:
        self.next = upto
        self.late_ns = max(0, now_ns - upto * SLOT_NS // self.per_slot)

    def place(self, number: int) -> tuple[int, int]:
        """The slot of a datagram and its number in it."""
        return divmod(number, self.per_slot)
