"""Bad weather at WeChat: schedules of faults by dice, fit for fifty stories in a row."""

import random
from typing import TYPE_CHECKING

from tests.fakes.stage.faults import Fault, Kind

if TYPE_CHECKING:
    from tests.fakes.wechat.simulator import WeChat

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
_CODES = (-1, -1, 40001, 42001, 45011)
_CODES_OF = {
    "/cgi-bin/token": (-1, 45011),
    "/cgi-bin/stable_token": (-1, 45011),
    "/cgi-bin/freepublish/submit": (*_CODES, 53503, 53504, 53505),
}
_RESULTS = (0, 0, 0, 0, 0, 0, 2, 3, 4)


def draw(dice: random.Random, path: str) -> Fault:
    kind = dice.choices(list(_KINDS), list(_KINDS.values()))[0]
    code = dice.choice(_CODES_OF.get(path, _CODES))
    # A server that answers «busy» or 502 may have done its work all the same; one that refuses a token has not.
    after = dice.random() < 0.5 if kind is Kind.HTTP or (kind is Kind.CODE and code == -1) else None
    seconds = dice.choice((2.0, 8.0, 45.0))
    return Fault(path, kind, 0, code=code, status=dice.choice((500, 502, 503)), seconds=seconds, after=after)


def arrange(sim: "WeChat", dice: random.Random) -> None:
    sim.faults.dice, sim.faults.rate = dice, dice.choice((0.0, 0.1, 0.2, 0.35, 0.5))
    sim.publishing.plan.delay = dice.choice((0.0, 1.0, 3.0, 20.0, 600.0))
    sim.publishing.plan.results = [dice.choice(_RESULTS)]
    sim.publishing.leaves_at_submit = dice.random() < 0.25
    if dice.random() < 0.1:
        sim.taken.add("freepublish")
        sim.account.rights.discard("freepublish")
    sim.outbox.always.lost = dice.random() < 0.3
    sim.outbox.always.copies = dice.choice((1, 1, 2, 3))
    sim.outbox.always.delay = dice.choice((0.0, 0.0, 5.0, 60.0))
    sim.mass.delay = dice.choice((0.0, 1.0, 20.0, 600.0))
    sim.mass.confirm = dice.choice(("none", "none", "none", "granted", "refused", "silent"))
