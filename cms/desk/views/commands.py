"""The command bar's answers: rooms, acts and pieces for what was typed so far."""

import json
from typing import Any, Final

from aiohttp import web

from cms.content.queries import Filters, documents
from cms.desk import pieces
from cms.desk.commands import Command, matching
from cms.desk.routing import SIGNED_IN, get
from cms.desk.visit import Visit
from cms.people.permissions import Action

_ROOMS: Final = 8
_PIECES: Final = 6


async def commands(visit: Visit) -> web.StreamResponse:
    """Groups of lines as JSON; only what this person may reach is among them."""
    typed = visit.query("q")[:60]
    groups = [
        _group(visit, "desk.command.act", matching(_acts(visit), typed)),
        _group(visit, "desk.command.room", matching(_rooms(visit), typed)[:_ROOMS]),
    ]
    if typed.strip() and visit.may(Action.DOCUMENT_READ):
        groups.append(_group(visit, "desk.command.piece", await _pieces(visit, typed)))
    answer = [group for group in groups if group["items"]]
    # No angle bracket stands in it as it is, whoever takes it for a page.
    text = json.dumps({"groups": answer}, ensure_ascii=False).replace("<", "\\u003c")
    return web.json_response(text=text, headers={"Cache-Control": "no-store"})


def _rooms(visit: Visit) -> list[Command]:
    return [Command(visit.t(item.title), item.path, item.icon, visit.t(item.group)) for item in visit.shell("").nav]


def _acts(visit: Visit) -> list[Command]:
    acts = [
        (Action.DOCUMENT_CREATE, "write", "/desk/documents/new", "file-text"),
        (Action.DOCUMENT_CREATE, "import", "/desk/imports/", "upload"),
    ]
    found = [Command(visit.t(f"desk.command.{key}"), href, icon) for right, key, href, icon in acts if visit.may(right)]
    return [*found, Command(visit.t("desk.account"), "/desk/account", "user-round")]


async def _pieces(visit: Visit, typed: str) -> list[Command]:
    async with visit.deps.db.read() as session:
        page = await documents(session, visit.actor, Filters(words=typed), limit=_PIECES)
    return [
        Command(
            one.title or visit.t("desk.documents.untitled"),
            pieces.href(one.public_id),
            "file-text",
            f"{visit.t(f'desk.state.{one.state.value}')} · {one.unit_name}",
        )
        for one in page.rows
    ]


def _group(visit: Visit, title: str, found: list[Command]) -> dict[str, Any]:
    items = [{"title": one.title, "href": one.href, "icon": one.icon, "sub": one.sub} for one in found]
    return {"title": visit.t(title), "items": items}


ROUTES = (get("/desk/commands", commands, SIGNED_IN),)
