"""What a platform sends back by itself: tries, repeats, losses and disorder."""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

Sender = Callable[[str, str, Mapping[str, str], bytes], Awaitable[tuple[int, bytes]]]
"""method, url, headers, body → status and body; raises OSError when nobody is there."""


@dataclass
class Delivery:
    """One message; `make` builds it anew for each try, because a signature carries the time."""

    name: str
    make: Callable[[dt.datetime], tuple[str, Mapping[str, str], bytes]]
    due: dt.datetime
    accepted: Callable[[int, bytes], bool]
    tries: int = 0
    state: str = "waiting"
    answers: list[tuple[int, bytes]] = field(default_factory=list)


@dataclass
class Plan:
    """What happens to the next messages of a name."""

    lost: bool = False
    copies: int = 1
    delay: float = 0.0


@dataclass
class Outbox:
    """Messages under way, with at most `tries` tries each, `pause` seconds apart."""

    tries: int = 3
    pause: float = 5.0
    plans: dict[str, list[Plan]] = field(default_factory=dict)
    always: Plan = field(default_factory=Plan)
    sent: list[Delivery] = field(default_factory=list)
    waiting: list[Delivery] = field(default_factory=list)

    def plan(self, name: str, *, lost: bool = False, copies: int = 1, delay: float = 0.0) -> None:
        self.plans.setdefault(name, []).append(Plan(lost, copies, delay))

    def put(self, delivery: Delivery) -> None:
        plans = self.plans.get(delivery.name)
        plan = plans.pop(0) if plans else self.always
        delivery.due += dt.timedelta(seconds=plan.delay)
        if plan.lost:
            delivery.state = "lost"
            self.sent.append(delivery)
            return
        for _ in range(plan.copies):
            self.waiting.append(Delivery(delivery.name, delivery.make, delivery.due, delivery.accepted))

    async def deliver(self, now: dt.datetime, send: Sender) -> int:
        """Sends what is due, earliest first, and tells how many; failures wait for their next try."""
        due = sorted((one for one in self.waiting if one.due <= now), key=lambda one: one.due)
        for one in due:
            self.waiting.remove(one)
            await self._send(one, now, send)
        return len(due)

    async def _send(self, one: Delivery, now: dt.datetime, send: Sender) -> None:
        one.tries += 1
        url, headers, body = one.make(now)
        try:
            answer = await send("POST", url, headers, body)
        except OSError as problem:
            answer = (0, str(problem).encode())
        one.answers.append(answer)
        if one.accepted(*answer):
            one.state = "accepted"
        elif one.tries >= self.tries:
            one.state = "given up"
        else:
            one.due = now + dt.timedelta(seconds=self.pause)
            self.waiting.append(one)
            return
        self.sent.append(one)
