"""The demo's newsroom is busy: each state that the desk's pages show stands there, made through the use cases."""

import asyncio
import datetime as dt
import tomllib
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import func, select

from cms.content.models import Edition
from cms.content.states import EditionState
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.library.browse import expiring_count
from cms.library.rights import Rights
from cms.people.models import Membership
from cms.people.roles import Role
from cms.planning.models import Batch, NamedDaypart, Occurrence, Placement
from cms.review.books import current_book
from cms.review.models import ProofMark
from deploy import first_start
from deploy.demo import load, platforms, world as demo_world
from deploy.demo.hands import DemoParts
from deploy.demo.life import bring_to_life
from deploy.guarding import GuardedKeys
from deploy.press import press_of
from deploy.settings import load as load_settings
from media.errors import MediaRefused
from tests.integration.desk.house import open_house

HOUR = dt.timedelta(hours=1)


def _quiet(what: str, done: int, total: int) -> None:
    """Nobody listens."""


async def _nowhere(*_: object) -> None:
    """The simulators are not there."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.timeout(240)
async def test_demo_when_loaded_has_every_role_and_a_piece_in_each_state(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, world = SystemClock(), await asyncio.to_thread(demo_world)
    async with open_house(database, tmp_path, clock) as house:
        deps = house.deps
        assert deps.site is not None
        monkeypatch.setattr(load, "Passwords", lambda: deps.passwords)
        monkeypatch.setattr(platforms, "fill", _nowhere)
        keys = GuardedKeys(house.guard)
        press = press_of(deps.channels, deps.site, domain="wujiang.example", epoch=await keys.epoch())
        known = platforms.Credentials(**dict.fromkeys(platforms.Credentials.__dataclass_fields__, "x"))
        keeper = tmp_path / "keeper.json"
        parts = DemoParts(database, clock, keys, deps.workshop, press, deps.channels, keeper, deps.services, known)
        secret = await deps.first_run_secret()
        administrator, people = await load.furnish(parts, world, secret=secret, say=_quiet)
        text = await asyncio.to_thread((load.HERE / "pieces.toml").read_text, "utf-8")
        row = tomllib.loads(text)["pieces"][1]
        await load.publish_piece(parts, people, row, world, at=clock.now())
        await bring_to_life(parts, people, world)

        now = clock.now()
        async with database.read() as session:
            roles = set((await session.scalars(select(Membership.role))).all())
            states = set((await session.scalars(select(Edition.state))).all())
            rights = await expiring_count(session, people.with_role(Role.EDITOR), now=now)
            marks = (await session.scalars(select(ProofMark.clean).order_by(ProofMark.ordinal))).all()
            book = await current_book(session)
            late = select(func.count()).where(Occurrence.at < now - HOUR, Occurrence.state == "due")
            assert roles == {role.value for role in Role}
            assert states >= {
                *(EditionState.DRAFT, EditionState.RETURNED, EditionState.SUBMITTED),
                *(EditionState.SCHEDULED, EditionState.PUBLISHED),
            }
            assert (book.version, book.rules[0].proofs) == (1, 3)
            assert list(marks) == [True, False]
            assert rights[Rights.EXPIRING] == 1
            assert await session.scalar(late) == 1
            assert await session.scalar(select(func.count(Batch.id))) == 1
            assert await session.scalar(select(func.count(NamedDaypart.id))) == 4
            named = (await session.scalars(select(Placement.rule))).all()
            assert all(rule["named"] for rule in named)
        codes = await load.new_codes(parts, administrator)
        assert set(codes) == {row["login"] for row in world["people"]}
        assert len(set(codes.values())) == len(codes)


async def test_demo_when_something_refuses_it_says_so_and_goes_on_with_what_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard" / "first-run").write_text("x")
    settings, half = load_settings({"YUNPING_DATA": str(tmp_path)}), tmp_path / first_start.HALF

    async def refused(*_: object, **__: object) -> None:
        raise ExceptionGroup("pieces", [MediaRefused("media.sandbox_unavailable", setting="YUNPING_ALLOW_UNSANDBOXED")])

    async def loaded(*_: object, **__: object) -> dict[str, str]:
        assert half.exists()
        return {"chenjing": "1"}

    async def rest(*_: object) -> dict[str, str]:
        return {"chenjing": "2"}

    monkeypatch.setattr(first_start, "load_demo", refused)
    monkeypatch.setattr(first_start, "_as_far_as_it_came", rest)
    assert await first_start._load(settings, cast("DemoParts", None), half) == {"chenjing": "2"}
    assert half.exists()
    assert "YUNPING_ALLOW_UNSANDBOXED=true" in capsys.readouterr().err
    monkeypatch.setattr(first_start, "load_demo", loaded)
    assert await first_start._load(settings, cast("DemoParts", None), half) == {"chenjing": "1"}
    assert not half.exists()
