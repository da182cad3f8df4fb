"""Parts that fail: slow readers, a restarted or killed gateway, a database or a guard that is away."""

import asyncio
import shutil
import socket
import statistics
import sys
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest
from websockets.asyncio.client import ClientConnection

from cms.kernel.db import Database
from cms.trust.beacon import Beacon
from cms.trust.signed import read_body
from screens.connection import MAX_BUFFER
from screens.district import District
from screens.messages import StateFrame, read_server
from screens.simulator import Fleet, SimulatedScreen
from tests.integration.screens.conftest import Street, eventually, introduce, talk
from tests.postgres import Cluster

# Enough to fill what the kernel buffers for one socket.
ROUNDS = 30
screens_of_a_district = pytest.mark.parametrize("count", [100, pytest.param(300, marks=pytest.mark.soak)])


def _copied(folder: Path, template: Path) -> str:
    shutil.copy(template, folder / "street.sqlite")
    return f"sqlite+aiosqlite:///{folder / 'street.sqlite'}"


@pytest.fixture
async def file_database(tmp_path: Path, _sqlite_template: Path) -> AsyncIterator[Database]:
    """SQLite alone: what these tests ask has nothing to do with the kind of database."""
    database = Database(_copied(tmp_path, _sqlite_template))
    yield database
    await database.close()


@pytest.fixture
async def lane(file_database: Database, district: District) -> AsyncIterator[Street]:
    made = Street(file_database, district)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def postgres_street(
    postgres: Cluster, _postgres_template: str, district: District
) -> AsyncIterator[tuple[Street, Cluster, str]]:
    name = postgres.create(template=_postgres_template)
    database = Database(postgres.url(name))
    street = Street(database, district)
    await street.start()
    yield street, postgres, name
    await street.stop()
    await database.close()
    postgres.drop(name)


@pytest.mark.parametrize("many_screens", [50, pytest.param(200, marks=pytest.mark.soak)])
async def test_slow_reader_when_among_many_delays_nobody_and_gets_the_newest(lane: Street, many_screens: int) -> None:
    screens = await lane.enrol(many_screens, acks=False)
    stuck, others = screens[0], screens[1:]
    async with Fleet(others) as many:
        await many.live()
        before, _ = await _publish_often(lane, screens, many)
        # It does not answer pings either, and a busy machine takes long over thirty rounds; here it is to stay.
        lane.live.wheel.silent = lane.live.wheel.late = 600
        reader = await _stuck_reader(lane, stuck)
        connection = lane.live.registry.get(uuid.UUID(str(stuck.screen)))
        assert connection is not None
        during, version = await _publish_often(lane, screens, many)
        assert connection.late_since > 0  # it was stuck indeed
        assert connection.transport.get_write_buffer_size() < MAX_BUFFER / 2
        assert statistics.median(during) < 3 * statistics.median(before) + 0.2
        seen: list[int] = []
        beacons: list[int] = []
        async with asyncio.timeout(20):
            while not seen or seen[-1] != version:
                message = read_server(await reader.recv())
                if isinstance(message, StateFrame):
                    beacon = read_body(Beacon, message.beacon.text)
                    seen.append(beacon.version)
                    beacons.append(beacon.seq)
        assert len(seen) < ROUNDS - 5  # not every version was queued for it
        assert seen == sorted(seen)
        assert beacons == sorted(set(beacons))  # a screen refuses a beacon it has had
    reader.transport.abort()
    await reader.wait_closed()


async def _publish_often(lane: Street, screens: list[SimulatedScreen], many: Fleet) -> tuple[list[float], int]:
    """How long each publication took to its last reader, and the last version."""
    delays, version = [], 0
    for _ in range(ROUNDS):
        began = time.monotonic()
        version = await lane.publish(screens, entries=250)
        delays.append(max(await many.until(version)) - began)
    return delays, version


async def _stuck_reader(lane: Street, screen: SimulatedScreen) -> ClientConnection:
    """A connection that is welcomed and then reads no more; its buffers are as small as the system lets them be."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", lane.port))
    reader = await talk(lane, sock=small, max_queue=1)
    side = await introduce(lane, reader, screen.key, screen.screen)
    side.receive(await reader.recv())
    return reader


async def test_reader_when_stuck_for_too_long_is_dropped(lane: Street) -> None:
    (stuck,) = await lane.enrol(1)
    reader = await _stuck_reader(lane, stuck)
    lane.live.wheel.late = 0.5
    screen = uuid.UUID(str(stuck.screen))
    async with asyncio.timeout(60):
        while (held := lane.live.registry.get(screen)) is not None:
            # Until its line is full; then it has its time to read on.
            await (asyncio.sleep(0.05) if held.late_since > 0 else lane.publish([stuck], entries=60))
    assert lane.live.wheel.dropped == 1
    reader.transport.abort()
    await reader.wait_closed()


async def test_silent_link_when_cut_without_a_word_is_dropped(lane: Street) -> None:
    (screen,) = await lane.enrol(1)
    lane.live.wheel.silent = 0.5
    async with Fleet([screen]) as one:
        await one.live()
        assert screen.socket is not None
        link = screen.socket
        link.transport.pause_reading()  # no pong from now on, and no FIN
        await eventually(lambda: lane.live.wheel.dropped, within=15)
        await eventually(lambda: len(lane.live.registry) == 0)
    await asyncio.wait_for(link.wait_closed(), 5)  # and nothing of it is left open here


@screens_of_a_district
async def test_gateway_when_restarted_gets_all_screens_back(lane: Street, count: int) -> None:
    screens = await lane.enrol(count)
    version = await lane.publish(screens)
    async with Fleet(screens) as many:
        await many.until(version, within=30)
        await lane.stop()
        assert {screen.heard.byes[-1].code for screen in screens} == {"restart"}
        assert not any(screen.is_live.is_set() for screen in screens)
        missed = await lane.publish(screens)  # while nobody listens
        began = time.monotonic()
        await lane.start()
        await many.until(missed, within=30)
        assert time.monotonic() - began < 30
        assert len(lane.live.registry) == count


@screens_of_a_district
async def test_gateway_when_killed_gets_all_screens_back(
    file_database: Database, district: District, count: int
) -> None:
    street = Street(file_database, district)
    screens = await street.enrol(count)
    version = await street.publish(screens)
    process = await _spawn(street)
    try:
        async with Fleet(screens) as many:
            await many.until(version, within=30)
            process.kill()
            await process.wait()
            missed = await street.publish(screens)
            process = await _spawn(street)
            began = time.monotonic()
            await many.until(missed, within=30)
            assert time.monotonic() - began < 30
    finally:
        process.kill()
        await process.wait()


@pytest.mark.postgres
async def test_screens_when_the_database_is_down_stay_connected_and_may_reconnect(
    postgres_street: tuple[Street, Cluster, str],
) -> None:
    street, cluster, name = postgres_street
    screens = await street.enrol(10, root=street.district.root)
    version = await street.publish(screens)
    async with Fleet(screens) as many:
        await many.until(version)
        await _cut(cluster, name, allowed=False)
        states = [screen.heard.states for screen in screens]
        leaver = screens[0]
        assert leaver.socket is not None
        await leaver.socket.close()
        await asyncio.gather(*(screen.beat() for screen in screens[1:]))
        await eventually(lambda: leaver.heard.connected == 2, within=10)  # reconnected without a database
        await leaver.until(version)
        await eventually(lambda: not street.live.source.is_fresh, within=10)
        everybody_heard = lambda: all(s.heard.states > n for s, n in zip(screens, states, strict=True))  # noqa: E731
        await eventually(everybody_heard, within=15)  # beacons go on
        assert sum(len(screen.heard.byes) for screen in screens) == 0
        await _cut(cluster, name, allowed=True)
        newer = await street.publish(screens)
        await many.until(newer, within=15)

        async def is_written() -> bool:
            return all(row.received == newer for row in await street.rows())

        await eventually(is_written, within=10)


async def test_screens_when_the_guard_is_away_get_the_last_signed_state(
    lane: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("screens.beacons.OLDEST", (0.3, 0.5))
    early, late = await lane.enrol(2, root=lane.district.root)
    version = await lane.publish([early, late])
    async with Fleet([early]) as one:
        await early.until(version)
        await eventually(lambda: early.heard.welcomes[-1].screen)
        lane.district.is_away = True
        await eventually(lambda: not lane.live.beacons.is_guarded)
        assert early.socket is not None
        await early.socket.close()
        await eventually(lambda: early.heard.connected == 2, within=10)
        async with Fleet([late]):
            await late.until(version)  # the last signed state
            assert late.heard.welcomes[-1].screen is None  # nobody to certify it
            lane.district.is_away = False
            newer = await lane.publish([early, late])
            await late.until(newer)
            await eventually(lambda: late.heard.welcomes[-1].screen, within=10)
        await one.live()


async def _spawn(street: Street) -> asyncio.subprocess.Process:
    """The gateway as a process of its own, so that it can be killed."""
    options = ("--database", street.database.url, "--port", str(street.port), "--core", "-1")
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "screens.bench.server", *options, stdin=pipe, stdout=pipe
    )
    assert process.stdout is not None
    assert b"ready" in await asyncio.wait_for(process.stdout.readline(), 30)
    return process


async def _cut(cluster: Cluster, name: str, *, allowed: bool) -> None:
    """Takes the database away from everybody, or gives it back."""

    def run() -> None:
        with psycopg.connect(host=str(cluster.folder), user="postgres", dbname="postgres", autocommit=True) as admin:
            admin.execute(f"alter database {name} with allow_connections {str(allowed).lower()}")
            if not allowed:
                admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", (name,))

    await asyncio.to_thread(run)
