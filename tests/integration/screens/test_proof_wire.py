"""Proof of play and vitals over a real socket: kept, answered, and on the screen's row; steps reach the ledger."""

import asyncio

import pytest
from sqlalchemy import func, select

from cms.kernel.clock import to_ms
from screens.health import storage_of, temperature_of
from screens.ledger_rows import ScreenSteps
from screens.messages import MAX_ROWS, Proved, Shown, Unproved, Vitals, encode, read_server
from screens.proof import Row, chained, plain
from screens.proof_rows import ProofDay
from screens.steps import Stage, unpacked
from tests.integration.screens.conftest import CLOCK, Street, eventually, introduce, talk


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_proof_of_a_screen_is_kept_and_answered_once_it_is(street: Street) -> None:
    (screen,) = await street.enrol(1)
    await street.publish([screen])
    now = to_ms(CLOCK.now())
    first = now - MAX_ROWS * 1000
    rows = [Row("ab"[place % 2] * 64, first + place * 1000, 1000) for place in range(MAX_ROWS)]
    rows[7] = rows[6]
    batch = chained(rows)
    releases, taken = plain(batch.rows)
    said = Shown("A" * 22, 1, batch.prev, batch.head, tuple(releases), tuple(tuple(row) for row in taken))
    async with await talk(street) as socket:
        side = await introduce(street, socket, screen.key, screen.screen)
        await socket.send(encode(Vitals(now, 32_000, 900, 615)))
        await socket.send(encode(said))
        version = 0
        async with asyncio.timeout(10):
            while not isinstance(answer := read_server(await socket.recv()), Proved):
                if answer.T == "state" and not version:
                    version = 1
                    await socket.send(encode(side.ack(1, "received", now)))
        assert answer == Proved("A" * 22, MAX_ROWS, (Unproved(8, "overlap"),))
        await eventually(lambda: _has_steps(street))
    async with street.database.read() as session:
        assert await session.scalar(select(func.sum(ProofDay.plays))) == MAX_ROWS - 1
    (row,) = await street.rows()
    assert (storage_of(row).reason, storage_of(row).value) == ("screens.health.storage.low", 900)
    assert (temperature_of(row).reason, temperature_of(row).value) == ("screens.health.temperature.fine", 62)


async def _has_steps(street: Street) -> bool:
    async with street.database.read() as session:
        rows = (await session.scalars(select(ScreenSteps))).all()
    return any(step.stage is Stage.RECEIVED for row in rows for step in unpacked(row.at, row.entries))
