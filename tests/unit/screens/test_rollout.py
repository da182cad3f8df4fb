"""When an update goes on and when it stops by itself: pure."""

import datetime as dt

import pytest

from screens.hands.rollout import SOAK, Standing, Step, decide

LONG = SOAK + dt.timedelta(seconds=1)


def standing(**changes: int) -> Standing:
    return Standing(**({"chosen": 8, "updated": 0, "failed": 0, "silent": 0, "busy": 0, "waiting": 0} | changes))


@pytest.mark.parametrize(
    ("now", "age", "last", "stage", "wanted"),
    [
        (standing(waiting=8), LONG, False, 0, Step.GIVE),
        (standing(busy=8), LONG, False, 0, Step.WAIT),
        (standing(updated=8), SOAK / 2, False, 0, Step.WAIT),
        (standing(updated=8), LONG, False, 0, Step.WIDEN),
        (standing(updated=7, failed=1), LONG, False, 0, Step.WIDEN),
        (standing(updated=6, failed=2), LONG, False, 0, Step.STOP),
        (standing(updated=5, failed=1, silent=1, busy=1), LONG, False, 0, Step.STOP),
        (standing(chosen=1, failed=1), LONG, False, 0, Step.STOP),
        (standing(chosen=801, updated=780, failed=10, silent=6), LONG, True, 2, Step.FINISH),
        (standing(chosen=801, updated=780, failed=10, silent=7), LONG, True, 2, Step.STOP),
        (standing(updated=8), LONG, True, 0, Step.WAIT),
        (standing(), LONG, False, 0, Step.WAIT),
        (standing(chosen=0), dt.timedelta(0), False, 0, Step.WIDEN),
        (standing(chosen=0), LONG, True, 2, Step.WAIT),
    ],
)
def test_next_step(now: Standing, age: dt.timedelta, last: bool, stage: int, wanted: Step) -> None:
    assert decide(now, stage=stage, last=last, age=age) is wanted
