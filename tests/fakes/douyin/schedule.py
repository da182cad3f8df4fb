"""Bad weather at Douyin: schedules of faults by dice, fit for fifty stories in a row."""

import random
from typing import TYPE_CHECKING

from tests.fakes.douyin.codes import Wrong
from tests.fakes.stage.faults import Fault, Kind

if TYPE_CHECKING:
    from tests.fakes.douyin.simulator import Douyin

# Weights: losses of answers count most, for they are what makes doubles.
_KINDS = {
    Kind.CUT_AFTER: 5,
    Kind.CUT_BEFORE: 3,
    Kind.HTTP: 3,
    Kind.MALFORMED: 3,
    Kind.CODE: 4,
    Kind.SLOW: 2,
    Kind.STRINGS: 1,
    Kind.REDIRECT: 1,
}
_WRONGS = (Wrong.BUSY, Wrong.BUSY, Wrong.TOO_FAST, Wrong.TOKEN_EXPIRED)


def draw(dice: random.Random, path: str, *, new: bool) -> Fault:
    kind = dice.choices(list(_KINDS), list(_KINDS.values()))[0]
    # An expired token is no answer of the addresses that give tokens out.
    wrong = Wrong.BUSY if path.startswith("/oauth/") else dice.choice(_WRONGS)
    after = dice.random() < 0.5 if kind is Kind.HTTP or (kind is Kind.CODE and wrong is Wrong.BUSY) else None
    seconds = dice.choice((2.0, 8.0, 45.0))
    code = int(wrong.value[1 if new else 0])
    return Fault(path, kind, 0, code=code, status=dice.choice((500, 502, 503)), seconds=seconds, after=after)


def arrange(sim: "Douyin", dice: random.Random) -> None:
    sim.faults.dice, sim.faults.rate = dice, dice.choice((0.0, 0.1, 0.2, 0.35, 0.5))
    sim.posts.review.delay = dice.choice((0.0, 1.0, 3.0, 20.0, 600.0))
    sim.posts.review.passes = [dice.random() < 0.75]
    if dice.random() < 0.1:
        sim.troubles["video.create.bind"] = Wrong.CAPABILITY_WITHDRAWN
    sim.new_family = dice.random() < 0.3
    sim.webhooks.content_as_text = dice.random() < 0.7
    sim.outbox.always.lost = dice.random() < 0.3
    sim.outbox.always.copies = dice.choice((1, 1, 2, 3))
    sim.outbox.always.delay = dice.choice((0.0, 0.0, 5.0, 60.0))
