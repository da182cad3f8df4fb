"""The drill: publish A and B, copy, recall A, publish C, lose the machine, come back from the copy."""

import asyncio
import shutil
from pathlib import Path

import pytest

from cms.guard import chain
from cms.guard.core import Core
from cms.guard.errors import GuardRefused
from cms.guard.service import Guard
from cms.trust.keys import SigningKey
from cms.trust.signed import Signed, sign
from tests.integration.guard.desk import Desk, Street, opened_guard
from tests.integration.guard.office import password
from tests.vectors.world import uuid_of

SCREENS = 30


async def lost_and_restored(desk: Desk, copy: Path) -> None:
    """The machine is gone; its guard begins again from the copy."""
    await asyncio.to_thread(desk.core.close)
    await asyncio.to_thread(shutil.rmtree, desk.settings.directory)
    await asyncio.to_thread(shutil.copytree, copy, desk.settings.directory)
    desk.core = await asyncio.to_thread(Core, desk.settings, desk.clock)
    desk.guard = Guard(desk.core)
    desk.manifest = None


async def test_after_a_restore_recalled_stays_gone_new_is_taken_and_no_screen_is_empty(tmp_path: Path) -> None:
    desk = await opened_guard(tmp_path)
    screens = [desk.screen(f"screen {number}") for number in range(SCREENS)]
    online, away, dead = screens[:20], screens[20:25], screens[25:]
    a, b = await desk.approved("a"), await desk.approved("b")
    await desk.show(a, b)
    for one in screens:
        await one.hear(desk)
        assert one.shows() == [a.release, b.release]
    copy = tmp_path / "copy"
    await asyncio.to_thread(shutil.copytree, desk.settings.directory, copy)

    await desk.recall(a)
    for one in (*online, *away):  # the last five hear of nothing until the end
        await one.hear(desk)
        assert one.shows() == [b.release]
    c = await desk.publish("c", keep=(b,))
    for one in online:
        await one.hear(desk)
        assert one.shows() == [b.release, c.release]
    kept = online[3].state.recalls_signed

    await lost_and_restored(desk, copy)
    await desk.guard.raise_epoch(by=uuid_of("zheng"), password=password("zheng"))
    with pytest.raises(GuardRefused) as refused:
        await desk.show(b, c)
    assert refused.value.code == "guard.approval_void"
    await desk.show(a, b)  # a server that asked nobody would put A back
    for one in (*online, *away):
        verdicts = await one.hear(desk)
        assert (verdicts["recalls"], verdicts["beacon"]) == ("trust.shrunk", "trust.behind")
        assert a.release not in one.shows()
        assert one.shows()

    assert kept is not None
    await chain.union_recalls(desk.guard, [kept])
    with pytest.raises(GuardRefused) as refused:
        await desk.show(a, b)
    assert refused.value.code == "guard.recalled"
    d = await desk.publish("d", keep=(b,))
    assert d.release != c.release
    for one in screens:
        verdicts = await one.hear(desk)
        assert one.shows() == [b.release, d.release]
        assert verdicts["manifest"] is None
    again = await desk.approved("c")  # submitted and approved anew, it goes out again
    await desk.show(b, d, again)
    await dead[0].hear(desk)
    assert again.release in dead[0].shows()


async def test_recall_sets_of_nobody_here_are_not_joined(tmp_path: Path) -> None:
    desk = await opened_guard(tmp_path)
    made = await desk.publish("a")
    await desk.recall(made)
    held = desk.core.state.recalls()
    for key in (SigningKey.generate(), desk.core.keys["delegations"]):
        with pytest.raises(GuardRefused) as refused:
            await chain.union_recalls(desk.guard, [sign(held, [key])])
        assert refused.value.code == "guard.recalls_foreign"
    before = desk.core.recalls_signed
    assert await chain.union_recalls(desk.guard, [before]) == before
    told: list[Signed] = []
    desk.guard.on_recalls.append(told.append)
    other = await opened_guard(tmp_path / "other")
    with pytest.raises(GuardRefused):
        await chain.union_recalls(desk.guard, [other.core.recalls_signed])
    assert told == []
    assert isinstance(desk.screen(), Street)
