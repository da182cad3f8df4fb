"""A channel's logo by a program: placed by whoever may publish, priced and followed film by film, taken off again."""

import uuid
from typing import Any

import pytest
from sqlalchemy import select

from cms.airing.logos import Film
from cms.api import logos
from cms.audit.models import AuditEvent
from cms.publishing.onair.logos import Standing
from tests.integration.desk.house import House
from tests.integration.desk.test_api import call
from tests.integration.desk.world import png, target, upload

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
AT = "/targets/lectures/logo"
FILMS = [
    Film("a" * 64, "银龄课堂", 1, 60, 9_000_000, Standing("ready", 16, 16)),
    Film("b" * 64, "花园会客厅", 9, 120, 7_000_000, Standing("failed", 0, 31, "media.house_mismatch")),
    Film("c" * 64, "村晚", 40, 30),
]


async def no_films(*_: object, **__: object) -> list[Film]:
    return []


async def films(*_: object, **__: object) -> list[Film]:
    return FILMS


async def test_logo_over_the_api_is_placed_priced_followed_and_taken_off(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await house.set_up()
    publisher = await house.add("fa", "发布员", "publisher")
    editor = await house.add("bi", "采编", "editor")
    page = await publisher.get("/desk/targets/")
    await publisher.post("/desk/targets/", {**target("lectures", "tv", page), "name": "文明实践频道"})
    await editor.get("/desk/library/")
    _, found = await upload(editor, "logo.png", png(300, 120))
    picture = found["asset"]
    monkeypatch.setattr(logos, "films_of", films)

    async def say(who: Any, method: str, body: object, status: int = 200, path: str = AT) -> Any:
        return await call(who, method, path, body, status=status)

    before = await call(publisher, "GET", AT)
    assert before["logo"] is None
    assert before["pace"] == {"rate": 1.5, "films": 0}, "assumed, and said so"
    assert before["new"] == {"films": 3, "seconds": 210, "work_seconds": 315, "bytes": 16_000_000}
    assert before["left"]["films"] == 0, "nothing is made without a logo"

    wish = {"picture": picture, "corner": "top-right", "margin": 4, "size": 10, "opacity": 100}
    assert (await say(editor, "PUT", wish, 403))["code"] == "people.denied.role"
    wrong = await say(publisher, "PUT", {**wish, "margin": 11, "corner": "middle"}, 422)
    assert (wrong["code"], sorted(wrong["fields"])) == ("api.body", ["corner", "margin"])
    gone = await say(publisher, "PUT", {**wish, "picture": str(uuid.UUID(int=1))}, 404)
    assert gone["code"] == "library.asset_unknown"
    made = await say(publisher, "PUT", wish)
    assert {name: made["logo"][name] for name in wish} == wish
    assert made["left"] == {"films": 2, "seconds": 150, "work_seconds": 225, "bytes": 7_000_000}
    told = [(one["title"], one["state"], one["done"], one["error"]) for one in made["films"]]
    assert told == [
        ("银龄课堂", "ready", 16, ""),
        ("花园会客厅", "failed", 0, "media.house_mismatch"),
        ("村晚", "waiting", 0, ""),
    ]
    assert (await say(publisher, "PUT", wish))["logo"] == made["logo"], "the same again changes nothing"
    await say(publisher, "POST", {}, path=f"{AT}/again")

    monkeypatch.setattr(logos, "films_of", no_films)
    for _ in range(2):
        assert (await say(publisher, "DELETE", {}))["logo"] is None, "off is off, however often it is asked for"
    async with house.deps.db.read() as session:
        acts = await session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("logo.")))
        assert sorted(acts.all()) == ["logo.end", "logo.set"]
