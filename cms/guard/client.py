"""What the other roles hold of the guard: its operations as typed calls, over one connection that mends itself."""

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cms.guard import wire
from cms.guard.asks import SetMachines, SignFeed, SignSoftware
from cms.guard.authority import Grant
from cms.guard.drafts import Draft
from cms.guard.errors import GuardRefused
from cms.guard.ordering import Command
from cms.guard.recalling import Item
from cms.trust.approval import Approval
from cms.trust.shape import read
from cms.trust.signed import Signed, plain

TIMEOUT: Final = 30.0
_BATCH: Final = 4 * 2**20  # characters of bundles in one message
_DRAFTS: Final = 32
_ORDERS: Final = 500


@dataclass(frozen=True, slots=True)
class Recall:
    """The new set, and by release digest where each went: {"document", "places", "at"}."""

    recalls: Signed
    receipts: Mapping[str, Mapping[str, Any]]


class GuardClient:
    """Connects when first used and again after a loss.

    Every call raises GuardRefused: the guard's own codes, `guard.unreachable` when it is not there, and
    `guard.unanswered` when the connection or the time ran out after the request had left. Then it may or may not
    have been done; enrol and delegate again only after looking at `state()`, all others may simply be asked again.
    """

    def __init__(self, path: Path, *, timeout: float = TIMEOUT) -> None:
        self._path = path
        self._timeout = timeout
        self._connection: _Connection | None = None
        self._lock = asyncio.Lock()

    async def state(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.ask("state", {})
        return found

    async def enrol(self, person: str, password: str) -> str:
        return str(await self.ask("enrol", {"person": person, "password": password}))

    async def reseal(self, person: str, old: str, new: str) -> None:
        await self.ask("reseal", {"person": person, "old": old, "new": new})

    async def delegate(
        self,
        grants: Sequence[Grant],
        *,
        removed: Sequence[str] = (),
        by: str | None = None,
        password: str | None = None,
        secret: str | None = None,
    ) -> Signed:
        asked = {"grants": plain(grants), "removed": list(removed), "by": by, "password": password, "secret": secret}
        return Signed.of(await self.ask("delegate", asked))

    async def approve(self, person: str, password: str, text: str) -> Approval:
        return read(
            Approval, await self.ask("approve", {"person": person, "password": password, "text": text}), "approval"
        )

    async def recall(
        self, person: str, items: Sequence[Item] | None, reason: str, *, second: str | None = None
    ) -> Recall:
        asked = {"person": person, "items": plain(items), "reason": reason, "second": second}
        answer = await self.ask("recall", asked)
        return Recall(Signed.of(answer["recalls"]), answer["receipts"])

    async def register(self, release: str, *, document: str, places: Sequence[str]) -> None:
        await self.ask("register", {"release": release, "document": document, "places": list(places)})

    async def sign_manifests(self, drafts: Sequence[Draft], bundles: Mapping[str, str]) -> list[Signed]:
        """Signed manifests in the order of the drafts; `bundles` are texts by file hash, sent only where wanted."""
        signed: list[Signed] = []
        for start in range(0, len(drafts), _DRAFTS):
            asked = {"drafts": plain(drafts[start : start + _DRAFTS])}
            try:
                answer = await self.ask("sign_manifests", asked)
            except GuardRefused as refused:
                if refused.code != "guard.bundles_wanted":
                    raise
                await self._give(refused.params["bundles"], bundles)
                answer = await self.ask("sign_manifests", asked)
            signed += [Signed.of(one) for one in answer]
        return signed

    async def sign_manifest(self, draft: Draft, bundles: Mapping[str, str]) -> Signed:
        return (await self.sign_manifests([draft], bundles))[0]

    async def sign_beacons(self, audiences: Sequence[str] | None = None) -> dict[str, Signed]:
        answer = await self.ask("sign_beacons", {"audiences": None if audiences is None else list(audiences)})
        return {name: Signed.of(one) for name, one in answer.items()}

    async def beacons(self, audiences: Sequence[str]) -> dict[str, str]:
        """As `sign_beacons`, as JSON to pass on: who only carries them need not take eight hundred apart."""
        answer = await self.ask("sign_beacons", {"audiences": list(audiences)})
        return {name: json.dumps(one, ensure_ascii=False, separators=(",", ":")) for name, one in answer.items()}

    async def sign_screen(self, screen: str, *, key: str, unit: str, tags: Sequence[str]) -> Signed:
        asked = {"screen": screen, "key": key, "unit": unit, "tags": list(tags)}
        return Signed.of(await self.ask("sign_screen", asked))

    async def sign_orders(self, command: Command) -> list[Signed]:
        """Signed orders in the order of the command; some at a time, so that one message stays small."""
        made: list[Signed] = []
        for start in range(0, len(command.wanted), _ORDERS):
            part = command.wanted[start : start + _ORDERS]
            made += [
                Signed.of(one) for one in await self.ask("sign_orders", {**_plain(command), "wanted": plain(part)})
            ]
        return made

    async def raise_epoch(self, *, by: str, password: str) -> Signed:
        return Signed.of(await self.ask("raise_epoch", {"by": by, "password": password}))

    async def enrol_passkey(self, person: str, public: str) -> None:
        await self.ask("enrol_passkey", {"person": person, "public": public})

    async def witness(self, approval: Approval, text: str) -> Approval:
        return read(Approval, await self.ask("witness", {"approval": approval, "text": text}), "approval")

    async def coming_keys(self, roles: Sequence[str]) -> dict[str, str]:
        found: dict[str, str] = await self.ask("coming_keys", {"roles": list(roles)})
        return found

    async def take_root(self, root: Signed) -> None:
        await self.ask("take_root", {"root": root.value()})

    async def sign_root(self, root: Signed, *, by: str, password: str) -> Signed:
        return Signed.of(await self.ask("sign_root", {"root": root.value(), "by": by, "password": password}))

    async def union_recalls(self, sets: Sequence[Signed]) -> Signed:
        return Signed.of(await self.ask("union_recalls", {"sets": [one.value() for one in sets]}))

    async def set_machines(self, asked: SetMachines) -> Signed:
        return Signed.of(await self.ask("set_machines", asked))

    async def sign_feed(self, asked: SignFeed) -> Signed:
        return Signed.of(await self.ask("sign_feed", asked))

    async def sign_software(self, asked: SignSoftware) -> Signed:
        return Signed.of(await self.ask("sign_software", asked))

    async def subscribe(self, take: Callable[[Signed], None]) -> None:
        """Calls `take` with the newest recall set now and at every change; returns when the connection is lost.

        Raises GuardRefused `guard.unreachable`. Uses a connection of its own.
        """
        connection = await _connected(self._path, take)
        try:
            await connection.ask("subscribe", {}, self._timeout)
            await connection.lost.wait()
        finally:
            connection.close()

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    async def _give(self, wanted: object, bundles: Mapping[str, str]) -> None:
        batch: dict[str, str] = {}
        for name in wanted if isinstance(wanted, list) else ():
            if name not in bundles:
                raise GuardRefused("guard.bundle_missing", sha256=name)
            if batch and sum(map(len, batch.values())) + len(bundles[name]) > _BATCH:
                await self.ask("take_bundles", {"bundles": batch})
                batch = {}
            batch[name] = bundles[name]
        await self.ask("take_bundles", {"bundles": batch})

    async def ask(self, operation: str, arguments: object) -> Any:
        """Any operation by its name, for the command line."""
        async with self._lock:
            if self._connection is None or self._connection.lost.is_set():
                self._connection = await _connected(self._path, None)
            connection = self._connection
        return await connection.ask(operation, plain(arguments), self._timeout)


def _plain(command: Command) -> dict[str, Any]:
    found = plain(command)
    return found if isinstance(found, dict) else {}


class _Connection:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, take: Callable[[Signed], None] | None
    ) -> None:
        self.lost = asyncio.Event()
        self._writer = writer
        self._take = take
        self._number = 0
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._reading = asyncio.create_task(self._read(reader))

    async def ask(self, operation: str, arguments: object, timeout: float) -> Any:  # noqa: ASYNC109
        self._number += 1
        number = self._number
        data = wire.line({"id": number, "do": operation, "with": arguments})
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            if self.lost.is_set():
                raise GuardRefused("guard.unanswered")
            self._writer.write(data)
            async with asyncio.timeout(timeout):
                await self._writer.drain()
                return await answer
        except (ConnectionError, TimeoutError) as error:
            raise GuardRefused("guard.unanswered") from error
        finally:
            self._waiting.pop(number, None)

    def close(self) -> None:
        self._reading.cancel()
        self._end()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while (data := await reader.readline()).endswith(b"\n"):
                self._got(wire.message(data))
        except (ValueError, ConnectionError, GuardRefused):
            pass  # told to everybody who waits, below
        finally:
            self._end()

    def _got(self, message: dict[str, Any]) -> None:
        if "recalls" in message:
            if self._take is not None:
                self._take(Signed.of(message["recalls"]))
            return
        answer = self._waiting.get(message.get("id", 0))
        if answer is None or answer.done():
            return
        if "refused" in message:
            answer.set_exception(GuardRefused(message["refused"]["code"], **message["refused"]["params"]))
        else:
            answer.set_result(message.get("done"))

    def _end(self) -> None:
        self.lost.set()
        self._writer.close()
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(GuardRefused("guard.unanswered"))


async def _connected(path: Path, take: Callable[[Signed], None] | None) -> _Connection:
    try:
        reader, writer = await asyncio.open_unix_connection(str(path), limit=wire.MAX_LINE)
    except OSError as error:
        raise GuardRefused("guard.unreachable") from error
    return _Connection(reader, writer, take)
