"""Outputs of channels from the desk to the sender and back: kept by who manages the channel, held by one process."""

import dataclasses
import datetime as dt
import socket
from typing import Any, cast

import pytest
from sqlalchemy import select

from cms.audit.models import AuditEvent
from cms.contract import Assets, Published
from cms.kernel.metrics import CORE, Metrics
from cms.outlets.holding import LEASE, Said, hold, let_go
from cms.outlets.models import TvOutput, TvOutputState, account_of
from deploy.installation import Installation
from deploy.tv_out import Air
from renderers.tv.serve import clean
from renderers.tv.ts.making import Made, Maker, Stream
from renderers.tv.ts.sending import Sender
from tests.integration.desk.house import House
from tests.integration.desk.world import target

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WIRE = {
    "channel": "lectures", "kind": "udp", "rung": "720", "address": "239.1.1.1", "port": "5000", "rate": "3600",
    "ttl": "4", "service": "1", "interface": "", "active": "on",
}  # fmt: skip
SECRET = "rtmp://live.example.cn/app/key-1?sign=abcd"


async def channel(house: House) -> None:
    await house.set_up()
    publisher = await house.add("fa", "发布员", "publisher")
    page = await publisher.get("/desk/targets/")
    await publisher.post("/desk/targets/", {**target("lectures", "tv", page), "name": "文明实践频道"})


async def rows(house: House) -> list[TvOutput]:
    async with house.deps.db.read() as session:
        return list(await session.scalars(select(TvOutput).order_by(TvOutput.created_at)))


async def test_operator_keeps_outputs_and_nobody_sees_a_key(house: House) -> None:
    await channel(house)
    operator = await house.add("yun", "云维", "operator")
    editor = await house.add("shen", "沈静怡", "editor")
    assert "还没有输出" in await operator.get("/desk/outputs/")
    await editor.get("/desk/outputs/", status=403)
    page = await operator.post("/desk/outputs/", {**WIRE, "address": "8.8.8.8", "port": "80"}, status=422)
    assert "不能发往这个地址" in page
    assert "端口应在 1024 到 65535 之间" in page
    assert "239.1.1.1:5000" in await operator.post("/desk/outputs/", WIRE)
    page = await operator.post("/desk/outputs/", WIRE, status=409)
    assert "239.1.1.1:5000 已有一路输出" in page
    await operator.post("/desk/outputs/", {**WIRE, "channel": "none"}, status=404)
    page = await operator.post("/desk/outputs/", {**WIRE, "kind": "push", "url": SECRET})
    assert "rtmp://live.example.cn/app/•••" in page
    assert "key-1" not in page
    wire, push = await rows(house)
    assert (wire.rate, wire.active, push.url, push.active) == (3_600_000, True, "rtmp://live.example.cn/app/•••", True)
    assert await house.deps.vault(account_of(push.id)).get("url") == SECRET

    there = f"/desk/outputs/{push.id}"
    assert "key-1" not in await operator.get(there)
    await operator.post(there, {"kind": "push", "rung": "480", "url": ""})
    _, push = await rows(house)
    assert (push.rung, push.active, push.version) == ("480", False, 2)
    assert await house.deps.vault(account_of(push.id)).get("url") == SECRET
    await operator.post(there, {"kind": "push", "rung": "480", "url": "http://x.cn/"}, status=422)
    await operator.post(f"{there}/remove")
    assert len(await rows(house)) == 1
    await operator.get(there, status=404)
    async with house.deps.db.read() as session:
        told = (await session.scalars(select(AuditEvent).where(AuditEvent.object_kind == "output"))).all()
    assert [one.action for one in told] == ["output.add", "output.add", "output.edit", "output.remove"]
    assert all("key-1" not in str(one.details) for one in told)


async def test_output_has_one_sender_and_another_takes_over_when_it_is_silent(house: House) -> None:
    await channel(house)
    operator = await house.add("yun", "云维", "operator")
    await operator.get("/desk/outputs/")
    await operator.post("/desk/outputs/", WIRE)
    (row,) = await rows(house)
    now, db = house.deps.now(), house.deps.db

    async def held(owner: str, at: dt.datetime, said: Said | None = None) -> int:
        async with db.write() as session:
            return len(await hold(session, owner, {row.id: said} if said else {}, now=at))

    assert await held("a", now) == 1
    assert await held("b", now) == 0
    assert await held("a", now + LEASE / 2, Said(int(now.timestamp() * 1000) // 3840, 12, 3, 0, 1, 0, "")) == 1
    assert "最大延迟 12 ms · 未发 3 · 错误 0" in await operator.get("/desk/outputs/")
    assert await held("b", now + LEASE) == 0
    assert await held("b", now + LEASE * 2) == 1
    async with db.write() as session:
        await let_go(session, "b", now=now + LEASE * 2)
    assert await held("a", now + LEASE * 2) == 1


class Zeros(Maker):
    """Slots of nothing, as long as they have to be."""

    async def slot(self, stream: Stream, slot: int) -> Made | None:
        return Made(bytes(9191 * 188), short=False)


@dataclasses.dataclass
class Anywhere:
    tv_out_anywhere: bool = False


@dataclasses.dataclass
class Here:
    """What the sender uses of an installation."""

    db: Any
    clock: Any
    metrics: Metrics
    settings: Any = dataclasses.field(default_factory=Anywhere)


async def test_sender_takes_up_and_leaves_off_what_the_rows_say(house: House) -> None:
    await channel(house)
    operator = await house.add("yun", "云维", "operator")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind(("127.0.0.1", 0))
        await operator.get("/desk/outputs/")
        await operator.post("/desk/outputs/", {**WIRE, "address": "127.0.0.1", "port": str(heard.getsockname()[1])})
        await operator.post("/desk/outputs/", {**WIRE, "address": "10.0.0.1", "interface": "203.0.113.9"})
        here = cast("Installation", Here(house.deps.db, house.deps.clock, Metrics(CORE)))
        maker = Zeros(cast("Published", None), cast("Assets", None), clean)
        at = int(house.deps.now().timestamp() * 1000)
        air = Air(here, maker, Sender(lambda: at * 1_000_000), bytes(32), "a")
        await air.ask()
        await air.make()
        (sent,) = air.wires.values()
        assert sorted(sent.wired.line.slots) in ([at // 3840, at // 3840 + 1], [at // 3840])
        sent.wired.line.send(at * 1_000_000)
        sent.wired.line.send(at * 1_000_000 + 20_000_000)
        assert len(heard.recv(2048)) == 1316
        await air.ask()
        async with house.deps.db.read() as session:
            states = {row.slot: row.error for row in await session.scalars(select(TvOutputState))}
        assert states[at // 3840] == ""
        assert "assign requested address" in states[0]
        page = await operator.get("/desk/outputs/")
        assert "正在播出" in page
        assert "没有送出" in page
        for row in await rows(house):
            await operator.post(f"/desk/outputs/{row.id}/remove")
        await air.ask()
        assert air.wires == {}
        assert sent.wired.line.socket.fileno() == -1
