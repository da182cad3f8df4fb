"""Who gets in: origins, plain requests, proofs, and frames that are no messages."""

import asyncio
import contextlib
import json
import urllib.error
import urllib.request

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from cms.trust.keys import SigningKey
from screens import fleet
from screens.messages import MAX_FRAME, SUBPROTOCOLS, Have, encode
from screens.protocol import Reply, ScreenSide, Welcomed
from screens.simulator import Fleet
from tests.integration.screens.conftest import CLOCK, Street, eventually, farewell, introduce, operator, talk
from tests.vectors.world import uuid_of

ORIGIN = "http://127.0.0.1:8474"
FOREIGN = [
    "http://evil.example",
    "https://evil.example",
    "null",
    "file://",
    "http://127.0.0.1",
    "http://127.0.0.1:8475",
    "https://127.0.0.1:8474",
    "http://127.0.0.1:8474/",
    "http://127.0.0.1:8474.evil.example",
    "http://127.0.0.1:84740",
    "http://localhost:8474",
    "http://[::1]:8474",
    "HTTP://127.0.0.1:8474",
    "http://127.0.0.1:8474 http://evil.example",
    "http://user@127.0.0.1:8474",
    "chrome-extension://abcdefgh",
    "http://127.1:8474",
    "http://2130706433:8474",
    "ws://127.0.0.1:8474",
    "*",
]


def fetch(street: Street, path: str, headers: dict[str, str] | None = None) -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{street.port}{path}", headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


async def test_origin_when_foreign_is_refused_and_when_listed_is_not(street: Street) -> None:
    await street.stop()
    street.settings["origins"] = (ORIGIN,)
    await street.start()
    for origin in FOREIGN:
        with pytest.raises(InvalidStatus) as refused:
            await talk(street, additional_headers={"Origin": origin})
        assert refused.value.response.status_code == 403, origin
    for extra in ({"Origin": ORIGIN}, {}):
        socket = await talk(street, additional_headers=extra)
        assert json.loads(await socket.recv())["t"] == "challenge"
        await socket.close()
    _, metrics = await asyncio.to_thread(fetch, street, "/metrics")
    assert 'yunping_screen_http_total{status="403"} 20.0' in metrics


async def test_plain_requests_when_made_get_health_and_nothing_else(street: Street) -> None:
    status, body = await asyncio.to_thread(fetch, street, "/healthz")
    assert (status, json.loads(body)) == (200, {"database": True, "guard": True, "screens": 0})
    assert (await asyncio.to_thread(fetch, street, "/metrics"))[0] == 200
    passed_on = {"X-Forwarded-For": "203.0.113.9"}
    assert (await asyncio.to_thread(fetch, street, "/metrics", passed_on))[0] == 404
    for path in ("/", "/screens", "/screens/v1/", "/screens/v2", "/../etc/passwd", "/metrics/"):
        assert (await asyncio.to_thread(fetch, street, path))[0] == 404
    assert (await asyncio.to_thread(fetch, street, "/screens/v1"))[0] in {400, 426}


async def test_upgrade_when_subprotocol_is_missing_is_refused(street: Street) -> None:
    for subprotocols in (None, [Subprotocol("yunping.screen.9")]):
        with pytest.raises(InvalidStatus) as refused:
            await connect(street.url, subprotocols=subprotocols, proxy=None)
        assert refused.value.response.status_code == 400


async def test_screen_id_without_its_key_gets_the_same_answer_as_no_screen_at_all(street: Street) -> None:
    (screen,) = await street.enrol(1)
    stranger = SigningKey.generate()
    answers = []
    for claimed, key in ((screen.screen, stranger), (uuid_of("nobody"), stranger), (uuid_of("nobody"), screen.key)):
        socket = await talk(street)
        await introduce(street, socket, key, claimed)
        answers.append(await farewell(socket))
    assert {(bye.code, bye.why) for bye in answers} == {("unknown", None)}
    assert len({bye.retry for bye in answers}) == 1
    async with Fleet([screen]) as one:
        await one.live()


async def test_hello_when_recorded_and_replayed_is_refused(street: Street) -> None:
    (screen,) = await street.enrol(1)
    socket = await talk(street)
    side = ScreenSide(key=screen.key, screen=screen.screen, host=f"127.0.0.1:{street.port}", have=Have(), player="test")
    reply = side.receive(await socket.recv())
    assert isinstance(reply, Reply)
    recorded = encode(reply.message)
    await socket.send(recorded)
    assert json.loads(await socket.recv())["t"] == "welcome"
    again = await talk(street)
    await again.recv()
    await again.send(recorded)
    bye = await farewell(again)
    assert (bye.code, bye.why) == ("protocol", "signature")
    await socket.send(json.dumps({"t": "ack", "version": 1, "state": "shown", "at": 1}))
    assert street.live.registry.get(next(iter(street.live.registry))[0]) is not None  # the replay took nothing over
    await socket.close()


async def test_hello_when_signed_with_a_swapped_key_is_refused(street: Street) -> None:
    (screen,) = await street.enrol(1)
    socket = await talk(street)
    side = ScreenSide(
        key=SigningKey.generate(), screen=screen.screen, host=f"127.0.0.1:{street.port}", have=Have(), player="test"
    )
    reply = side.receive(await socket.recv())
    assert isinstance(reply, Reply)
    forged = json.loads(encode(reply.message)) | {"key": screen.key.public.text}
    await socket.send(json.dumps(forged))
    assert (await farewell(socket)).why == "signature"


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ("hello", "json"),
        (b"\x00\x01", "json"),
        ("{}", "type"),
        ('{"t":"state"}', "type"),
        ('{"t":"beat","at":1.5}', "schema"),
        ('{"t":"ack","version":1,"state":"shown","at":1,"code":"' + "a" * MAX_FRAME + '"}', "size"),
        ('{"t":"ack","version":1,"state":"shown","at":1}', "order"),
    ],
)
async def test_frame_when_it_is_no_introduction_gets_a_coded_goodbye(
    street: Street, frame: str | bytes, why: str
) -> None:
    socket = await talk(street)
    await socket.recv()
    await socket.send(frame)
    bye = await farewell(socket)
    assert (bye.code, bye.why) == ("protocol", why)
    assert socket.close_code == 1008


async def test_frame_when_far_too_large_closes_the_connection(street: Street) -> None:
    socket = await talk(street)
    await socket.recv()
    with contextlib.suppress(ConnectionClosed):
        await socket.send("x" * (4 * MAX_FRAME))
    async with asyncio.timeout(5):
        await socket.wait_closed()
    assert socket.close_code == 1009


async def test_connection_when_it_says_nothing_is_closed(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("screens.session.HELLO_MS", 200)
    socket = await talk(street)
    await socket.recv()
    bye = await farewell(socket)
    assert (bye.code, bye.why) == ("protocol", "timeout")


async def test_live_screen_when_it_floods_is_sent_away_and_may_come_back(street: Street) -> None:
    (screen,) = await street.enrol(1)
    async with Fleet([screen]) as one:
        await one.live()
        assert screen.socket is not None
        for _ in range(100):
            try:
                await screen.beat()
            except ConnectionClosed:
                break
        await eventually(lambda: screen.heard.byes)
        assert screen.heard.byes[0].why == "rate"


async def test_revoked_screen_when_it_says_hello_learns_so(street: Street) -> None:
    (screen,) = await street.enrol(1)
    (row,) = await street.rows()
    async with street.database.write() as session:
        await fleet.revoke(session, operator(), row.public, now=CLOCK.now())
    await asyncio.sleep(0.3)
    socket = await talk(street)
    await introduce(street, socket, screen.key, screen.screen)
    assert (await farewell(socket)).code == "revoked"
    assert socket.subprotocol == next(iter(SUBPROTOCOLS))


async def test_player_of_the_first_version_when_it_comes_is_served_in_its_own_words(street: Street) -> None:
    (screen,) = await street.enrol(1)
    socket = await connect(street.url, subprotocols=[Subprotocol("yunping.screen.1")], proxy=None)
    side = ScreenSide(
        key=screen.key,
        screen=screen.screen,
        host=f"127.0.0.1:{street.port}",
        have=Have(),
        player="0.9",
        protocol=SUBPROTOCOLS[socket.subprotocol or ""],
    )
    reply = side.receive(await socket.recv())
    assert isinstance(reply, Reply)
    assert json.loads(encode(reply.message))["protocol"] == 1
    await socket.send(encode(reply.message))
    assert isinstance(side.receive(await socket.recv()), Welcomed)
    await socket.close()


async def test_hello_of_another_version_than_agreed_is_refused(street: Street) -> None:
    (screen,) = await street.enrol(1)
    socket = await talk(street)
    side = ScreenSide(key=screen.key, screen=screen.screen, host=f"127.0.0.1:{street.port}", have=Have(), player="test")
    reply = side.receive(await socket.recv())
    assert isinstance(reply, Reply)
    await socket.send(json.dumps(json.loads(encode(reply.message)) | {"protocol": 1}))
    assert (await farewell(socket)).why == "schema"
