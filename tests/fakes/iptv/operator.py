"""A television operator's side of the injection interface: it takes orders, fetches them, and tells how they ended."""

import datetime as dt
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.fakes.iptv import envelopes
from tests.fakes.iptv.library import Library, Rejected, Step, read_order
from tests.fakes.stage.clock import Clock
from tests.fakes.stage.deliveries import Delivery, Outbox, Sender
from tests.fakes.stage.faults import Fault, Kind
from tests.fakes.stage.messages import Answer, Request
from tests.fakes.stage.pages import html, templates
from tests.fakes.stage.simulator import Simulator

SERVICE: Final = "/services/ctms"
_PAGES: Final = templates(Path(__file__).parent / "templates")
_TRIES: Final = 3
_PACKET: Final = 188
_KINDS: Final = {Kind.CUT_AFTER: 5, Kind.CUT_BEFORE: 3, Kind.HTTP: 3, Kind.MALFORMED: 3, Kind.SLOW: 2, Kind.REDIRECT: 1}


@dataclass
class Command:
    """One ExecCmd and how it ended; a result of None: not yet."""

    correlate: str
    address: str
    due: dt.datetime
    result: int | None = None
    why: Rejected | None = None
    tries: int = 0
    runs: int = 0


@dataclass
class Errands(Outbox):
    """What the operator does by itself: first it carries commands out, then it tells."""

    work: "Callable[[Sender], Any] | None" = None

    async def deliver(self, now: dt.datetime, send: Sender) -> int:
        if self.work is not None:
            await self.work(send)
        return await super().deliver(now, send)


@dataclass
class Manners:
    """How this operator is.

    Attributes:
        repeated: what a command with a known id gets: its result once more (``told``), a new run (``run``), or a no
            (``refused``).
        delay: seconds before a command is carried out.
        refuse: kinds of objects that are not taken, each once.
        fetches_fail: so many fetches from the hub get nothing.
    """

    repeated: str = "told"
    delay: float = 0.0
    refuse: list[str] = field(default_factory=list)
    fetches_fail: int = 0


class Operator(Simulator):
    """One operator that knows one provider. `wire` reaches the hub without sockets."""

    name = "iptv"

    def __init__(
        self, clock: Clock | None = None, *, seed: str = "1", callback: str = "", base: str = "http://127.0.0.1:9073"
    ) -> None:
        super().__init__(clock, seed=seed)
        self.csp, self.lsp = "YP001", "LSP01"
        self.callback, self.base = callback, base
        self.library = Library({"1001", "1002"})
        self.manners = Manners()
        self.commands: dict[str, Command] = {}
        self.wire: Sender | None = None
        self.outbox: Outbox = Errands(work=self._work)

    # the frame

    def is_api(self, path: str) -> bool:
        return path == SERVICE

    def api(self, request: Request) -> Answer:
        told = envelopes.fields(request.body, "ExecCmd")
        if request.method != "POST" or told is None or "soapaction" not in request.headers:
            return envelopes.answer(-1, "not an ExecCmd")
        if (told.get("CSPID"), told.get("LSPID")) != (self.csp, self.lsp):
            return envelopes.answer(-1, "unknown CSPID or LSPID")
        return self._taken(told.get("CorrelateID", ""), told.get("CmdFileURL", ""))

    def page(self, request: Request) -> Answer | None:
        name = request.path.rpartition("/")[2].removesuffix(".xml")
        command = self.commands.get(name)
        if request.path == f"/results/{name}.xml" and command is not None and command.why is not None:
            why = command.why
            return Answer(200, envelopes.results(why.kind, why.name, why.why), envelopes.HEAD)
        if request.path == "/" and request.method == "GET":
            shown = [{"thing": one, "categories": self._categories(one.id)} for one in self.library.programmes()]
            commands = list(self.commands.values())[::-1]
            revision = self.revision
            return html(_PAGES, "library.html", platform="iptv", revision=revision, programmes=shown, commands=commands)
        return None

    def error(self, code: int) -> Answer:
        return envelopes.answer(code, "system busy")

    def draw(self, dice: random.Random, path: str) -> Fault:
        kind = dice.choices(list(_KINDS), list(_KINDS.values()))[0]
        after = dice.random() < 0.5 if kind is Kind.HTTP else None
        status = dice.choice((500, 502, 503))
        return Fault(path, kind, 0, status=status, seconds=dice.choice((2.0, 8.0, 45.0)), after=after)

    def arrange(self, dice: random.Random) -> None:
        self.faults.dice, self.faults.rate = dice, dice.choice((0.0, 0.1, 0.3, 0.5))
        self.manners.repeated = dice.choice(("told", "told", "run", "refused"))
        # Whoever runs a command again must take what it made the first time.
        self.library.strict = self.manners.repeated != "run"
        self.manners.delay = dice.choice((0.0, 0.0, 1.0, 60.0))
        self.manners.refuse = dice.choice(([], [], [], ["Movie"], ["Program"]))[:]
        self.manners.fetches_fail = dice.choice((0, 0, 1, 2))
        self.outbox.always.lost = dice.random() < 0.3
        self.outbox.always.copies = dice.choice((1, 1, 2, 3))
        self.outbox.always.delay = dice.choice((0.0, 0.0, 5.0, 60.0))

    def calm(self) -> None:
        """Ends all faults; results that the hub never acknowledged are told once more, as their people would."""
        self.outbox.always.lost, self.outbox.always.copies, self.outbox.always.delay = False, 1, 0.0
        self.manners.delay, self.manners.fetches_fail = 0.0, 0
        self.manners.refuse.clear()
        now = self.clock.now()
        for one in self.outbox.waiting:
            one.due = now
        for command in self.commands.values():
            command.due = min(command.due, now)
            if command.result is not None:
                self._tell(command)
        super().calm()

    def visible(self, title: str) -> int:
        return sum(one.properties.get("Name", "").startswith(title) for one in self.library.programmes())

    def state(self) -> Mapping[str, Any]:
        return {
            "things": [{"kind": one.kind, "id": one.id, **one.properties} for one in self.library.things.values()],
            "mappings": sorted(f"{parent}>{name}" for parent, name in self.library.mappings),
            "commands": {name: one.result for name, one in self.commands.items()},
        }

    def controls(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        return {
            "refuse": lambda values: self.manners.refuse.append(str(values["kind"])),
            "delay": lambda values: setattr(self.manners, "delay", float(values["seconds"])),
            "repeated": lambda values: setattr(self.manners, "repeated", str(values["how"])),
        }

    # what it does by itself

    async def handle(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        peer: str = "127.0.0.1",
    ) -> tuple[int, Mapping[str, str], bytes]:
        """As the frame does; what the operator does by itself happens meanwhile, whatever becomes of the answer."""
        try:
            return await super().handle(method, url, headers, body, peer=peer)
        finally:
            if self.wire is not None:
                await self.outbox.deliver(self.clock.now(), self.wire)

    def _taken(self, correlate: str, address: str) -> Answer:
        if not correlate or not address:
            return envelopes.answer(-1, "CorrelateID or CmdFileURL is missing")
        self.journal.count("exec")
        known = self.commands.get(correlate)
        due = self.clock.now() + dt.timedelta(seconds=self.manners.delay)
        if known is None:
            self.commands[correlate] = Command(correlate, address, due)
        elif self.manners.repeated == "refused":
            return envelopes.answer(-1, "CorrelateID was used before")
        elif known.result is not None and self.manners.repeated == "run":
            known.result, known.why, known.due, known.tries = None, None, due, 0
        elif known.result is not None:
            self._tell(known)
        return envelopes.answer(0, "success")

    async def _work(self, send: Sender) -> None:
        now = self.clock.now()
        for command in [one for one in self.commands.values() if one.result is None and one.due <= now]:
            try:
                await self._run(command, send)
            except OSError:
                command.tries += 1
                command.due = now + dt.timedelta(seconds=1)
                if command.tries < _TRIES:
                    continue
                command.result, command.why = -1, Rejected("ADI", "", "a file could not be fetched")
            self._tell(command)

    async def _run(self, command: Command, send: Sender) -> None:
        try:
            steps = read_order(await self._fetched(command.address, send))
            for step in steps:
                if step.kind in self.manners.refuse and not step.parent:
                    self.manners.refuse.remove(step.kind)
                    raise Rejected(step.kind, step.id, "content refused")  # noqa: TRY301 - one end for all
            self.library.run(steps, {step.id: await self._file(step, send) for step in steps if not step.parent})
        except Rejected as why:
            command.result, command.why = -1, why
        else:
            command.result = 0
            self.journal.count("orders")
        command.runs += 1

    async def _file(self, step: Step, send: Sender) -> bytes:
        address = step.properties.get("FileURL", "")
        data = await self._fetched(address, send) if address and step.action != "DELETE" else b""
        if step.kind == "Movie" and data and any(data[at] != 0x47 for at in range(0, min(len(data), 1000), _PACKET)):
            raise Rejected(step.kind, step.id, "not a transport stream")
        return data

    async def _fetched(self, address: str, send: Sender) -> bytes:
        if self.manners.fetches_fail:
            self.manners.fetches_fail -= 1
            raise OSError("the line is down")
        status, data = await send("GET", address, {}, b"")
        if status != 200:
            raise OSError(f"HTTP {status}")
        return data

    def _tell(self, command: Command) -> None:
        if not self.callback or command.result is None:
            return
        address = f"{self.base}/results/{command.correlate}.xml" if command.why else ""
        body = envelopes.notice(self.csp, self.lsp, command.correlate, command.result, address)
        told = Delivery(
            "ResultNotify",
            lambda _: (self.callback, {**envelopes.HEAD, "SOAPAction": '""'}, body),
            self.clock.now(),
            lambda status, answer: status == 200 and b"<Result>0</Result>" in answer,
        )
        self.outbox.put(told)

    def _categories(self, name: str) -> list[str]:
        return [
            parent
            for (parent, below), step in self.library.mappings.items()
            if below == name and step.parent_kind == "Category"
        ]
