"""What goes wrong on the way to a platform and back, by plan or by dice."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Final


class Kind(StrEnum):
    """Kinds of trouble."""

    CODE = "code"  # the platform's own error code in a well-formed answer
    HTTP = "http"  # a status such as 500 or 502
    SLOW = "slow"
    CUT_BEFORE = "cut_before"  # the connection dies and nothing has happened
    CUT_AFTER = "cut_after"  # it has happened, and the answer is lost
    MALFORMED = "malformed"  # half an answer
    STRINGS = "strings"  # numbers arrive as text
    GZIP = "gzip"  # packed although nobody asked
    REDIRECT = "redirect"


# Whether the call has taken effect when a plan does not say: the worse of what has been seen.
TAKES_EFFECT: Final[Mapping[Kind, bool]] = {
    Kind.CODE: False,
    Kind.HTTP: False,
    Kind.SLOW: True,
    Kind.CUT_BEFORE: False,
    Kind.CUT_AFTER: True,
    Kind.MALFORMED: True,
    Kind.STRINGS: True,
    Kind.GZIP: True,
    Kind.REDIRECT: False,
}
ELSEWHERE: Final = "http://redirect.invalid/"


@dataclass
class Fault:
    """Trouble for the next `times` calls of a path (a pattern with `*`)."""

    path: str
    kind: Kind
    times: int = 1
    code: int = -1
    status: int = 500
    seconds: float = 10.0
    after: bool | None = None

    @property
    def takes_effect(self) -> bool:
        return TAKES_EFFECT[self.kind] if self.after is None else self.after


@dataclass
class Faults:
    """Planned faults first; else the dice, when a schedule was arranged."""

    planned: list[Fault] = field(default_factory=list)
    rate: float = 0.0
    dice: random.Random | None = None
    draw: Callable[[random.Random, str], Fault] | None = None
    met: list[tuple[str, Fault]] = field(default_factory=list)

    def plan(self, path: str, kind: Kind | str, **options: float) -> Fault:
        fault = Fault(path, Kind(kind), **options)  # type: ignore[arg-type] # the fields are numbers but `after`
        self.planned.append(fault)
        return fault

    def take(self, path: str) -> Fault | None:
        for fault in self.planned:
            if fault.times > 0 and fnmatchcase(path, fault.path):
                fault.times -= 1
                self.met.append((path, fault))
                return fault
        if self.dice and self.draw and self.dice.random() < self.rate:
            drawn = self.draw(self.dice, path)
            self.met.append((path, drawn))
            return drawn
        return None

    def calm(self) -> None:
        self.planned.clear()
        self.rate, self.dice = 0.0, None
