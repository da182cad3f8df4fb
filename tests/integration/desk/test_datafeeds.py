"""Data feeds on the desk and over the API: kept, said by hand and by a program, signed by the guard, refused aloud."""

from typing import Any

import pytest
from sqlalchemy import select

from cms.datafeeds.models import DataFeed
from cms.guard.asks import SetMachines
from cms.people.models import Person
from cms.signals.feed import read_feed, verify_feed
from cms.trust.signed import Signed
from tests.integration.desk.house import PASSWORD, Browser, House
from tests.integration.desk.test_api import ask, call, program

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LINES = "pm25 | PM2.5 | μg/m³ | 0 | 0 | 999\ntemp | 气温 | ℃ | 1 | -20 | 45\nlevel | 空气质量 | good=优, fair=良"
AIR = "/desk/datafeeds/air"
GOOD = {"pm25": 35, "temp": 215, "level": "good"}


async def _row(house: House) -> DataFeed:
    async with house.deps.db.read() as session:
        return (await session.scalars(select(DataFeed))).one()


async def delegated(house: House, *feeds: str) -> None:
    """As `./yunping keys feeds` does."""
    async with house.deps.db.read() as session:
        admin = (await session.scalars(select(Person.id).where(Person.login == "admin"))).one()
    await house.guard.set_machines(SetMachines(str(admin), PASSWORD, feeds, None))


async def _token(browser: Browser, house: House, scope: str) -> Browser:
    fields = {"name": scope, "days": "30", "scope": [scope], "password": PASSWORD}
    page = await browser.post("/desk/account/tokens", fields)
    return program(house, page.partition("data-secret>")[2].partition("<")[0])


def _typed(**values: str) -> dict[str, Any]:
    return {f"value.{name}": value for name, value in values.items()}


async def test_feed_is_kept_said_by_hand_and_by_a_program_that_may_nothing_else(house: House) -> None:
    await house.set_up()
    operator = await house.add("yun", "云维", "operator")
    editor = await house.add("shen", "沈静怡", "editor")
    assert "还没有数据源" in await operator.get("/desk/datafeeds/")
    form = {"code": "air", "name": "松陵气象站", "unit": "/320509/", "lasts": "3600", "fields": "pm25 | PM2.5"}
    page = await operator.post("/desk/datafeeds/", form, status=422)
    assert "第 1 行的写法不对" in page
    assert "松陵气象站" in page
    await operator.post("/desk/datafeeds/", {**form, "fields": LINES})
    await operator.post("/desk/datafeeds/", {**form, "fields": LINES}, status=409)
    await editor.post("/desk/datafeeds/", {**form, "code": "b", "fields": LINES}, status=403)

    good = _typed(pm25="35", temp="21.5", level="good")
    page = await operator.post(f"{AIR}/values", good, status=409)  # nobody gave the guard a key for it yet
    assert "./yunping keys feeds" in page
    assert "最近一次被拒" in await operator.get(AIR)
    await delegated(house, "air")
    page = await operator.post(f"{AIR}/values", good)
    assert "21.5 ℃" in page
    assert "最近一次被拒" not in page
    row = await _row(house)
    signed = Signed.read(row.signed or "")
    verified = verify_feed(signed, await house.deps.keys.delegations(), now=read_feed(signed.text).at)
    assert (verified.value.values, verified.value.seq, row.said_by) == (GOOD, 1, "云维")

    page = await operator.post(f"{AIR}/values", _typed(pm25="1000", temp="x", level="good"), status=422)
    assert "这里应填数字" in page
    assert 'value="1000"' in page
    await operator.post(f"{AIR}/values", _typed(pm25="1000", level="good"), status=422)
    assert "PM2.5：超出了这个字段的上下限" in await operator.get("/desk/datafeeds/")
    await editor.post(f"{AIR}/values", good, status=403)
    assert 'name="value.pm25"' not in await editor.get(AIR)
    choices = await editor.script("GET", "/desk/datafeeds/cards/choices")
    assert [one["feed"] for one in (await choices.json())["feeds"]] == ["air"]

    station = await _token(operator, house, "values:write")
    said = await ask(station, "PUT", "/data-feeds/air/values", {"values": {**GOOD, "pm25": 52}, "lasts": 60})
    assert said["seq"] == 2
    assert (await _row(house)).values["pm25"] == 52
    for values, code in (({"pm25": 1.5}, "api.body"), ({"pm25": "free text"}, "datafeeds.values")):
        wrong = await ask(station, "PUT", "/data-feeds/air/values", {"values": values}, status=422)
        assert wrong["code"] == code
    wrong = await ask(station, "PUT", "/data-feeds/air/values", {"values": GOOD, "lasts": 86_400}, status=422)
    assert wrong["code"] == "datafeeds.lasts_long"
    await ask(station, "GET", "/data-feeds", status=403)
    await ask(station, "PUT", "/data-feeds/air", {"name": "x", "unit": "/320509/", "lasts": 60}, status=403)
    other = await _token(operator, house, "data:write")
    await ask(other, "PUT", "/data-feeds/air/values", {"values": GOOD}, status=403)
    assert (await _row(house)).values["pm25"] == 52

    one = (await call(editor, "GET", "/data-feeds"))["feeds"][0]
    assert (one["state"], one["refused"], one["values"]["pm25"]) == ("current", "datafeeds.lasts_long", 52)
    await operator.post(AIR, {"name": "气象站", "unit": "/320509/", "lasts": "900"})
    assert (await ask(station, "PUT", "/data-feeds/air/values", {"values": GOOD}, status=409))[
        "code"
    ] == "datafeeds.off"


async def test_card_is_looked_at_when_its_piece_is_submitted(house: House) -> None:
    await house.set_up()
    await house.add("yun", "云维", "operator")
    editor = await house.add("shen", "沈静怡", "editor")
    made = await call(editor, "POST", "/documents", {"kind": "notice", "title": "今日空气"})
    draft = {**made["draft"], "channels": ["screen"]}
    bad = {"name": "pm25", "kind": "number", "label": "PM2.5", "unit": "", "decimals": 0, "least": 9, "most": 1}
    text = {"id": "b_aaaaaaaaaaaa", "type": "paragraph", "text": [{"t": "一句正文。"}]}
    card: dict[str, Any] = {"id": "b_aaaaaaaaaaab", "type": "data", "feed": "air", "fields": [bad]}
    draft["body"] = {"schema": 1, "blocks": [text, card]}
    await call(
        editor, "PUT", f"/documents/{made['id']}/working-copy", {"base": made["revision"], "version": 0, "draft": draft}
    )
    refused = await call(editor, "POST", f"/documents/{made['id']}/submit", {}, status=409)
    assert refused["code"] == "review.checks_failed"
    await editor.get(f"/desk/documents/{made['id']}/edit")
    page = await editor.get(f"/desk/documents/{made['id']}/checks")
    assert "数据卡“PM2.5”写法不对" in page
    assert card["id"] in page
    assert 'feeds-url="/desk/datafeeds/cards/choices"' in await editor.get(f"/desk/documents/{made['id']}/edit")
