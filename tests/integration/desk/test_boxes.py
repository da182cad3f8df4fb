"""The preview of a set-top box on the desk: of a channel that asks for an entry, it opens with the editor's own."""

import re

import pytest
from sqlalchemy import select

from cms.planning.models import Target
from tests.integration.desk.house import House
from tests.integration.desk.test_outlets import channel
from tests.integration.desk.world import target

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FRAME = re.compile(r'<iframe src="([^"]+)"')


async def test_preview_of_a_channel_for_an_operators_viewers_opens_with_the_editors_own_entry(house: House) -> None:
    await channel(house)
    publisher, editor = house.logins["fa"], await house.add("shen", "沈静怡", "editor")
    page = await publisher.get("/desk/targets/")
    await publisher.post("/desk/targets/", {**target("hall", "tv", page), "name": "礼堂频道"})
    assert FRAME.findall(await editor.get("/desk/boxes/?target=hall")) == ["/tv/hall/"], "nobody asks for an entry"
    async with house.deps.db.write() as session:
        rows = (await session.scalars(select(Target).where(Target.kind == "tv"))).all()
        for row in rows:
            row.settings = {**row.settings, "signed": True, "entry_only": True}
    page = await editor.get("/desk/boxes/?target=hall")
    (frame,) = FRAME.findall(page)
    found = re.fullmatch(r"/tv/hall/\?token=portal-desk-([0-9a-f]{8})\.1\.\d{10}\.hall_lectures\.\S{43}", frame)
    assert found is not None, frame
    assert "<code data-box-path>/tv/hall/</code>" in page, "no token where it is read over a shoulder"
    (other,) = FRAME.findall(await publisher.get("/desk/boxes/?target=hall"))
    assert found[1] not in other, "each person's own"
    # A channel of another unit is not in it.
    async with house.deps.db.write() as session:
        row = (await session.scalars(select(Target).where(Target.code == "lectures"))).one()
        row.unit_path = "/elsewhere/"
    (frame,) = FRAME.findall(await editor.get("/desk/boxes/?target=hall"))
    assert ".hall." in frame
