"""Parts of a recording in the store and the rows: there at once, whatever is killed, away or full."""

import dataclasses
import uuid
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

import deploy.live_in
from cms.kernel.clock import to_ms
from cms.live.models import LivePart
from cms.publishing.onair.models import CutInRow
from deploy.live_in import Intake
from deploy.live_inlet import Inlet
from deploy.live_tape import Heard, Tape
from media.live import LOST_MS
from tests.integration.publishing.conftest import Office
from tests.integration.publishing.test_cut_ins import live, tv
from tests.integration.publishing.test_live import GOOD, said, source, take

__all__ = ["tv"]
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def intake(tv: Office, work: Path, database: Any = None) -> Intake:
    here: Any = SimpleNamespace(db=database or tv.database, store=tv.store, clock=tv.clock)
    studio: Any = SimpleNamespace(work=work, clock=tv.clock)
    nothing: Any = None
    return Intake(here, nothing, studio, nothing, b"", "one", nothing)


async def order(tv: Office) -> uuid.UUID:
    first, document = await source(tv), await live(tv, "礼堂直播")
    await said(tv)
    await said(tv, {first: GOOD})
    assert await take(tv, first, document, record=True) == ""
    async with tv.database.read() as session:
        return (await session.scalars(select(CutInRow.id))).one()


async def rows(tv: Office) -> list[LivePart]:
    async with tv.database.read() as session:
        return list(await session.scalars(select(LivePart).order_by(LivePart.at)))


class Away:
    """A database that is away for a while."""

    def __init__(self, tv: Office) -> None:
        self.tv, self.is_away = tv, True

    def write(self) -> Any:
        if self.is_away:
            raise OperationalError("", {}, Exception("away"))
        return self.tv.database.write()

    read = write


async def test_inlet_records_while_an_order_asks_and_of_a_kill_only_the_running_part_is_lost(
    tv: Office, tmp_path: Path
) -> None:
    """Whoever is killed says and closes nothing: what is in the rows by then is what there is."""
    cut = await order(tv)
    taken = intake(tv, tmp_path)
    inlet = Inlet(taken.studio, cast("Any", None), Tape(tv.clock, taken.keep_part))
    await inlet.hear(b"before")
    inlet.look(cut, may_encode=False, record=True)
    for number in range(5):
        await inlet.hear(bytes([number]))
        tv.later(seconds=1)
    keeping = inlet.tape._keeping
    assert keeping is not None
    await keeping
    await inlet.hear(b"lost with the process")
    assert [(one.cut_in_id, one.size) for one in await rows(tv)] == [(cut, 5)]
    assert await tv.store.get((await rows(tv))[0].sha256) == b"\0\1\2\3\4"
    tv.later(milliseconds=LOST_MS + 1)
    inlet.look(cut, may_encode=False, record=True)
    await inlet.hear(b"back")
    inlet.look(None)
    await inlet.hear(b"after the order")
    await inlet.close()
    found = await rows(tv)
    assert [await tv.store.get(one.sha256) for one in found[1:]] == [b"lost with the process", b"back"]
    assert found[1].stretch == found[0].stretch != found[2].stretch, "a signal that was away goes on in a new stretch"


async def test_rows_of_a_recording_wait_while_the_database_is_away(tv: Office, tmp_path: Path) -> None:
    cut, away = await order(tv), Away(tv)
    taken = intake(tv, tmp_path, away)
    at = to_ms(tv.now)
    first = Heard(cut, at, at, at + 1, b"first")
    await taken.keep_part(first)
    assert await rows(tv) == []
    away.is_away = False
    await taken.keep_part(dataclasses.replace(first, at=at + 2, data=b"second"))
    assert [await tv.store.get(one.sha256) for one in await rows(tv)] == [b"first", b"second"]
    assert taken.unheard == []


async def test_recording_leaves_room_on_the_disk_and_has_an_end(
    tv: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = await order(tv)
    taken = intake(tv, tmp_path)
    heard = Heard(cut, 1, 1, 2, b"a part")
    monkeypatch.setattr(deploy.live_in, "MOST_BYTES", 10)
    await taken.keep_part(heard)
    await taken.keep_part(dataclasses.replace(heard, at=2))
    assert [one.size for one in await rows(tv)] == [6, 0], "what is over the bound is written down as missing"
    again = intake(tv, tmp_path)
    await again.keep_part(dataclasses.replace(heard, at=3))
    assert [one.size for one in await rows(tv)] == [6, 0, 0], "another process knows what there is already"
    monkeypatch.setattr(deploy.live_in, "MOST_BYTES", 1_000)
    monkeypatch.setattr(deploy.live_in, "has_room", lambda _: False)
    await again.keep_part(dataclasses.replace(heard, at=4))
    monkeypatch.setattr(deploy.live_in, "has_room", lambda _: True)
    await again.keep_part(dataclasses.replace(heard, at=5))
    assert [bool(one.sha256) for one in await rows(tv)] == [True, False, False, False, True]
