"""The one client for addresses outside, against a canary that must never be reached."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web

from cms.contract import OutboundRefused
from cms.publishing.services.addresses import Policy
from cms.publishing.services.outbound import GuardedOutbound

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """A server on loopback that counts who came."""

    def __init__(self) -> None:
        self.hits: list[web.Request] = []
        self.handler: Handler = self._plain
        self.port = 0

    async def _plain(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(text="reached")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.hits.append(request)
        return await self.handler(request)


async def _serve(server: Server) -> AsyncIterator[Server]:
    app = web.Application()
    app.router.add_route("*", "/{any:.*}", server.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.port = runner.addresses[0][1]
    yield server
    await runner.cleanup()


@pytest.fixture
async def canary() -> AsyncIterator[Server]:
    async for server in _serve(Server()):
        yield server


@pytest.fixture
async def friend() -> AsyncIterator[Server]:
    async for server in _serve(Server()):
        yield server


async def lookup(host: str, _port: int) -> list[str]:
    """Names whose owner points them at us."""
    tricks = {
        "inside.example.com": ["127.0.0.1"],
        "mixed.example.com": ["127.0.0.1", "8.8.8.8"],
        "six.example.com": ["::1"],
        "mapped.example.com": ["::ffff:127.0.0.1"],
        "scoped.example.com": ["fe80::1%lo"],
        "cloud.example.com": ["169.254.169.254"],
        "nat.example.com": ["64:ff9b::7f00:1"],
        "nobody.example.com": [],
    }
    return tricks.get(host, ["127.0.0.1"])


def outbound(*exceptions: tuple[str, int], ports: frozenset[int] = frozenset(), seconds: float = 5) -> GuardedOutbound:
    policy = Policy(frozenset({"http", "https"}), ports, frozenset(exceptions))
    return GuardedOutbound(policy, lookup=lookup, seconds=seconds)


TRICKS = (
    # this machine, as written
    "http://127.0.0.1:{p}/",
    "http://127.0.0.2:{p}/",
    "http://127.255.255.254:{p}/",
    "http://0.0.0.0:{p}/",
    "http://0:{p}/",
    "http://localhost:{p}/",
    "http://LOCALHOST:{p}/",
    "http://localhost.:{p}/",
    "http://localhost.localdomain:{p}/",
    "http://a.localhost:{p}/",
    "http://[::1]:{p}/",
    "http://[::]:{p}/",
    "http://[0:0:0:0:0:0:0:1]:{p}/",
    # numbers in disguise
    "http://2130706433:{p}/",
    "http://0x7f000001:{p}/",
    "http://0x7F.0x0.0x0.0x1:{p}/",
    "http://0177.0.0.1:{p}/",
    "http://017700000001:{p}/",
    "http://127.1:{p}/",
    "http://127.0.1:{p}/",
    "http://127.000.000.001:{p}/",
    "http://0x7f.1:{p}/",
    "http://127.0.0.1.:{p}/",
    "http://4294967297:{p}/",
    # hidden in version six
    "http://[::ffff:127.0.0.1]:{p}/",
    "http://[::ffff:7f00:1]:{p}/",
    "http://[0:0:0:0:0:ffff:127.0.0.1]:{p}/",
    "http://[::127.0.0.1]:{p}/",
    "http://[64:ff9b::127.0.0.1]:{p}/",
    "http://[64:ff9b:1::7f00:1]:{p}/",
    "http://[2002:7f00:1::]:{p}/",
    "http://[2001:0:7f00:1::1]:{p}/",
    "http://[fe80::1%25lo]:{p}/",
    "http://[fc00::1]:{p}/",
    "http://[ff02::1]:{p}/",
    # neighbours
    "http://10.0.0.1:{p}/",
    "http://172.16.0.1:{p}/",
    "http://192.168.1.1:{p}/",
    "http://169.254.169.254:{p}/latest/meta-data/",
    "http://100.64.0.1:{p}/",
    "http://198.18.0.1:{p}/",
    "http://224.0.0.1:{p}/",
    "http://255.255.255.255:{p}/",
    "http://metadata.google.internal:{p}/",
    "http://router.lan:{p}/",
    "http://db:{p}/",
    # who is the host?
    "http://example.com@127.0.0.1:{p}/",
    "http://user:pw@inside.example.com:{p}/",
    "http://127.0.0.1:{p}#@example.com/",
    "http://127.0.0.1:{p}\\@example.com/",
    "http://example.com\\@127.0.0.1:{p}/",
    "http://127.0.0.1:{p}?@example.com/",
    "http:///127.0.0.1:{p}/",
    "//127.0.0.1:{p}/",
    "http://127.0.0.1%00.example.com:{p}/",
    "http://127.0.0.1\t:{p}/",
    "http://127.0.0.1\r\nHost: x:{p}/",
    " http://127.0.0.1:{p}/",
    "http://①②⑦.⓪.⓪.①:{p}/",
    "http://127。0。0。1:{p}/",
    "http://ⓛocalhost:{p}/",
    # names that point inside
    "http://inside.example.com:{p}/",
    "http://mixed.example.com:{p}/",
    "http://six.example.com:{p}/",
    "http://mapped.example.com:{p}/",
    "http://scoped.example.com:{p}/",
    "http://cloud.example.com:{p}/",
    "http://nat.example.com:{p}/",
    "http://nobody.example.com:{p}/",
    "http://127.0.0.1.nip.example.com:{p}/",
    # other languages
    "file:///etc/passwd",
    "gopher://127.0.0.1:{p}/_x",
    "ftp://127.0.0.1:{p}/",
    "dict://127.0.0.1:{p}/",
    "ws://127.0.0.1:{p}/",
    "unix:///run/x.sock",
    "data:text/plain,x",
    "jar:http://127.0.0.1:{p}!/",
    "javascript:0",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:-1/",
    "",
)


@pytest.mark.parametrize("trick", TRICKS, ids=range(len(TRICKS)))
async def test_a_trick_in_an_address_never_reaches_the_canary(canary: Server, trick: str) -> None:
    with pytest.raises(OutboundRefused):
        await outbound(ports=frozenset({canary.port})).request("GET", trick.format(p=canary.port), limit=1000)
    assert canary.hits == []


@pytest.mark.parametrize("trick", [t for t in TRICKS if "{p}" in t], ids=range(sum("{p}" in t for t in TRICKS)))
async def test_a_redirect_to_a_trick_never_reaches_the_canary(canary: Server, friend: Server, trick: str) -> None:
    location = "".join(ch for ch in trick.format(p=canary.port) if ch not in "\r\n")

    async def redirect(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": location})

    friend.handler = redirect
    client = outbound(("127.0.0.1", friend.port), ports=frozenset({canary.port}))
    with pytest.raises(OutboundRefused):
        await client.request("GET", f"http://127.0.0.1:{friend.port}/", limit=1000)
    assert canary.hits == []


async def test_a_named_exception_is_reached_with_its_headers_and_body(friend: Server) -> None:
    client = outbound(("127.0.0.1", friend.port))
    answer = await client.request(
        "POST", f"http://127.0.0.1:{friend.port}/x?y=1", body=b"hello", headers={"Authorization": "k"}, limit=1000
    )
    assert answer[0] == 200
    assert answer[2] == b"reached"
    assert friend.hits[0].method == "POST"
    assert friend.hits[0].headers["Authorization"] == "k"


async def test_a_redirect_to_another_server_does_not_carry_the_credentials(canary: Server, friend: Server) -> None:
    async def redirect(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"http://127.0.0.1:{canary.port}/next"})

    friend.handler = redirect
    client = outbound(("127.0.0.1", friend.port), ("127.0.0.1", canary.port))
    headers = {"Authorization": "k", "X-Other": "1"}
    await client.request("POST", f"http://127.0.0.1:{friend.port}/", body=b"x", headers=headers, limit=1000)
    assert canary.hits[0].method == "GET"
    assert "Authorization" not in canary.hits[0].headers
    assert canary.hits[0].headers["X-Other"] == "1"


async def test_a_redirect_without_end_is_refused(friend: Server) -> None:
    async def redirect(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/again"})

    friend.handler = redirect
    with pytest.raises(OutboundRefused):
        await outbound(("127.0.0.1", friend.port)).request("GET", f"http://127.0.0.1:{friend.port}/", limit=10)
    assert len(friend.hits) == 5


async def test_an_answer_over_the_limit_is_refused(friend: Server) -> None:
    async def large(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=b"x" * 1001)

    friend.handler = large
    with pytest.raises(OutboundRefused, match="too_large"):
        await outbound(("127.0.0.1", friend.port)).request("GET", f"http://127.0.0.1:{friend.port}/", limit=1000)


async def test_an_answer_that_takes_too_long_is_refused(friend: Server) -> None:
    async def slow(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(1)
        return web.Response()

    friend.handler = slow
    client = outbound(("127.0.0.1", friend.port), seconds=0.1)
    with pytest.raises(OutboundRefused, match="too_slow"):
        await client.request("GET", f"http://127.0.0.1:{friend.port}/", limit=1000)


async def test_a_port_nobody_listens_on_is_said_to_be_unreachable() -> None:
    with pytest.raises(OutboundRefused, match="unreachable"):
        await outbound(("127.0.0.1", 1)).request("GET", "http://127.0.0.1:1/", limit=1000)


async def test_a_name_is_looked_up_once_for_each_connection(canary: Server) -> None:
    asked: list[str] = []

    async def rebinding(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) > 1 else ["192.0.2.1"]

    policy = Policy(frozenset({"http"}), frozenset({canary.port}))
    with pytest.raises(OutboundRefused):
        await GuardedOutbound(policy, lookup=rebinding).request("GET", f"http://r.example.com:{canary.port}/", limit=9)
    assert (asked, canary.hits) == (["r.example.com"], [])
