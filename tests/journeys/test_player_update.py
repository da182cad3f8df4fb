"""A new player from the administrators' terminal to a screen in the street, and a broken one that comes back by itself.

Nothing is played here: the guard, the gateway, the worker and the web role are the processes people start, the keys go
through the ceremony, and the screen is an installed box with Chromium.
"""

import asyncio
import contextlib
import shutil
import sqlite3
import uuid
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cms.signals.software import share
from deploy.cli import main
from deploy.players import PLAYER
from tests.fakes.kiosk import browsing
from tests.journeys.house import House, house
from tests.journeys.office import PASSWORD, Person

pytestmark = pytest.mark.browser

WAIT_S = 120
TRIAL_S = 20
UPDATES = "/desk/screens/updates/"
PHRASE = "清晨的运河上有三条小船，船上有灯"


class Office:
    """Those who sign, the operator, and a terminal on the server."""

    def __init__(self, home: House, folder: Path) -> None:
        self.home = home
        self.folder = folder
        self.people = {login: Person(home.url) for login in ("luming", "shenweimin", "qianfeng")}

    async def open(self) -> None:
        admin = self.people["luming"]
        await admin.first_run(await self.home.start(), password=PASSWORD.format(0))
        for number, (login, name, role) in enumerate(
            (("shenweimin", "沈为民", "chief"), ("qianfeng", "钱枫", "operator")), start=1
        ):
            code = await admin.add_person(login, name, role)
            await self.people[login].sign_in(code, password=PASSWORD.format(number))
        await admin.send("/desk/people/keys", [("own_password", admin.password)], at="/desk/people/")

    async def close(self) -> None:
        for one in self.people.values():
            await one.close()

    async def types(self, *words: str, answers: str = "", code: int = 0) -> str:
        """What a command says, which ends with `code`."""
        done = await asyncio.to_thread(CliRunner().invoke, main, words, input=answers, env=self.home.environment)
        assert done.exit_code == code, done.output
        return done.output

    @property
    def holder(self) -> str:
        return str(self.folder / "maker.key")

    async def names_player_keys(self) -> None:
        """The next root wants this machine's guard and a holder's key to sign players."""
        await self.types("keys", "holder", "厂家", self.holder, answers=f"{PHRASE}\n{PHRASE}\n")
        draft = str(self.folder / "next.root")
        keys = ("--player", "guard", "--player", self.holder, "--player-threshold", "2")
        await self.types("keys", "draft", draft, *keys)
        await self.types("keys", "sign", draft, "--person", "陆明", answers=f"y\n{self.people['luming'].password}\n")
        await self.types("keys", "accept", draft)

    async def releases(self, version: str, folder: Path) -> None:
        signers = ("--first", "luming", "--second", "shenweimin")
        answers = f"{self.people['luming'].password}\n{self.people['shenweimin'].password}\n"
        words, file = ("player", "release", "--version", version, *signers, "--folder", str(folder)), f"{folder}.player"
        assert "deploy.player_half_signed" in await self.types(*words, answers=answers, code=1)
        await self.types(*words, "--out", file, answers=answers)
        assert "deploy.player_half_signed" in await self.types("player", "accept", file, "--person", "luming", code=1)
        assert version in await self.types("player", "sign", file, "--key", self.holder, answers=f"y\n{PHRASE}\n")
        await self.types("player", "accept", file, "--person", "luming")

    async def presses(self, verb: str, version: str) -> None:
        operator = self.people["qianfeng"]
        page = await operator.page(UPDATES)
        item = next(one for one in page.split("<li ") if version in one)
        action = item.partition('action="')[2].partition('"')[0]
        assert action.endswith(f"/{verb}"), item
        await operator.send(action, [], at=UPDATES)

    def rows(self, query: str) -> list[Any]:
        with contextlib.closing(sqlite3.connect(self.home.data / "yunping.db")) as database:
            return database.execute(query).fetchall()

    async def until(self, query: str, holds: Callable[[Any], bool]) -> Any:
        """The first value of the first row, as soon as it is as wanted."""
        deadline = asyncio.get_running_loop().time() + WAIT_S
        while True:
            found = await asyncio.to_thread(self.rows, query)
            if found and holds(found[0][0]):
                return found[0][0]
            assert asyncio.get_running_loop().time() < deadline, (query, found)
            await asyncio.sleep(0.2)


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with house(tmp_path) as home:
        made = Office(home, tmp_path)
        await made.open()
        yield made
        await made.close()


def copied(folder: Path, main_js: bytes) -> Path:
    """The player of this checkout with another `main.js`."""
    shutil.copytree(PLAYER, folder)
    (folder / "main.js").write_bytes(main_js)
    return folder


@pytest.mark.timeout(600)
async def test_player_goes_from_two_signatures_to_the_first_share_and_a_broken_one_stops_and_is_left(
    office: Office, tmp_path: Path
) -> None:
    home = office.home
    await office.names_player_keys()
    await home.install_screen(trial=TRIAL_S)
    async with browsing(home.box_folder, home.screen_url, tmp_path / "profile"):
        code = await office.until("select code from screen_pairing", bool)
        fields = [("code", code), ("unit", "/320509/"), ("name", "松陵街道一号屏")]
        await office.people["qianfeng"].send("/desk/screens/pair", fields, at="/desk/screens/")
        screen = await office.until("select id from screen where link is not null", bool)

        first = [one for n in range(2_000) if share(one := f"1.1.{n}", str(uuid.UUID(screen))) < 10]
        good, broken = first[0], first[1]
        script = await asyncio.to_thread((PLAYER / "main.js").read_bytes)
        newer = await asyncio.to_thread(copied, tmp_path / "newer", script + b"\n// the next one\n")
        await office.releases(good, newer)
        assert "1.0.0" in await office.people["qianfeng"].page(UPDATES)
        await office.presses("start", good)
        await office.until("select player from screen", lambda version: version == good)
        ends = "select state from screen_order order by id desc"
        assert await office.until(ends, lambda state: state not in {"sent", "received", "queued"}) == "done"
        shown = await office.people["qianfeng"].page(UPDATES)
        assert f'<div class="table-title">{good}</div>' in shown
        assert "已更新 1 块" in shown
        await office.presses("stop", good)

        worse = await asyncio.to_thread(copied, tmp_path / "worse", b"throw new Error('it does not start')")
        await office.releases(broken, worse)
        await office.presses("start", broken)
        stopped = f"select reason from screen_rollout where version = '{broken}'"
        assert await office.until(stopped, bool) == "hands.rollout_silent"
        assert (await asyncio.to_thread(office.rows, "select player from screen")) == [(good,)]
        assert await office.until("select code from screen_order order by id desc", bool) == "hands.no_beat"
