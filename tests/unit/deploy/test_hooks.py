"""Where platforms call back: what reaches the channel, what never does, and what a hint sets off."""

import asyncio
import datetime as dt
import io
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, Self

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from cms.contract import Ask, Channel, ContractError, Reply, Services, Target
from cms.kernel.metrics import CORE, Metrics
from deploy import hooks
from deploy.hooks import BURST, LIMIT, Buckets, Hooks
from renderers.conformance.world import World

NOW = dt.datetime(2026, 11, 24, 1, 0, tzinfo=dt.UTC)


class Platform:
    """A channel that listens: answers as told and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Ask] = []
        self.reply = Reply(200, "text/plain", (b"succ", b"ess"), {"X-Own": "1", "Set-Cookie": "a=b", "Server": "x"})
        self.trouble: Exception | None = None
        self.wait = 0.0

    async def __call__(self, ask: Ask, target: Target, services: Services) -> Reply:
        self.asked.append(ask)
        if self.trouble is not None:
            raise self.trouble
        await asyncio.sleep(self.wait)
        return self.reply


class Journal:
    def __init__(self) -> None:
        self.lines: list[dict[str, object]] = []

    async def record(self, event: str, **fields: object) -> None:
        self.lines.append({"event": event, **fields})


class Rows:
    """A database with one target."""

    def __init__(self) -> None:
        self.hints = 0

    def read(self) -> "Rows":
        return self

    def write(self) -> "Rows":
        self.hints += 1
        return self

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def scalar(self, query: Any) -> Any:
        wanted = query.compile().params
        if "wx" not in wanted.values():
            return None
        return SimpleNamespace(code="wx", kind="wechat", name="公众号", units=[], settings={})


class Place:
    """The web role's hooks as a running server."""

    def __init__(self, server: TestServer, platform: Platform, journal: Journal, rows: Rows, metrics: Metrics) -> None:
        self.url = server.make_url
        self.platform = platform
        self.journal = journal
        self.rows = rows
        self.metrics = metrics


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    platform, journal, rows, metrics = Platform(), Journal(), Rows(), Metrics(CORE)
    channels = {
        "wechat": Channel("wechat", callback=platform),
        "web": Channel("web"),
    }
    clock = SimpleNamespace(now=lambda: NOW)
    none = SimpleNamespace(releases=frozenset(), assets=frozenset())
    here: Any = SimpleNamespace(channels=channels, db=rows, clock=clock, metrics=metrics, store=None, tombstones=none)
    services = World("wechat").services

    def made(_target: Target) -> Services:
        return Services(**{name: getattr(services, name) for name in services.__slots__} | {"journal": journal})

    async def looked(session: object, target: str, *, now: dt.datetime) -> int:
        assert (target, now) == ("wx", NOW)
        return 1

    monkeypatch.setattr(hooks, "look_now", looked)
    app = web.Application()
    app.add_routes(Hooks(here, made).routes())
    server = TestServer(app)
    await server.start_server()
    yield Place(server, platform, journal, rows, metrics)
    await server.close()


async def call(place: Place, path: str, method: str = "POST", **more: Any) -> tuple[int, bytes, dict[str, str]]:
    async with ClientSession() as session, session.request(method, place.url(path), **more) as answer:
        return answer.status, await answer.read(), {name.lower(): value for name, value in answer.headers.items()}


async def test_a_call_reaches_the_channel_as_it_came_and_its_answer_goes_back(place: Place) -> None:
    status, body, headers = await call(place, "/hooks/wechat/wx/event?signature=abc", data=b"<xml/>")
    (ask,) = place.platform.asked
    assert (ask.method, ask.path, ask.query, ask.body, ask.now) == (
        "POST",
        "event",
        {"signature": "abc"},
        b"<xml/>",
        NOW,
    )
    assert all(name == name.lower() for name in ask.headers)
    assert (status, body, headers["x-own"], headers["content-type"]) == (200, b"success", "1", "text/plain")
    assert "set-cookie" not in headers
    assert headers["x-content-type-options"] == "nosniff"
    assert place.rows.hints == 0
    assert place.journal.lines[0]["event"] == "callback"


async def test_a_get_verifies_an_address_at_the_root_of_the_target(place: Place) -> None:
    place.platform.reply = Reply(200, parts=(b"4375120948345356249",))
    assert (await call(place, "/hooks/wechat/wx/?echostr=4375", "GET"))[:2] == (200, b"4375120948345356249")


async def test_a_hint_has_open_deliveries_looked_at(place: Place) -> None:
    place.platform.reply = Reply(200, hint=True)
    assert (await call(place, "/hooks/wechat/wx/"))[0] == 200
    assert place.rows.hints == 1


@pytest.mark.parametrize("path", ["/hooks/wechat/other/", "/hooks/web/site/", "/hooks/nothing/wx/", "/hooks/wechat/"])
async def test_what_nobody_listens_to_is_not_there(place: Place, path: str) -> None:
    assert (await call(place, path))[0] == 404
    assert place.platform.asked == []


async def test_other_methods_are_refused(place: Place) -> None:
    assert (await call(place, "/hooks/wechat/wx/", "PUT"))[0] == 405


async def test_a_body_that_is_too_large_never_reaches_the_channel(place: Place) -> None:
    assert (await call(place, "/hooks/wechat/wx/", data=io.BytesIO(bytes(LIMIT + 1))))[0] == 413

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield bytes(1 << 16)

    assert (await call(place, "/hooks/wechat/wx/", data=endless()))[0] == 413
    assert place.platform.asked == []
    assert (await call(place, "/hooks/wechat/wx/", data=io.BytesIO(bytes(LIMIT))))[0] == 200


async def test_a_slow_channel_is_given_up(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hooks, "SECONDS", 0.05)
    place.platform.wait = 5
    assert (await call(place, "/hooks/wechat/wx/"))[0] == 408


async def test_trouble_and_defects_are_answered_so_that_the_platform_calls_again(place: Place) -> None:
    place.platform.trouble = ContractError("publishing.vault_closed")
    assert (await call(place, "/hooks/wechat/wx/"))[0] == 503
    place.platform.trouble = KeyError("a defect")
    assert (await call(place, "/hooks/wechat/wx/"))[0] == 500


async def test_a_flood_from_one_address_is_refused_and_its_refusals_do_not_fill_the_journal(place: Place) -> None:
    place.platform.reply = Reply(401)
    answered = [(await call(place, "/hooks/wechat/wx/"))[0] for _ in range(BURST + 20)]
    assert answered[:BURST] == [401] * BURST
    assert 429 in answered
    assert len(place.journal.lines) == 1
    assert b'yunping_callbacks_total{channel="wechat",outcome="4xx"}' in place.metrics.text()


def test_a_bucket_fills_again_with_time_and_only_for_its_address() -> None:
    now = [0.0]
    buckets = Buckets(lambda: now[0], burst=2, rate=1)
    assert [buckets.take("a") for _ in range(3)] == [True, True, False]
    assert buckets.take("b")
    now[0] = 1.0
    assert [buckets.take("a") for _ in range(2)] == [True, False]
