"""Orders to screens as asked for, and the guard's own limits: whoever asks is not believed beyond them."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from cms.guard.errors import GuardRefused
from cms.hands.order import LIFE, Order, check_params
from cms.trust.root import Root
from cms.trust.shape import Ms, Uuid

# Ten thousand screens twice an hour; beyond that somebody plays with the street.
PER_HOUR: Final = 20_000
_HOUR: Final = 3_600_000
_AHEAD: Final = 60_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """One screen's part of a command: the order's id and its parameters."""

    order: Uuid
    screen: Uuid
    params: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Command:
    """An action for some screens, by a person, within a time."""

    person: Uuid
    action: str
    wanted: tuple[Wanted, ...]
    not_before: Ms
    expires_at: Ms


@dataclass(slots=True)
class Pace:
    """How many orders were signed in the last hour; in memory, because a restart is not something to gain by."""

    signed: deque[tuple[int, int]] = field(default_factory=deque)

    def spend(self, count: int, *, now: int) -> None:
        """Raises GuardRefused `guard.orders_many`."""
        while self.signed and now - self.signed[0][0] >= _HOUR:
            self.signed.popleft()
        if sum(each for _, each in self.signed) + count > PER_HOUR:
            raise GuardRefused("guard.orders_many", limit=PER_HOUR)
        self.signed.append((now, count))


def check(command: Command, *, now: int) -> None:
    """Raises TrustError `trust.schema` for what no screen would heed, GuardRefused `guard.order_time`."""
    lives = command.expires_at - command.not_before
    if not (0 < lives <= LIFE and now < command.expires_at and command.not_before <= now + _AHEAD):
        raise GuardRefused("guard.order_time", minutes=LIFE // 60_000)
    for one in command.wanted:
        check_params(command.action, one.params)


def orders_of(command: Command, *, root: Root, guard: str, first: int) -> Sequence[Order]:
    """The unsigned orders, numbered from `first`."""
    return [
        Order(
            domain=root.domain,
            epoch=root.epoch,
            guard=guard,
            seq=seq,
            order=one.order,
            screen=one.screen,
            action=command.action,
            params=one.params,
            by=command.person,
            not_before=command.not_before,
            expires_at=command.expires_at,
        )
        for seq, one in enumerate(command.wanted, start=first)
    ]
