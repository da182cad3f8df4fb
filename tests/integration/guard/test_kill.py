"""The guard is killed at random instants, and a client's own history is compared with what is there afterwards."""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cms.guard.client import GuardClient
from cms.guard.errors import GuardRefused
from cms.guard.journal import Journal
from cms.guard.recalling import Item
from cms.guard.state import GuardState
from cms.trust.recalls import read_recalls
from cms.trust.signed import Signed
from tests.integration.guard.office import Clock, Office, draft, settings_in
from tests.vectors.world import uuid_of

KILLS = 50
ROOT = Path(__file__).parents[3]
_NOBODY = 2**22 + 1  # above any pid
LOST = {"guard.unreachable", "guard.unanswered"}


@dataclass
class History:
    """What was asked for, and what the client was told was done."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    recalled: set[str] = field(default_factory=set)
    registered: set[str] = field(default_factory=set)
    enrolled: set[str] = field(default_factory=set)
    versions: list[int] = field(default_factory=list)
    seqs: list[int] = field(default_factory=list)
    screens: list[int] = field(default_factory=list)


@pytest.mark.timeout(400)
async def test_guard_killed_at_any_moment_loses_no_acknowledged_action(tmp_path: Path) -> None:
    history, chance = History(), random.Random(20261123)
    settings = settings_in(tmp_path)
    async with _nursery(tmp_path) as guards:
        client = await guards.start()
        secret = await asyncio.to_thread((settings.directory / "first-run").read_text, "utf-8")
        await Office(settings, client, Clock(), secret).opened()
        await guards.kill()
        for round_ in range(KILLS):
            if round_ % 5 == 4:  # in the middle of its own recovery
                await guards.kill_while_starting(chance.uniform(0.0, 0.05))
            client = await guards.start()
            _check_running(await client.state(), history)
            busy = [asyncio.create_task(_busy(client, history, chance, f"{round_}-{one}")) for one in range(3)]
            await asyncio.sleep(chance.uniform(0.0, 0.06))
            await guards.kill()
            await asyncio.gather(*busy)
    await asyncio.to_thread(_check_files, settings.directory, history)
    assert history.recalled  # a busy machine acknowledges fewer, but never nothing in so many starts
    assert history.registered


async def _busy(client: GuardClient, history: History, chance: random.Random, name: str) -> None:
    """Acts until the guard is gone."""
    number = 0
    try:
        while True:
            number += 1
            await _act(client, history, chance, f"{name}-{number}")
    except GuardRefused as refused:
        if refused.code not in LOST:
            raise


async def _act(client: GuardClient, history: History, chance: random.Random, name: str) -> None:
    match chance.randrange(6):
        case 0 | 1:
            pair = (_hash(f"{name} a"), _hash(f"{name} b"))
            history.asked.append(pair)
            await client.recall(uuid_of("qian"), [Item(one, None, None) for one in pair], "", second=uuid_of("sun"))
            history.recalled.update(pair)
        case 2:
            await client.register(_hash(name), document="abcdefghjk", places=["/d/abcdefghjk/"])
            history.registered.add(_hash(name))
        case 3:
            history.enrolled.add(await client.enrol(uuid_of(name), "correct horse"))
        case 4:
            signed = await client.sign_screen(uuid_of("screen"), key="A" * 43, unit="/x/", tags=[])
            history.screens.append(json.loads(signed.text)["version"])
        case _:
            manifest = await client.sign_manifest(draft(), {})
            history.versions.append(json.loads(manifest.text)["version"])
            beacons = await client.sign_beacons(["street"])
            history.seqs.append(json.loads(beacons["street"].text)["seq"])


def _check_running(state: dict[str, object], history: History) -> None:
    """After each start: every acknowledged recall is in the set, and a pair asked for is in it whole or not at all."""
    gone = read_recalls(Signed.of(state["recalls"]).text).releases
    assert history.recalled <= gone
    for one, other in history.asked:
        assert (one in gone) == (other in gone)


def _check_files(directory: Path, history: History) -> None:
    state, journal = GuardState(), Journal(directory / "journal.jsonl")
    for record in journal.records():
        state.apply(record)
    journal.close()
    assert history.registered <= state.receipts.keys()
    assert history.enrolled <= {key for keys in state.keys.values() for key in keys}
    for told in (history.versions, history.seqs, history.screens):
        assert len(set(told)) == len(told)  # nothing was numbered twice
    assert state.counter >= max(history.versions, default=0)
    assert state.seq >= max(history.seqs, default=0)
    published = Signed.read((directory / "public" / "recalls.json").read_bytes())
    assert len(read_recalls(published.text).items) <= len(state.items)


def _hash(name: str) -> str:
    return name.encode().hex().rjust(64, "0")[-64:]


class _Guards:
    """Starts and kills guards forked off one warm process."""

    def __init__(self, directory: Path, nursery: asyncio.subprocess.Process) -> None:
        self._socket = settings_in(directory).socket
        self._nursery = nursery
        self._client = GuardClient(self._socket)
        self._pid = _NOBODY

    async def start(self) -> GuardClient:
        """One that answers."""
        self._pid = await self._born()
        self._client = GuardClient(self._socket)
        async with asyncio.timeout(20):
            while True:
                try:
                    await self._client.state()
                except GuardRefused:
                    await asyncio.sleep(0.002)
                else:
                    return self._client

    async def kill(self) -> None:
        os.kill(self._pid, signal.SIGKILL)
        assert await self._line() == "gone"
        self._pid = _NOBODY
        await self._client.close()

    def end(self) -> None:
        """Also after a failure nothing stays behind."""
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)

    async def kill_while_starting(self, after: float) -> None:
        pid = await self._born()
        await asyncio.sleep(after)
        os.kill(pid, signal.SIGKILL)
        assert await self._line() == "gone"

    async def _born(self) -> int:
        assert self._nursery.stdin is not None
        self._nursery.stdin.write(b"\n")
        return int(await self._line())

    async def _line(self) -> str:
        assert self._nursery.stdout is not None
        line = (await self._nursery.stdout.readline()).decode().strip()
        assert line, "the nursery ended"
        return line


@asynccontextmanager
async def _nursery(directory: Path) -> AsyncIterator[_Guards]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.integration.guard.process",
        str(directory),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    guards = _Guards(directory, process)
    try:
        yield guards
    finally:
        guards.end()
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()
