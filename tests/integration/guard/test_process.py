"""A guard that starts again, moves, opens an epoch, and is spoken to badly."""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from cms.guard.bundle import write_bundle
from cms.guard.client import GuardClient
from cms.guard.errors import GuardRefused
from cms.guard.journal import Journal
from cms.guard.keyring import Keyring
from cms.guard.recalling import Item
from cms.guard.state import GuardState
from cms.trust.recalls import read_recalls
from cms.trust.signed import Signed
from cms.trust.verify import verify_root
from tests.integration.guard.office import Clock, Office, guard_in, password
from tests.vectors import world
from tests.vectors.world import T0, uuid_of


def release_item(release: str) -> Item:
    return Item(release, None, None)


def made_up(number: int) -> str:
    return f"{number:064x}"


async def refused(doing: object) -> str:
    with pytest.raises(GuardRefused) as refusal:
        await doing  # type: ignore[misc]
    return refusal.value.code


async def test_restart_keeps_everything_acknowledged(office: Office, tmp_path: Path) -> None:
    piece = await office.approved("x")
    await office.shown(piece)
    await office.client.recall(uuid_of("qian"), [release_item(made_up(1))], "")
    before = await office.client.state()
    elsewhere = replace(office.settings, directory=tmp_path / "copy", socket=tmp_path / "copy.sock")
    await asyncio.to_thread(_copy, office.settings.directory, elsewhere.directory)
    async with guard_in(elsewhere, Clock(office.clock.at)) as client:
        after = await client.state()
    assert after == before


async def test_bundle_and_keys_on_a_new_machine_recall_what_the_old_one_knew(office: Office, tmp_path: Path) -> None:
    await office.client.register(made_up(3), document="abcdefghjk", places=["/d/abcdefghjk/"])
    await office.client.recall(uuid_of("qian"), [release_item(made_up(1))], "")
    elsewhere = replace(office.settings, directory=tmp_path / "copy", socket=tmp_path / "copy.sock")
    before = await office.client.state()
    await office.client.close()
    await asyncio.to_thread(_tidied, office)
    await asyncio.to_thread(_copy, office.settings.directory, elsewhere.directory)
    (elsewhere.directory / "journal.jsonl").unlink()
    async with guard_in(elsewhere, Clock(office.clock.at)) as client:
        done = await client.recall(uuid_of("sun"), [Item(None, None, "abcdefghjk")], "")
        assert (await client.state())["delegations"] == before["delegations"]
    assert read_recalls(done.recalls.text).releases == {made_up(1), made_up(3)}


async def test_raised_epoch_begins_versions_again_and_keeps_recalls(office: Office) -> None:
    await office.shown()
    await office.client.recall(uuid_of("qian"), [release_item(made_up(1))], "")
    old = Signed.of((await office.client.state())["roots"][0])
    new = await office.client.raise_epoch(by=uuid_of("zheng"), password=password("zheng"))
    assert verify_root(new, verify_root(old, None)).value.epoch == 2
    recalls = read_recalls(Signed.of((await office.client.state())["recalls"]).text)
    assert (recalls.epoch, sorted(recalls.releases)) == (2, [made_up(1)])
    assert json.loads((await office.shown()).text)["version"] == 1
    assert json.loads((await office.client.sign_beacons())["street"].text)["epoch"] == 2


async def test_root_and_delegations_near_their_end_are_issued_anew_at_the_start(office: Office, tmp_path: Path) -> None:
    elsewhere = replace(office.settings, directory=tmp_path / "copy", socket=tmp_path / "copy.sock")
    await asyncio.to_thread(_copy, office.settings.directory, elsewhere.directory)
    async with guard_in(elsewhere, Clock(T0 + 300 * world.DAY)) as client:
        state = await client.state()
    assert json.loads(state["root"]["text"])["expires_at"] == T0 + 665 * world.DAY
    assert json.loads(state["delegations"]["text"])["expires_at"] == T0 + 665 * world.DAY
    assert len(state["roots"]) == 2


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}\n",
        b"[]\n",
        b"\xff\n",
        b"[" * 100_000 + b"\n",
        b'{"id":1,"do":"steal","with":{}}\n',
        b'{"id":1,"do":"state","with":{"more":1}}\n',
        b'{"id":1,"do":"enrol","with":{"person":"x","password":"12345678"}}\n',
    ],
)
async def test_server_when_a_line_is_wrong_answers_with_a_code_and_goes_on(office: Office, line: bytes) -> None:
    reader, writer = await asyncio.open_unix_connection(str(office.settings.socket))
    writer.write(line + b'{"id":2,"do":"state","with":{}}\n')
    answers = [json.loads(await reader.readline()) for _ in range(2)]
    writer.close()
    codes = {answer["refused"]["code"] for answer in answers if "refused" in answer}
    assert codes <= {"guard.message", "trust.schema"}
    assert len(codes) == 1
    assert any(answer["id"] == 2 and "done" in answer for answer in answers)


async def test_server_when_a_line_has_no_end_drops_the_caller_alone(office: Office) -> None:
    reader, writer = await asyncio.open_unix_connection(str(office.settings.socket))
    with suppress(ConnectionError):
        for _ in range(20):
            writer.write(b"x" * 2**20)
            await writer.drain()
    with suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()
    assert (await office.client.state())["domain"] == world.DOMAIN


async def test_second_guard_on_the_same_directory_does_not_start(office: Office) -> None:
    with pytest.raises(GuardRefused, match=r"guard\.running"):
        async with guard_in(replace(office.settings, socket=office.settings.directory / "other"), office.clock):
            pass


async def test_guard_of_another_domain_does_not_start(office: Office, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    await asyncio.to_thread(_copy, office.settings.directory, copy)
    wrong = replace(office.settings, directory=copy, socket=copy / "socket", domain="other.example")
    with pytest.raises(GuardRefused, match=r"guard\.wrong_domain"):
        async with guard_in(wrong, office.clock):
            pass


async def test_client_when_no_guard_runs_says_so(tmp_path: Path) -> None:
    assert await refused(GuardClient(tmp_path / "none").state()) == "guard.unreachable"


async def test_files_of_the_guard_are_readable_by_it_alone(office: Office) -> None:
    home = office.settings.directory
    assert home.stat().st_mode & 0o777 == 0o700
    secret = [path for path in home.rglob("*") if path.is_file() and "public" not in path.parts]
    assert {path.stat().st_mode & 0o777 for path in secret} == {0o600}
    assert office.settings.socket.stat().st_mode & 0o777 == 0o600
    passwords = [password(name).encode() for name in office.keys]
    assert not any(one in path.read_bytes() for one in passwords for path in secret)


def _tidied(office: Office) -> None:
    """As the tick does: the bundle holds what the journal holds."""
    state = GuardState()
    journal = Journal(office.settings.directory / "journal.jsonl")
    for record in journal.records():
        state.apply(record)
    journal.close()
    keyring = Keyring(office.settings.directory / "keys", cost=office.settings.cost)
    write_bundle(office.settings.directory / "bundle.sealed", state.snapshot(), keyring.derive("bundle"))


def _copy(source: Path, target: Path) -> None:
    """The files as a crash would leave them."""
    target.mkdir()
    for path in sorted(source.rglob("*")):
        to = target / path.relative_to(source)
        if path.is_dir():
            to.mkdir()
        elif path.is_file() and path.name != "lock":
            to.write_bytes(path.read_bytes())
