"""How far an encode is and how long it will still take, from what the encoder reports."""

from dataclasses import dataclass
from typing import Final

from cms.kernel.clock import Clock

# Before this share of the work and this many seconds an estimate says more about the start than about the end.
_SHARE: Final = 0.02
_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class News:
    """What is written to the job."""

    stage: str
    percent: int
    eta_seconds: int | None


class Progress:
    """Takes reports as often as they come and gives the newest when it is asked; `report` never waits."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._stage = ""
        self._share = 0.0
        self._told: News | None = None

    def report(self, stage: str, share: float) -> None:
        """`share` of the whole work, 0 to 1; it never goes back."""
        self._stage = stage
        self._share = max(self._share, min(1.0, share))

    @property
    def has_news(self) -> bool:
        return self._now() != self._told

    def news(self) -> News:
        self._told = self._now()
        return self._told

    def _now(self) -> News:
        # 100 is said by the end alone, with the files.
        return News(self._stage, min(99, int(self._share * 100)), self._eta())

    def _eta(self) -> int | None:
        passed = self._clock.monotonic() - self._began
        if self._share < _SHARE or passed < _SECONDS:
            return None
        return max(1, round(passed * (1 - self._share) / self._share))
