"""The guard's own limits on orders: the closed list, ten minutes, so many an hour."""

import pytest

from cms.guard.errors import GuardRefused
from cms.guard.ordering import PER_HOUR, Command, Pace, Wanted, check
from cms.trust.errors import TrustError
from tests.vectors.world import T0, uuid_of

MINUTE = 60_000


def command(
    action: str = "reload", *, params: dict[str, object] | None = None, start: int = T0, lives: int = MINUTE
) -> Command:
    return Command(
        uuid_of("ma"), action, (Wanted(uuid_of("order"), uuid_of("screen"), params or {}),), start, start + lives
    )


@pytest.mark.parametrize("one", [command(), command(lives=10 * MINUTE), command("volume", params={"level": 30})])
def test_command_within_the_limits_passes(one: Command) -> None:
    check(one, now=T0)


@pytest.mark.parametrize(
    "one",
    [
        command(lives=10 * MINUTE + 1),
        command(lives=0),
        command(start=T0 - 2 * MINUTE),
        command(start=T0 + 2 * MINUTE),
    ],
    ids=["longer", "no time", "over", "far ahead"],
)
def test_command_with_a_wrong_time_is_refused(one: Command) -> None:
    with pytest.raises(GuardRefused, match=r"guard\.order_time"):
        check(one, now=T0)


@pytest.mark.parametrize(
    "one",
    [
        command("shell", params={"command": "rm"}),
        command("reload", params={"url": "https://evil.example"}),
        command("volume", params={"level": 101}),
        command("volume", params={"level": True}),
        command("screenshot", params={"ticket": "../../etc"}),
        command("hours", params={"zone": "../../etc/passwd", "open": []}),
        command("update", params={"file": "https://evil.example"}),
    ],
)
def test_anything_that_is_not_in_the_closed_list_is_refused(one: Command) -> None:
    with pytest.raises(TrustError, match=r"trust\.schema"):
        check(one, now=T0)


def test_a_thief_of_the_web_role_runs_into_the_hourly_limit() -> None:
    pace = Pace()
    pace.spend(PER_HOUR, now=T0)
    with pytest.raises(GuardRefused, match=r"guard\.orders_many"):
        pace.spend(1, now=T0 + 3_599_999)
    pace.spend(1, now=T0 + 3_600_000)
