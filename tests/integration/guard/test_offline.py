"""Recalling from the command line, and starting from what was left behind."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from cms.guard.errors import GuardRefused
from cms.guard.offline import recall_offline
from cms.guard.recalling import Item
from cms.trust.recalls import read_recalls
from cms.trust.signed import Signed
from tests.integration.guard.office import Clock, Office, guard_in, settings_in
from tests.vectors.world import uuid_of

ONE = Item("1" * 64, None, None)


async def test_recall_offline_goes_through_the_running_guard(office: Office) -> None:
    done = await recall_offline(office.settings, office.clock, person="qian", items=[ONE], reason="")
    assert Signed.of((await office.client.state())["recalls"]) == done.recalls


async def test_recall_offline_without_a_guard_works_on_its_files_and_the_next_guard_knows(tmp_path: Path) -> None:
    settings, clock = settings_in(tmp_path), Clock()
    async with guard_in(settings, clock) as client:
        secret = await asyncio.to_thread((settings.directory / "first-run").read_text, "utf-8")
        office = Office(settings, client, clock, secret)
        await office.opened()
        await client.register("2" * 64, document="abcdefghjk", places=["/d/abcdefghjk/"])
    items = [ONE, Item(None, None, "abcdefghjk")]
    done = await recall_offline(settings, clock, person=uuid_of("qian"), items=items, reason="数据库停机")
    assert done.receipts["2" * 64]["places"] == ["/d/abcdefghjk/"]
    file = await asyncio.to_thread((settings.public_directory / "recalls.json").read_bytes)
    assert read_recalls(Signed.read(file).text).releases == {"1" * 64, "2" * 64}
    async with guard_in(settings, clock) as client:
        assert Signed.of((await client.state())["recalls"]) == done.recalls


@pytest.mark.parametrize("person", ["nobody", uuid_of("nobody")])
async def test_recall_offline_by_somebody_unknown_is_refused(office: Office, person: str) -> None:
    with pytest.raises(GuardRefused, match=r"guard\.person_unknown"):
        await recall_offline(office.settings, office.clock, person=person, items=[ONE], reason="")


async def test_recall_offline_of_everything_alone_is_refused(office: Office) -> None:
    with pytest.raises(GuardRefused, match=r"guard\.second_person"):
        await recall_offline(office.settings, office.clock, person="qian", items=None, reason="")


async def test_long_journal_is_begun_anew_at_the_start_and_says_the_same(tmp_path: Path) -> None:
    settings, clock = settings_in(tmp_path), Clock()
    async with guard_in(settings, clock) as client:
        secret = await asyncio.to_thread((settings.directory / "first-run").read_text, "utf-8")
        office = Office(settings, client, clock, secret)
        await office.opened()
        for number in range(50):
            await client.register(f"{number:064x}", document=f"{number:010d}", places=["/"])
        await client.recall(uuid_of("qian"), [Item(None, None, "0000000007")], "")
        before = await client.state()
    short = replace(settings, compact=1)
    for _ in range(2):
        async with guard_in(short, clock) as client:
            after = await client.state()
            assert {**after, "head": "", "records": 0} == {**before, "head": "", "records": 0}
            await client.recall(uuid_of("sun"), [Item(None, None, "0000000009")], "")
            before = await client.state()
    assert len(read_recalls(Signed.of(before["recalls"]).text).items) == 2
    assert len(list(settings.directory.glob("journal-*.jsonl"))) == 2
