"""A piece that is recalled while its code to scan is open: nothing of it stays, whoever scans before or after."""

import asyncio
import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from cms.contract import Ask
from cms.kernel.db import Database
from cms.planning.targets import as_contract
from cms.publishing.models import Delivery
from media.store import Store
from tests.faults.channels import CHANNELS
from tests.faults.post_fakes import ScanFake
from tests.faults.post_life import shop_of
from tests.faults.post_world import TITLE, Room, StoryClock
from tests.integration.publishing import office
from tests.integration.publishing.office import SUN
from tests.integration.publishing.wires import Wire, next_at, work

PORT = 9072
FILM = "/hooks/douyin/qr/"


@pytest.mark.parametrize("scanned", ["never", "before", "after"])
async def test_recall_while_a_code_is_open_leaves_nothing_or_a_task_to_take_it_down(
    sqlite: Database, tmp_path: Path, scanned: str
) -> None:
    store = await asyncio.to_thread(Store.open, f"file://{tmp_path}/store", min_free_bytes=0)
    async with sqlite.write() as session:
        await office.furnish(session, screens=False)
    room = Room(sqlite, store, cast("Any", SimpleNamespace(port=PORT)), cast("Any", None))
    fake = ScanFake("qr", 1)
    edition, target, platform = await room.document(), await room.account(fake, "qr"), fake.simulator
    shop = shop_of(sqlite, sqlite, StoryClock(platform.clock), store, Wire({PORT: platform}))
    await room.publish(edition, ["qr"])
    await work(shop, [target.id])
    shown = await room.row(target)
    assert (shown.state, (shown.receipt or {})["detail"]["task"]) == ("reviewing", "douyin.task.scan")
    link = (shown.receipt or {})["detail"]["qr"]
    if scanned == "before":
        platform.press(link)
    assert shown.document_id is not None
    await office.recall(sqlite, room.guard, SUN, shown.document_id, reason="误", now=platform.clock.now())
    # The film behind the code names its release: the web role answers 410 for it from now on.
    film = urlsplit(str(platform.share.opened(link)["video_path"])).path.removeprefix(FILM)
    callback, now = CHANNELS["douyin"].callback, platform.clock.now()
    assert callback is not None
    services = shop.services(as_contract(target))
    assert (await callback(Ask("GET", film, {}, {}, b"", now), as_contract(target), services)).releases
    assert room.guard.recalled
    await work(shop, [target.id])
    if scanned == "after":
        # A phone that had the film already.
        platform.press(link)
    row = await _ended(room, shop, target, fake)
    assert platform.journal.counters["creates"] == (0 if scanned == "never" else 1)
    if scanned == "never":
        assert (row.state, platform.visible(TITLE)) == ("gone", 0)
        return
    assert (row.state, (row.receipt or {})["detail"]["task"]) == ("manual", "douyin.task.take_down")
    assert (row.receipt or {})["detail"]["ask"] == "proof"


async def _ended(room: Room, shop: Any, target: Any, fake: ScanFake) -> Delivery:
    """The recall's row once it is no longer open, within the life of a code."""
    begun = fake.simulator.clock.now()
    while (due := await next_at(shop, [target.id])) is not None:
        fake.simulator.advance(max(due - fake.simulator.clock.now(), dt.timedelta(seconds=1)))
        await work(shop, [target.id])
    assert fake.simulator.clock.now() - begun < dt.timedelta(hours=3)
    return await room.row(target)
