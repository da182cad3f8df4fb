"""The frame of a platform simulator: one request in, one answer out, with faults between and evidence beside."""

import asyncio
import datetime as dt
import gzip
import hashlib
import json
import random
import zlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from tests.fakes.stage.clock import Agenda, Clock
from tests.fakes.stage.control import Control
from tests.fakes.stage.deliveries import Outbox
from tests.fakes.stage.faults import ELSEWHERE, Fault, Faults, Kind
from tests.fakes.stage.journal import Entry, Journal
from tests.fakes.stage.messages import Answer, Request, json_answer, request_of, stringified

PATIENCE = 30.0  # seconds after which a client without sockets has lost the answer


class Simulator(ABC):
    """Deterministic: the same seed, clock and calls give the same ids, faults and answers."""

    name: ClassVar[str]

    def __init__(self, clock: Clock | None = None, *, seed: str = "1") -> None:
        self.clock = clock or Clock()
        self.agenda = Agenda()
        self.faults = Faults(draw=self._draw)
        self.journal = Journal()
        self.outbox = Outbox()
        self._seed = seed
        self._issued: dict[str, int] = {}
        self._control = Control(self)

    # what a subclass is

    @abstractmethod
    def is_api(self, path: str) -> bool:
        """Whether it is a call of the platform's interface, where faults apply."""

    @abstractmethod
    def api(self, request: Request) -> Answer:
        """The platform's answer on a good day."""

    @abstractmethod
    def page(self, request: Request) -> Answer | None:
        """What a person's browser gets; None is a 404."""

    @abstractmethod
    def error(self, code: int) -> Answer:
        """The platform's error answer with this code."""

    @abstractmethod
    def controls(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        """Names below `/_sim/` → what a test may do."""

    @abstractmethod
    def draw(self, dice: random.Random, path: str) -> Fault:
        """A fault for this path out of an arranged schedule."""

    @abstractmethod
    def arrange(self, dice: random.Random) -> None:
        """Draws a fault schedule."""

    @abstractmethod
    def visible(self, title: str) -> int:
        """How many posts with this title a follower sees now."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """What it holds, for `/_sim/state`."""

    def calm(self) -> None:
        """Ends all faults; what is under way comes to its end at once."""
        self.faults.calm()
        self.agenda.hurry(self.clock.now())
        self.settle()

    # time and identity

    def settle(self) -> None:
        self.agenda.run(self.clock.now())

    def advance(self, seconds: float | dt.timedelta) -> None:
        self.clock.advance(seconds)
        self.settle()

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        self.agenda.at(self.clock.now() + dt.timedelta(seconds=seconds), act)

    def number(self, kind: str) -> int:
        self._issued[kind] = self._issued.get(kind, 0) + 1
        return self._issued[kind]

    def identity(self, kind: str) -> str:
        """64 hexadecimal digits that no other id of this simulator has."""
        return hashlib.sha256(f"{self._seed} {kind} {self.number(kind)}".encode()).hexdigest()

    @property
    def revision(self) -> int:
        """Changes with what pages show, so that an old page knows that it is."""
        return zlib.crc32(json.dumps(self.state(), ensure_ascii=False, sort_keys=True).encode())

    # one call

    async def handle(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        peer: str = "127.0.0.1",
    ) -> tuple[int, Mapping[str, str], bytes]:
        """One call without sockets, as an HTTP client sees it: unpacked, and a lost answer is a `ConnectionError`."""
        await asyncio.sleep(0)
        answer = self.perform(request_of(method, url, headers, body, peer=peer))
        if answer.delay:
            self.advance(min(answer.delay, PATIENCE))
            if answer.delay >= PATIENCE:
                raise TimeoutError("the platform took too long")
        data, named = answer.body, dict(answer.headers)
        if named.pop("Content-Encoding", "") == "gzip":
            data = gzip.decompress(data)
        return answer.status, named, data

    def perform(self, request: Request) -> Answer:
        """One call with its faults; raises `ConnectionResetError` where the connection dies."""
        self.clock.tick()
        self.settle()
        if not self.is_api(request.path):
            return self._aside(request)
        entry = self.journal.open(request, self.clock.now().isoformat())
        fault = self.faults.take(request.path)
        if fault is None:
            return self._noted(entry, self.api(request))
        entry.fault = fault.kind
        answer = self.api(request) if fault.takes_effect else None
        self.settle()
        return self._noted(entry, self._spoilt(fault, answer))

    def _aside(self, request: Request) -> Answer:
        found = self._control.answer(request) if request.path.startswith("/_sim/") else self.page(request)
        return found or Answer(404, "没有这个地址".encode(), {"Content-Type": "text/plain; charset=utf-8"})

    def _noted(self, entry: Entry, answer: Answer) -> Answer:
        entry.status = answer.status
        if answer.headers.get("Content-Type", "").startswith("application/json"):
            entry.code = self.code_of(answer.body)
        return answer

    @staticmethod
    def code_of(body: bytes) -> int | None:
        """The platform's code in an answer; None in a broken one."""
        try:
            found = json.loads(body)
        except ValueError:
            return None
        if not isinstance(found, dict):
            return None
        data = found.get("data")
        inner = data.get("error_code") if isinstance(data, dict) else None
        return int(found.get("errcode") or found.get("err_no") or inner or 0)

    def _spoilt(self, fault: Fault, answer: Answer | None) -> Answer:
        if fault.kind in {Kind.CUT_BEFORE, Kind.CUT_AFTER}:
            raise ConnectionResetError("the connection was cut")
        if fault.kind is Kind.HTTP:
            return Answer(fault.status, b"<html><h1>Bad Gateway</h1></html>", {"Content-Type": "text/html"})
        if fault.kind is Kind.REDIRECT:
            return Answer(302, b"", {"Location": ELSEWHERE})
        if fault.kind is Kind.CODE or answer is None:
            return self.error(fault.code)
        return _bent(fault, answer)

    def _draw(self, dice: random.Random, path: str) -> Fault:
        return self.draw(dice, path)


def _bent(fault: Fault, answer: Answer) -> Answer:
    """The answer to a call that took effect, on its bad way back."""
    if fault.kind is Kind.SLOW:
        return replace(answer, delay=fault.seconds)
    if fault.kind is Kind.MALFORMED:
        return replace(answer, body=answer.body[: max(1, len(answer.body) // 2)])
    if fault.kind is Kind.STRINGS:
        return json_answer(stringified(json.loads(answer.body)))
    packed = gzip.compress(answer.body, mtime=0)
    return replace(answer, body=packed, headers={**answer.headers, "Content-Encoding": "gzip"})
