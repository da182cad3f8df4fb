"""A gateway and a media server for one street screen: speaks SP/2, signs for a little district, can lie and vanish."""

import asyncio
import json
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from cms.trust.approval import Bundle
from cms.trust.keys import PublicKey, b64, sha256
from cms.trust.manifest import Manifest, Show, Slot
from cms.trust.signed import Signed
from screens.messages import PROTOCOL, SUBPROTOCOLS, MessageFault, read_screen
from screens.protocol import hello_bytes, pair_bytes
from tests.vectors import world

Json = dict[str, Any]


@dataclass
class Media:
    """`/a/{sha256}` on the loopback; counts what was asked and cuts answers of `cuts` short."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cuts: dict[str, list[int]] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    handed: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    url: str = ""
    _runner: web.AppRunner | None = None

    def put(self, data: bytes) -> str:
        name = sha256(data)
        self.files[name] = data
        return name

    async def start(self) -> None:
        app = web.Application(client_max_size=16 * 2**20)
        app.router.add_put("/box/v1/files/{order}", self._take)
        app.router.add_get("/a/{name}", self._serve)
        app.router.add_route("OPTIONS", "/a/{name}", self._preflight)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
        self._runner = None

    async def _take(self, request: web.Request) -> web.Response:
        self.handed[request.match_info["order"]] = (request.headers["Authorization"], await request.read())
        return web.Response(status=204)

    async def _preflight(self, request: web.Request) -> web.Response:
        return web.Response(headers={"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Range"})

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self.asked.append(name)
        data = self.files.get(name)
        headers = {"Access-Control-Allow-Origin": "*"}
        if data is None:
            return web.Response(status=404, headers=headers)
        start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").rstrip("-"))
        headers["Content-Length"] = str(len(data) - start)
        answer = web.StreamResponse(status=206 if start else 200, headers=headers)
        await answer.prepare(request)
        cut = self.cuts.get(name, []).pop(0) if self.cuts.get(name) else None
        part = data[start:] if cut is None else data[start : start + cut]
        self.sent[name] = self.sent.get(name, 0) + len(part)
        await answer.write(part)
        if cut is not None and request.transport:
            request.transport.close()
        return answer


@dataclass
class Gateway:
    """One audience, one screen. `state` is the newest message; every socket gets it as after a hello."""

    media: Media = field(default_factory=Media)
    code: str = "ABC234"
    tags: tuple[str, ...] = ("lobby",)
    facts_version: int = 1
    clock: Callable[[], int] = lambda: world.T0 * 1000
    """The server's clock in µs, as probes are answered."""
    pinned: str | None = None
    said: list[Json] = field(default_factory=list)
    misread: list[str] = field(default_factory=list)
    """What came that the real gateway would not read: it would end the connection."""
    state: Json | None = None
    url: str = ""
    _port: int = 0
    _server: Server | None = None
    waiting: ServerConnection | None = None
    """The device that was given a code last."""
    _sockets: set[ServerConnection] = field(default_factory=set)
    _paired: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        if not self.media.url:
            await self.media.start()
        self._server = await serve(
            self._meet,
            "127.0.0.1",
            self._port,
            subprotocols=[Subprotocol(name) for name in SUBPROTOCOLS],
            max_size=2**16,
            compression=None,
        )
        self._port = self._server.sockets[0].getsockname()[1]
        self.url = f"ws://127.0.0.1:{self._port}/screens/v1"

    async def stop(self) -> None:
        """The server is gone: sockets die, nobody listens."""
        self._paired.set()
        if self._server:
            self._server.close()
            await self._server.wait_closed()
        self._server = None

    async def close(self) -> None:
        await self.stop()
        await self.media.stop()

    def pair(self) -> None:
        """An operator typed the code on the desk."""
        self._paired.set()

    def acks(self, state: str) -> list[int]:
        return [said["version"] for said in self.said if said["t"] == "ack" and said["state"] == state]

    async def dismiss(self, code: str, *, retry: int) -> None:
        """Says goodbye to every screen and closes."""
        for socket in set(self._sockets):
            await socket.send(json.dumps({"t": "bye", "code": code, "retry": retry}))
            await socket.close()

    async def send(self, message: Json) -> None:
        text = json.dumps(message, ensure_ascii=False)
        for socket in set(self._sockets):
            await socket.send(text)

    async def publish(self, issue: world.Issue) -> None:
        """Signs and sends the whole newest state; bundles become files."""
        self.state = self.signed(issue)
        await self.send(self.state)

    def signed(self, issue: world.Issue) -> Json:
        for bundle in issue.bundles:
            self.media.put(bundle.wire().encode())
        manifest = world.by(issue.manifest(), "guard")
        for one in (manifest, world.by(issue.recalls, "guard"), world.by(issue.delegations, "delegations")):
            self.media.put(one.wire().encode())
        return state_message(
            beacon=world.by(issue.beacon(manifest), "guard"),
            delegations=world.by(issue.delegations, "delegations"),
            recalls=world.by(issue.recalls, "guard"),
            manifest=manifest,
        )

    def facts(self, unit: str = world.POINT) -> Signed:
        assert self.pinned is not None
        return world.by(world.screen(self.facts_version, key=self.pinned, unit=unit, tags=self.tags), "guard")

    async def _meet(self, socket: ServerConnection) -> None:
        nonce = b64(secrets.token_bytes(32))
        await socket.send(json.dumps({"t": "challenge", "nonce": nonce, "at": 0, "protocol": PROTOCOL}))
        try:
            first = self._read(await socket.recv())
            if not await self._admit(socket, first, nonce):
                return
            self._sockets.add(socket)
            await socket.send(json.dumps(self._welcome()))
            if self.state is not None:
                await socket.send(json.dumps(self.state, ensure_ascii=False))
            async for text in socket:
                self.said.append(said := self._read(text))
                if said["t"] == "tick":
                    now = self.clock()
                    await socket.send(json.dumps({"t": "tock", "sent": said["sent"], "got": now, "left": now}))
        except ConnectionClosed:
            pass
        finally:
            self._sockets.discard(socket)

    def _read(self, text: str | bytes) -> Json:
        try:
            read_screen(text)
        except MessageFault as fault:
            self.misread.append(f"{fault.why} {fault.where}: {text!r}")
        return dict(json.loads(text))

    async def _admit(self, socket: ServerConnection, first: Json, nonce: str) -> bool:
        self.said.append(first)
        host = self.url.split("/")[2]
        key = PublicKey.read(first["key"])
        if first["t"] == "hello":
            proof = hello_bytes(nonce, first["screen"], host)
            return key.verifies(first["sig"], proof) and first["key"] == self.pinned
        assert key.verifies(first["sig"], pair_bytes(nonce, first["key"], host))
        await socket.send(json.dumps({"t": "pairing", "code": self.code, "expires_at": world.T0 + 600_000}))
        self.waiting = socket
        await self._paired.wait()
        self.pinned = first["key"]
        await socket.send(json.dumps({"t": "paired", "screen": world.uuid_of("screen")}))
        return True

    def _welcome(self) -> Json:
        return {
            "t": "welcome",
            "at": 0,
            "screen": self.facts().value(),
            "audience": world.AUDIENCE,
            "media": self.media.url,
            "retry": {"min": 100, "max": 300},
            "beat": 1000,
        }


def state_message(**parts: Signed) -> Json:
    return {"t": "state", **{name: one.value() for name, one in parts.items()}}


@dataclass(frozen=True)
class LineUp(world.Issue):
    """A line-up whose first `turning` pieces stand for `show` ms each; the others are kept and do not turn."""

    show: int = 10_000
    turning: int = 1_000

    def manifest(self, **changes: Any) -> Manifest:
        loop = tuple(Show(one.release, self.show) for one in self.bundles[: self.turning])
        return super().manifest(**{"timeline": (Slot(world.T0 - world.DAY, world.T0 + world.YEAR, loop),), **changes})


def issue_of(bundles: Iterable[Bundle], *, version: int, seq: int | None = None, **changes: Any) -> LineUp:
    """The line-up of these bundles as the guard signs it, at the second of its version."""
    number = seq if seq is not None else version
    made: dict[str, Any] = {"root": world.root(), "delegations": world.delegations(), "recalls": world.recalls()}
    made.update(changes)
    return LineUp(bundles=tuple(bundles), version=version, seq=number, at=world.T0 + number * 1000, **made)
