"""How far an encode is and how long it will still take, from what the encoder reports of its stages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from media import runner
from media.runner import Stage

# What share of the whole each stage is, from its beginning to its end: encoding is nearly all of it.
_SHARES: Final[Mapping[Stage, tuple[int, int]]] = {
    Stage.examining: (0, 2),
    Stage.measuring: (2, 5),
    Stage.sounding: (5, 8),
    Stage.encoding: (8, 94),
    Stage.finishing: (94, 99),
}
# What comes after the encoding takes this much of its time.
_REST: Final = 1.06


@dataclass(frozen=True, slots=True)
class News:
    """What is written to the job; 100 percent is said by the end alone, with the files."""

    stage: str = ""
    percent: int = 0
    eta_seconds: int | None = None


class Progress:
    """Takes reports as often as they come and gives the newest when it is asked; `report` never waits."""

    def __init__(self) -> None:
        self._now = News()
        self._told = News()
        self._begin = 0

    def report(self, heard: runner.Progress) -> None:
        begin, end = _SHARES[heard.stage]
        if begin < self._begin:
            return  # the sound is made beside the pictures, which are what takes the time
        self._begin = begin
        done = min(1.0, heard.done_ms / heard.total_ms) if heard.total_ms > 0 else 0.0
        # Each stage may run several times, such as the finishing touches: what was said is not taken back.
        percent = max(self._now.percent, int(begin + (end - begin) * done))
        self._now = News(heard.stage.value, percent, _eta(heard))

    @property
    def has_news(self) -> bool:
        return self._now != self._told

    def news(self) -> News:
        self._told = self._now
        return self._told


def _eta(heard: runner.Progress) -> int | None:
    """Known while it encodes; before that nobody knows how fast this video will be."""
    left = heard.left_ms
    if heard.stage is Stage.finishing:
        return 1
    if heard.stage is not Stage.encoding or left is None:
        return None
    return max(1, round(left / 1000 * _REST))
