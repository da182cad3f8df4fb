"""Remote hands from the desk: one screen and a subtree, what a box hands in, and who may see it."""

import io
import json
import uuid
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select, update

from cms.hands.order import read_order
from cms.kernel.ids import uuid7
from cms.trust.signed import Signed
from screens.hands import states
from screens.hands.tables import ScreenFile, ScreenOrder
from screens.hands.uploads import forget_files
from screens.tables import Screen
from tests.integration.desk.house import Browser, House

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ROOT = "/320509/"
ABLE = {f"do_{one}": True for one in ("screenshot", "reload", "volume", "hours", "logs", "cache", "update")}


async def screens(house: House, count: int, *, unable: int = 0) -> None:
    now = house.deps.now()
    async with house.deps.db.write() as session:
        session.add_all(
            Screen(
                id=uuid7(now), public=f"s{n:09d}", name=f"屏 {n}", unit=ROOT, key=f"{n:043d}", paired_at=now,
                paired_by=uuid.uuid4(), change=1, link=uuid.uuid4(), last_seen=now,
                caps=ABLE if n < count else {},
            )
            for n in range(count + unable)
        )  # fmt: skip


async def orders(house: House) -> list[ScreenOrder]:
    async with house.deps.db.read() as session:
        return list(await session.scalars(select(ScreenOrder).order_by(ScreenOrder.id)))


async def put(house: House, order: ScreenOrder, data: bytes, *, ticket: str | None = None) -> int:
    told = read_order(Signed.read(order.signed).text)
    browser = house.browser()
    headers = {"Authorization": f"Ticket {ticket or told.params['ticket']}"}
    url = house.server.make_url(f"/box/v1/files/{order.id}")
    answer = await browser.session.put(url, data=io.BytesIO(data), headers=headers)
    return answer.status


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1080, 1920), (180, 20, 20)).save(out, "WEBP")
    return out.getvalue()


async def test_screen_is_ordered_from_its_page_and_what_it_hands_in_is_shown(house: House) -> None:
    await house.set_up()
    operator = await house.add("yun", "云维", "operator")
    publisher = await house.add("gu", "顾晓峰", "publisher")
    await screens(house, 1, unable=1)
    page = await operator.get("/desk/screens/s000000000")
    assert "截取画面" in page
    assert "亮度" not in page  # a box without a light has no dial for it
    assert "不支持远程操作" in await operator.get("/desk/screens/s000000001")
    assert 'name="action"' not in await publisher.get("/desk/screens/s000000000")
    await publisher.post("/desk/screens/s000000000/order", {"action": "reload"}, status=403)
    await operator.get("/desk/screens/s000000000")
    hours = {"action": "hours", "day": ["5"], "on": "18:00", "off": "02:00", "zone": "Asia/Shanghai"}
    page = await operator.post("/desk/screens/s000000000/order", hours)
    assert "周五 18:00–次日02:00" in page
    page = await operator.post("/desk/screens/s000000000/order", {"action": "volume", "level": "130"}, status=422)
    assert "0 到 100" in page
    for action in ("screenshot", "logs"):
        await operator.post("/desk/screens/s000000000/order", {"action": action})
    _, shot, log = await orders(house)
    assert await put(house, shot, picture(), ticket="A" * 43) == 403
    assert await put(house, shot, picture()) == 204
    assert await put(house, shot, picture()) == 403  # once
    assert await put(house, log, b"Authorization: Ticket abcdefghijkl\x00\n" + "正常一行".encode()) == 204
    async with house.deps.db.write() as session:
        await session.execute(update(ScreenOrder).values(state=states.DONE, ended_at=house.deps.now()))
    page = await operator.get("/desk/screens/s000000000/hands")
    assert f'src="/desk/screens/files/{shot.id}"' in page
    answer = await operator.script("GET", f"/desk/screens/files/{shot.id}")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(await answer.read())).size == (1080, 1920)
    kept = await operator.get(f"/desk/screens/files/{log.id}")
    assert "abcdefghijkl" not in kept
    assert "正常一行" in kept
    assert (await publisher.script("GET", f"/desk/screens/files/{shot.id}")).status == 200
    await publisher.get(f"/desk/screens/files/{log.id}", status=403)
    assert await forget_files(house.deps.db, before=house.deps.now().replace(year=2021)) == 0
    async with house.deps.db.write() as session:
        await session.execute(update(ScreenFile).values(at=house.deps.now().replace(year=2020)))
    assert await forget_files(house.deps.db, before=house.deps.now().replace(year=2021)) == 2
    await operator.get(f"/desk/screens/files/{shot.id}", status=404)


async def test_hostile_picture_of_a_box_is_refused_and_nothing_kept(house: House) -> None:
    await house.set_up()
    operator = await house.add("yun", "云维", "operator")
    await screens(house, 1)
    hostile = (b"", b"<svg onload=alert(1)>", b"RIFF\x00\x00\x00\x00WEBPVP8 junk", bytes(13 * 2**20))
    for data in hostile:
        await operator.get("/desk/screens/s000000000")
        await operator.post("/desk/screens/s000000000/order", {"action": "screenshot"})
        assert await put(house, (await orders(house))[-1], data) in {413, 422}
    async with house.deps.db.read() as session:
        assert (await session.scalars(select(ScreenFile))).all() == []


async def test_subtree_is_ordered_after_its_number_was_confirmed_and_over_the_api(house: House) -> None:
    await house.set_up()
    operator = await house.add("yun", "云维", "operator")
    await screens(house, 3, unable=2)
    await operator.get("/desk/screens/orders/")
    page = await operator.post("/desk/screens/orders/ask", {"unit": ROOT, "action": "volume", "level": "20"})
    assert "对 3 块屏幕下发" in page
    command = {"unit": ROOT, "action": "volume", "level": "20"}
    assert "现在是 3 块" in await operator.post("/desk/screens/orders/", {**command, "confirmed": "5"}, status=409)
    page = await operator.post("/desk/screens/orders/", {**command, "confirmed": "3"})
    assert operator.at.startswith("/desk/screens/orders/")
    assert page.count("等待发送") == 4  # three rows and the tally
    for order in await orders(house):
        told = read_order(Signed.read(order.signed).text)
        assert (told.action, dict(told.params), told.screen) == ("volume", {"level": 20}, str(order.screen))
    assert len({read_order(Signed.read(one.signed).text).seq for one in await orders(house)}) == 3
    reach = await api(operator, "GET", f"/screen-commands/reach?unit={ROOT}&action=update")
    assert reach == {"able": 3, "linked": 3, "unable": 2}
    made = await api(operator, "POST", "/screens/s000000000/orders", {"action": "reload"})
    (newest, *_) = (await api(operator, "GET", "/screens/s000000000/orders"))["orders"]
    assert (newest["command"], newest["state"]) == (made["id"], "queued")
    assert (await api(operator, "GET", f"/screen-commands/{made['id']}"))["command"]["states"] == {"queued": 1}
    wrong = {"action": "shell", "params": {"command": "id"}}
    assert (await api(operator, "POST", "/screens/s000000000/orders", wrong, status=422))["code"] == "hands.action"
    rules = {"zone": "UTC", "windows": [], "budget": 5, "spread": 0, "share": True, "neighbours": []}
    await api(operator, "PUT", "/screen-lines", {"unit": ROOT, "policy": rules})
    assert (await api(operator, "GET", "/screen-lines"))["lines"] == [{"unit": ROOT, "policy": rules}]
    assert "还没有更新过播放器" in await operator.get("/desk/screens/updates/")


async def test_rules_of_a_line_are_set_changed_and_taken_away_on_the_desk(house: House) -> None:
    await house.set_up()
    operator = await house.add("yun", "云维", "operator")
    page = await operator.get("/desk/screens/lines/")
    assert "还没有线路规则" in page
    rules = {"unit": ROOT, "zone": "Asia/Shanghai", "budget": "800", "spread": "20", "share": "1"}
    rules |= {"neighbours": "http://10.0.3.8:8480"}
    windows = {"days": ["12345", "67"], "from": ["22:00", ""], "to": ["06:00", ""]}
    page = await operator.post("/desk/screens/lines/", {**rules, **windows})
    said = ("周一、周二、周三、周四、周五 22:00–", "每块屏每天 800 MB", "分散在 20 分钟内开始", "先问 1 个邻近缓存")
    for words in said:
        assert words in page, words
    (kept,) = (await api(operator, "GET", "/screen-lines"))["lines"]
    window = {"days": [1, 2, 3, 4, 5], "on": 22 * 60, "off": 6 * 60}
    assert kept["policy"]["windows"] == [window]
    assert (kept["policy"]["budget"], kept["policy"]["spread"]) == (800_000_000, 1_200_000)
    page = await operator.get(f"/desk/screens/lines/?unit={ROOT}")
    assert 'value="22:00"' in page
    for wrong, why in (
        ({"from": "22:00", "to": "22:00", "days": "12345"}, "下载时段不完整"),
        ({"from": "25:00", "to": "06:00", "days": "12345"}, "下载时段不完整"),
        ({"from": "22:00", "to": "06:00", "days": "x"}, "下载时段不完整"),
        ({"budget": "1.5e3"}, "流量或分散时间的写法不对"),
        ({"spread": "1:60"}, "流量或分散时间的写法不对"),
        ({"neighbours": "https://evil.example"}, "线路规则不正确"),
    ):
        answer = await operator.post("/desk/screens/lines/", {**rules, **wrong}, status=422)
        assert why in answer, wrong
        assert wrong.get("from", "20") in answer  # what was typed is still there
    odd = {**kept["policy"], "budget": 1_536_001, "spread": 100_250}  # a program's, to the byte and the millisecond
    await api(operator, "PUT", "/screen-lines", {"unit": ROOT, "policy": odd})
    page = await operator.get(f"/desk/screens/lines/?unit={ROOT}")
    assert "每块屏每天 1.536001 MB" in page
    shown = {"budget": "1.536001", "spread": "1:40.250"}
    assert all(f'value="{one}"' in page for one in shown.values())
    await operator.post("/desk/screens/lines/", {**rules, **windows, **shown})
    assert (await api(operator, "GET", "/screen-lines"))["lines"] == [{"unit": ROOT, "policy": odd}]
    page = await operator.post("/desk/screens/lines/remove", {"unit": ROOT})
    assert "还没有线路规则" in page


async def api(browser: Browser, method: str, path: str, sent: Any = None, *, status: int = 200) -> Any:
    more = {} if sent is None else {"json": sent}
    answer = await browser.script(method, f"/api/v1{path}", **more)
    told = json.loads(await answer.text())
    assert answer.status == status, told
    return told
