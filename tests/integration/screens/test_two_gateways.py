"""Two gateways over one database: every screen gets everything at either, and the newest socket holds it."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator

import pytest

from cms.kernel.db import Database
from screens.bench.street import SEED
from screens.district import District
from screens.main import listening
from screens.messages import PATH
from screens.simulator import Fleet, SimulatedScreen
from tests.integration.screens.conftest import CLOCK, Street, eventually


@contextlib.asynccontextmanager
async def another(street: Street) -> AsyncIterator[Street]:
    """A second gateway that knows of the first what the rows say, as on another machine."""
    database = Database(street.database.url)
    made = Street(database, District(CLOCK, seed=SEED))
    await made.start()
    try:
        yield made
    finally:
        await made.stop()
        await database.close()


@contextlib.asynccontextmanager
async def mortal(street: Street, kept: socket.socket | None = None) -> AsyncIterator[asyncio.subprocess.Process]:
    """A gateway in a process of its own that shares the street's port, or takes from `kept`; killed at the end."""
    shares = ("--shared",) if kept is None else ("--listener", str(kept.fileno()))
    given = ("--database", street.database.url, "--port", str(street.port), "--core", "-1", *shares)
    pipe, passed = asyncio.subprocess.PIPE, () if kept is None else (kept.fileno(),)
    command = (sys.executable, "-m", "screens.bench.server", *given)
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, pass_fds=passed)
    assert process.stdout is not None
    try:
        assert b"ready" in await asyncio.wait_for(process.stdout.readline(), 60)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def ports(database: Database) -> AsyncIterator[tuple[int, int]]:
    """Two gateways on ports of their own."""
    first = Street(database, District(CLOCK, seed=SEED))
    await first.start()
    try:
        async with another(first) as second:
            yield first.port, second.port
    finally:
        await first.stop()


def _at(port: int, screen: SimulatedScreen) -> SimulatedScreen:
    return SimulatedScreen(f"ws://127.0.0.1:{port}{PATH}", key=screen.key, screen=screen.screen)


async def test_screen_when_it_comes_to_another_gateway_is_held_by_the_newest_socket_alone(
    database: Database, ports: tuple[int, int]
) -> None:
    street = Street(database, District(CLOCK, seed=SEED))
    enrolled = await street.enrol(2)
    older, elsewhere = (_at(port, screen) for port, screen in zip(ports, enrolled, strict=True))
    newer = _at(ports[1], enrolled[0])
    version = await street.publish(enrolled)
    async with Fleet([older, elsewhere]) as both:
        await both.live()
        await both.until(version)
        await eventually(lambda: _linked(street, enrolled[0]))
        before = await _link(street, enrolled[0])
        async with Fleet([newer]) as one:
            await one.live()
            await eventually(lambda: older.heard.byes, within=10)
            assert [bye.code for bye in older.heard.byes] == ["replaced"]
            await eventually(lambda: not older.is_live.is_set())
            # The older one's end, written after the newer one's beginning, unlinks nothing.
            link = await _link(street, enrolled[0])
            assert link not in {None, before}
            again = await street.publish(enrolled)
            await newer.until(again)
            await elsewhere.until(again)
            await eventually(lambda: _received(street, again))
            assert await _link(street, enrolled[0]) == link
            assert newer.heard.byes == []


async def _link(street: Street, screen: SimulatedScreen) -> object:
    return next(row.link for row in await street.rows() if str(row.id) == screen.screen)


async def _linked(street: Street, screen: SimulatedScreen) -> bool:
    return await _link(street, screen) is not None


async def _received(street: Street, version: int) -> bool:
    return all(row.received == version for row in await street.rows())


async def test_gateways_when_they_share_a_port_outlive_each_other(sqlite: Database) -> None:
    street = Street(sqlite, District(CLOCK, seed=SEED), settings={"reuse_port": True})
    screens = await street.enrol(24)
    version = await street.publish(screens)
    await street.start()
    try:
        async with mortal(street) as second, Fleet(screens) as many:
            await many.until(version, within=30)
            connected = [screen.heard.connected for screen in screens]
            second.kill()
            await second.wait()
            newer = await street.publish(screens)
            await many.until(newer, within=30)
            moved = sum(screen.heard.connected > before for screen, before in zip(screens, connected, strict=True))
            assert 0 < moved < 24  # the kernel dealt them out, and only the killed one's had to move
    finally:
        await street.stop()


async def test_gateways_when_they_take_from_one_line_serve_for_each_other_and_no_screen_is_refused(
    sqlite: Database,
) -> None:
    street = Street(sqlite, District(CLOCK, seed=SEED))
    with listening("127.0.0.1", street.port) as kept:
        kept.listen(64)
        screens = await street.enrol(24)
        version = await street.publish(screens)
        async with mortal(street, kept) as first, mortal(street, kept) as second, Fleet(screens) as many:
            await many.until(version, within=30)
            first.kill()
            await first.wait()
            await many.until(await street.publish(screens), within=30)
            second.kill()
            await second.wait()
            newer = await street.publish(screens)
            # Nobody is left. The kernel takes it in: it waits, and is not sent to try again later.
            _, waiting = await asyncio.open_connection("127.0.0.1", street.port)
            async with mortal(street, kept):
                await many.until(newer, within=30)
            waiting.close()
            await waiting.wait_closed()
