"""A take-down over the API: the list of tasks says that it asks for a picture, and a program sends one with it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData
from sqlalchemy import select
from yarl import URL

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.publishing.models import Delivery, Receipt
from tests.integration.desk.house import House, open_house
from tests.integration.desk.test_accounts import LETTERS, with_task
from tests.integration.desk.world import make_world, png


@pytest.fixture
async def house(sqlite: Database, tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(sqlite, tmp_path, SystemClock(), {"letters": LETTERS}) as house:
        yield house


async def test_take_down_when_a_program_confirms_it_is_done_with_its_picture_and_not_without(house: House) -> None:
    world = await make_world(house)
    delivery = await with_task(house, world, "recall", ask="proof")
    operator = world.by["operator"]
    await operator.get("/desk/")
    (task,) = (await (await operator.script("GET", "/api/v1/deliveries/tasks")).json())["tasks"]
    assert (task["asks_proof"], task["asks_url"]) == (True, False)
    there = f"/api/v1/deliveries/{delivery}/confirm"
    answer = await operator.script("POST", there, json={})
    assert (answer.status, (await answer.json())["code"]) == (422, "publishing.proof_missing")

    async def bring(data: bytes) -> tuple[int, Any]:
        form = FormData()
        form.add_field("file", data, filename="gone.png", content_type="image/png")
        url, headers = operator.base.join(URL(f"{there}/proof")), {"X-CSRF-Token": operator.token}
        async with operator.session.post(url, data=form, headers=headers) as answered:
            return answered.status, await answered.json(content_type=None)

    status, said = await bring(b"no picture")
    assert status == 422
    assert said["next"]
    assert await bring(png(64, 64)) == (200, {"id": str(delivery)})
    async with house.deps.db.read() as session:
        row = await session.get_one(Delivery, delivery)
        receipt = (await session.scalars(select(Receipt).where(Receipt.delivery_id == delivery))).one()
    assert row.state == "gone"
    assert receipt.detail["proof"]
    assert (await bring(png(64, 64)))[0] == 409
