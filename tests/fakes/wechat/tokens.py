"""WeChat's access tokens: plain and stable ones side by side, each with its own way to die."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.fakes.stage.clock import Clock, day
from tests.fakes.wechat.codes import Refused
from tests.fakes.wechat.limits import Limits


@dataclass
class Token:
    """Works until `dies`."""

    value: str
    dies: dt.datetime


@dataclass
class Tokens:
    """`plain` dies 5 minutes after the next plain one; the stable one is handed out until 5 minutes before its end."""

    clock: Clock
    limits: Limits
    identity: Callable[[str], str]
    plain: list[Token] = field(default_factory=list)
    stable: list[Token] = field(default_factory=list)
    forced: list[dt.datetime] = field(default_factory=list)

    def give_plain(self) -> tuple[str, int]:
        now = self.clock.now()
        for old in self.plain:
            old.dies = min(old.dies, now + dt.timedelta(seconds=self.limits.overlap_seconds))
        return self._issue(self.plain, now)

    def give_stable(self, *, force: bool) -> tuple[str, int]:
        now = self.clock.now()
        if force:
            self._check_force(now)
            for old in self.stable:
                old.dies = min(old.dies, now)
            self.forced.append(now)
            return self._issue(self.stable, now)
        if self.stable:
            newest = self.stable[-1]
            left = (newest.dies - now).total_seconds()
            if left >= self.limits.overlap_seconds:
                return newest.value, int(left)
        return self._issue(self.stable, now)

    def check(self, value: str) -> None:
        if not value:
            raise Refused(41001)
        found = next((token for token in (*self.plain, *self.stable) if token.value == value), None)
        if found is None:
            raise Refused(40001)
        if found.dies <= self.clock.now():
            raise Refused(42001)

    def kill(self) -> None:
        """All tokens die, as after a change of the secret."""
        for token in (*self.plain, *self.stable):
            token.dies = min(token.dies, self.clock.now())

    def _check_force(self, now: dt.datetime) -> None:
        if self.forced and (now - self.forced[-1]).total_seconds() < self.limits.forced_pause:
            raise Refused(45011)
        if sum(day(at) == day(now) for at in self.forced) >= self.limits.forced_a_day:
            raise Refused(45009)

    def _issue(self, family: list[Token], now: dt.datetime) -> tuple[str, int]:
        value = f"{len(family) + 90}_{self.identity('token') * 2}"
        family.append(Token(value, now + dt.timedelta(seconds=self.limits.token_seconds)))
        return value, self.limits.token_seconds
