"""Kill -9 to the processes of the server at any moment: what was acknowledged is there, the rest is whole."""

import asyncio
import random
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from tests.faults.uploads import upload_through_breaks
from tests.journeys.house import House, house
from tests.journeys.inputs import Article, articles
from tests.journeys.office import Person

PASSWORD = "沿着湖边慢慢走十里路 7"


async def _hired(house_: House, code: str) -> tuple[Person, Person]:
    """An administrator and an editor with a column."""
    admin, editor = Person(house_.url), Person(house_.url)
    await admin.first_run(code, password=PASSWORD)
    await editor.sign_in(await admin.add_person("chenjing", "陈静", "editor"), password=PASSWORD)
    return admin, editor


async def _write_until_killed(editor: Person, article: Article, acknowledged: list[str]) -> None:
    """Makes pieces until the server is gone; notes each that was answered with success."""
    while True:
        try:
            made = [("kind", "news"), ("title", f"{article.title}{len(acknowledged)}"), ("column", ""), ("unit", "")]
            at, _ = await editor.send("/desk/documents/new", made, at="/desk/documents/new")
        except (aiohttp.ClientError, OSError):
            return
        acknowledged.append(at.split("/")[3])


async def _all_there(editor: Person, documents: list[str]) -> None:
    for document in documents:
        await editor.page(f"/desk/documents/{document}/edit")


async def _run(folder: Path, *, kills: int, upload: int = 0) -> None:
    dice = random.Random(11)
    acknowledged: list[str] = []
    async with AsyncExitStack() as stack:
        home = await stack.enter_async_context(house(folder))
        admin, editor = await _hired(home, await home.start())
        for person in (admin, editor):
            stack.push_async_callback(person.close)
        if upload:
            print(await upload_through_breaks(home, editor, upload))  # noqa: T201 - what a long run is for
        for _ in range(kills):
            known = len(acknowledged)
            writing = asyncio.create_task(_write_until_killed(editor, articles(1)[0], acknowledged))
            async with asyncio.timeout(60):
                # A machine that is busy acknowledges nothing for seconds, and then there is nothing to keep.
                while len(acknowledged) == known and not writing.done():  # noqa: ASYNC110 - told by a list
                    await asyncio.sleep(0.02)
            await asyncio.sleep(dice.uniform(0.4, 2.5))
            await home.kill()
            await writing
            assert await home.start() == ""
            assert len(set(acknowledged)) == len(acknowledged)
            await _all_there(editor, acknowledged[known:])
        # Once more at the end: those of an early kill have lived through all that came later.
        await _all_there(editor, acknowledged)
        assert acknowledged or not kills


@pytest.mark.timeout(300)
async def test_server_when_killed_while_an_editor_writes_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    # A film is half uploaded when the line breaks, and again when the web process is killed.
    await _run(tmp_path, kills=2, upload=20 << 20)


@pytest.mark.soak
@pytest.mark.timeout(0)
async def test_upload_of_four_gigabytes_when_line_and_server_break_goes_on_in_little_memory(tmp_path: Path) -> None:
    await _run(tmp_path, kills=0, upload=(4 << 30) + 12_345)


@pytest.mark.faults
async def test_server_when_killed_forty_times_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    await _run(tmp_path, kills=40)
