"""An office on the desk: one person of each role, a piece, a picture, a column, a target; and their addresses."""

import io
import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import FormData
from PIL import Image
from sqlalchemy import select

from cms.content.models import Column
from cms.library.models import Rendition
from cms.people.models import Membership, Person, Unit
from tests.integration.desk.house import Browser, House

ROLES = {
    "editor": ("shen", "沈静怡"),
    "reviewer": ("lu", "陆明"),
    "chief": ("wu", "吴建国"),
    "publisher": ("gu", "顾晓峰"),
    "operator": ("yun", "云维"),
    "auditor": ("ji", "纪察"),
}


@dataclass
class World:
    """The house, a browser by role («anonymous» has none), and values for the parts of addresses."""

    house: House
    by: dict[str, Browser]
    parts: Mapping[str, str]
    document: str

    def path(self, pattern: str) -> str:
        """An address of a route's pattern, its parts filled with things that are there."""
        return re.sub(r"\{(\w+)(?::[^}]*)?\}", lambda found: self.parts[found[1]], pattern)


async def make_world(house: House) -> World:
    by = {"admin": await house.set_up()}
    people = [(login, name, role) for role, (login, name) in ROLES.items()]
    hired = await house.add_all(*people, ("wu-ming", "吴名"), ("victim", "常在"))
    by |= dict(zip((*ROLES, "nobody"), hired[:-1], strict=True))
    chief = by["chief"]
    await chief.get("/desk/columns/")
    await chief.post("/desk/columns/", {"code": "news", "name": "要闻", "position": "1"})
    publisher = by["publisher"]
    page = await publisher.get("/desk/targets/")
    await publisher.post("/desk/targets/", target("site", "web", page))
    document = await begin(by["editor"], "银龄课堂开讲", column="news")
    await upload(by["editor"], "lake.png")
    return World(house, by, await parts_of(house, document), document)


def target(code: str, kind: str, page: str) -> dict[str, str]:
    unit = re.search(r'data-value="(/[^"]+/)"', page)
    assert unit is not None
    return {"code": code, "kind": kind, "name": "云上吴江网站", "unit": unit[1], "loop_minutes": "15"}


async def begin(editor: Browser, title: str, *, column: str = "") -> str:
    """A new piece by the editor; its public id."""
    await editor.get("/desk/documents/new")
    await editor.post("/desk/documents/new", {"kind": "news", "title": title, "column": column})
    found = re.fullmatch(r"/desk/documents/([0-9a-z]+)/edit", editor.at)
    assert found is not None, editor.at
    return found[1]


def draft_fields(page: str, **changes: object) -> dict[str, object]:
    """The fields of an editor's page that make a piece that can be submitted."""
    revision = re.search(r'name="revision" value="([^"]+)"', page)
    assert revision is not None
    text = [{"id": "b_aaaaaaaaaaaa", "type": "paragraph", "text": [{"t": "正文在此。"}]}]
    fields: dict[str, object] = {
        "revision": revision[1],
        "version": "0",
        "title": "银龄课堂开讲",
        "column": "news",
        "source": "吴江区融媒体中心",
        "reporter": "沈静怡",
        "editor": "陆明",
        "sponsor": "区委宣传部",
        "date": "2026-11-24T09:00",
        "offline": "7",
        "channel": ["web"],
        "body": json.dumps({"schema": 1, "blocks": text}, ensure_ascii=False),
    }
    return {**fields, **changes}


async def write(browser: Browser, document: str, **changes: object) -> None:
    page = await browser.get(f"/desk/documents/{document}/edit")
    await browser.post(f"/desk/documents/{document}/edit", draft_fields(page, **changes))


async def upload(editor: Browser, name: str, data: bytes | None = None) -> tuple[int, dict[str, Any]]:
    form = FormData(quote_fields=False)  # as browsers send names
    form.add_field("file", data if data is not None else png(), filename=name, content_type="image/png")
    answer = await editor.script("POST", "/desk/library/upload", data=form)
    return answer.status, await answer.json()


def png(width: int = 640, height: int = 480) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), (90, 130, 160)).save(buffer, "PNG")
    return buffer.getvalue()


async def parts_of(house: House, document: str, *, unit: str = "/320509/") -> dict[str, str]:
    """Values for the parts of addresses; `unit` is the path of the unit they speak of."""
    async with house.deps.db.read() as session:
        rendition = (await session.scalars(select(Rendition).where(Rendition.name == "thumb"))).one()
        victim = (await session.scalars(select(Person).where(Person.login == "victim"))).one()
        place = (await session.scalars(select(Unit).where(Unit.path == unit))).one()
        inside = select(Membership).where(Membership.unit_id == place.id).limit(1)
        membership = (await session.scalars(inside)).one()
        column = (await session.scalars(select(Column))).one()
    return {
        "id": document,
        "verb": "withdraw",
        "asset": str(rendition.asset_id),
        "rendition": "thumb",
        "sha256": rendition.sha256,
        "session": str(uuid.UUID(int=7)),
        "person": str(victim.id),
        "membership": str(membership.id),
        "unit": str(place.id),
        "column": str(column.id),
        "list": "words",
        "screen": "0000000000",
        "order": str(uuid.UUID(int=13)),
        "command": str(uuid.UUID(int=13)),
        "rollout": str(uuid.UUID(int=13)),
        "source": str(uuid.UUID(int=13)),
        "channel": "web",
        "form": "wide",
        "state": "activate",
        "version": "vendor",
        "on": "2026-11-27",
        "path": "htmx-2.0.11/htmx.min.js",
        "name": "frame.js",
        "upload": str(uuid.UUID(int=9)),
        "folder": str(uuid.UUID(int=10)),
        "batch": str(uuid.UUID(int=11)),
        "language": "zh",
        "target": "site",
        "delivery": str(uuid.UUID(int=8)),
        **{
            name: str(uuid.UUID(int=9))
            for name in ("run", "item", "feed", "token", "hook", "call", "link", "batch", "reset", "output")
        },
        "placement": str(uuid.UUID(int=10)),
        "daypart": str(uuid.UUID(int=10)),
        "alarm": str(uuid.UUID(int=12)),
        "year": "2026",
        "number": "0",
        "notice": str(uuid.UUID(int=11)),
    }
