"""What a gateway does at its limits: no descriptor left, everybody sent away at once, nothing to say."""

import asyncio
import socket
import uuid
from collections.abc import AsyncIterator

import pytest

from cms.kernel.db import Database
from cms.trust.recalls import Recalled
from screens import connection as connections, gateway as gateways, wheel
from screens.district import District
from screens.messages import Pulse, read_server
from screens.simulator import Fleet
from tests.integration.screens.conftest import Street, eventually, talk


@pytest.fixture
async def lane(sqlite: Database, district: District) -> AsyncIterator[Street]:
    made = Street(sqlite, district)
    await made.start()
    yield made
    await made.stop()


async def test_recall_when_strangers_took_all_descriptors_still_reaches_the_screens(
    lane: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    screens = await lane.enrol(3, root=lane.district.root)
    version = await lane.publish(screens)
    async with Fleet(screens) as many:
        await many.until(version)
        strangers = [socket.create_connection(("127.0.0.1", lane.port)) for _ in range(40)]
        # They wait to be accepted. Descriptors go out from the lowest that is free: there is room for ten.
        with socket.socket() as probe:
            lowest = probe.fileno()
        monkeypatch.setattr(connections, "descriptor_limit", lambda: lowest + 10 + connections.RESERVED)
        await eventually(lambda: sum(map(_is_turned_away, strangers)) >= 20)
        lane.district.recall(Recalled("ab" * 32, None, 1, str(uuid.uuid4()), "撤回"))
        await eventually(lambda: all(screen.heard.recalls == 2 for screen in screens))
        assert [screen.heard.byes for screen in screens] == [[], [], []]
        for stranger in strangers:
            stranger.close()


def _is_turned_away(stranger: socket.socket) -> bool:
    try:
        return stranger.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True


async def test_gateway_when_it_goes_sends_its_screens_away_in_slices(
    lane: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateways, "RESTART_SLICE", 5)
    monkeypatch.setattr(gateways, "RESTART_PAUSE", 0.3)
    screens = await lane.enrol(20)
    sent_away: list[int] = []
    async with Fleet(screens) as many:
        await many.live()
        leaving = asyncio.create_task(lane.stop())
        while len(sent_away) < 4:
            gone = sum(bool(screen.heard.byes) for screen in screens)
            if gone and (not sent_away or gone > sent_away[-1]):
                sent_away.append(gone)
            await asyncio.sleep(0.05)
        await leaving
    assert sent_away == [5, 10, 15, 20]
    assert {bye.code for screen in screens for bye in screen.heard.byes} == {"restart"}


async def test_screen_when_there_is_nothing_to_say_hears_that_the_gateway_is_there(
    lane: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheel, "QUIET", 0.1)
    link = await talk(lane)
    await link.recv()
    async with asyncio.timeout(8):
        assert isinstance(read_server(await link.recv()), Pulse)
    await link.close()


async def test_beacon_to_a_screen_that_was_not_asked_for_long_carries_a_ping(
    lane: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.beacons.OLDEST", (0.1, 0.2))
    monkeypatch.setattr("screens.fanout.PING_EVERY", 0.5)
    monkeypatch.setattr(wheel, "PING_AFTER", 600)
    (screen,) = await lane.enrol(1)
    version = await lane.publish([screen])
    async with Fleet([screen]):
        await screen.until(version)
        connection = lane.live.registry.get(uuid.UUID(screen.screen or ""))
        assert connection is not None
        heard = {connection.heard_at}

        def is_asked() -> bool:
            heard.add(connection.heard_at)
            return max(heard) >= min(heard) + 1.5

        await eventually(is_asked, within=20)
