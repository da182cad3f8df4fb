"""How long to wait after wrong passwords. Pure."""

from typing import Final

from cms.guard.errors import GuardRefused
from cms.guard.state import GuardState

FREE: Final = 3  # tries before the first wait
STEP: Final = 2_000
LONGEST: Final = 15 * 60_000


def wait_after(count: int) -> int:
    """Milliseconds to wait after this many wrong passwords in a row: 0 for three, then 2 s doubling to 15 min."""
    return 0 if count < FREE else min(STEP * 2 ** min(count - FREE, 20), LONGEST)


def check_backoff(state: GuardState, person: str, *, now: int) -> None:
    """Raises GuardRefused `guard.backoff` with the seconds still to wait."""
    wrong = state.wrong.get(person)
    if wrong is None:
        return
    left = wrong["at"] + wait_after(wrong["count"]) - now
    if left > 0:
        raise GuardRefused("guard.backoff", seconds=-(-left // 1_000))
