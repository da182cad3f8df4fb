"""The pool of what feeds brought: looked through, read, taken into a draft, or put aside."""

import uuid
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from cms.content.importing import pool
from cms.content.importing.pool import PoolFilters, PoolRow, PoolState
from cms.content.importing.rehosting import House, fetch_one, take_whole
from cms.desk import pieces, unit_field
from cms.desk.missing import missing
from cms.desk.routing import get, post
from cms.desk.uploads import count_intake
from cms.desk.views.gate import text
from cms.desk.views.imports import tabs
from cms.desk.visit import Visit
from cms.kernel.errors import Conflict, DomainError, Invalid, NotFound
from cms.library.fetching import name_of
from cms.library.models import PICTURE
from cms.people.permissions import Action, require_reach
from media.errors import MediaRefused

_TONES = {PoolState.NEW: "info", PoolState.TAKEN: "good", PoolState.ASIDE: "past"}


async def pool_page(visit: Visit) -> web.StreamResponse:
    state = PoolState(visit.query("state")) if visit.query("state") in set(PoolState) else PoolState.NEW
    source, words, after = visit.query("source"), visit.query("q"), visit.query("after")
    first = int(visit.query("from")) if visit.query("from").isdigit() and len(visit.query("from")) < 8 else 1
    async with visit.deps.db.read() as session:
        filters = PoolFilters(state, _uuid(source), words)
        page = await pool.pool(session, visit.actor, filters, after=after)
        sources = await pool.pool_sources(session, visit.actor)
    asked = {"state": "" if state is PoolState.NEW else state.value, "source": source, "q": words}
    context = {
        "tabs": tabs(visit, "pool"),
        "states": [
            {
                "label": visit.t(f"enum.PoolState.{one.name}"),
                "href": _url({**asked, "state": "" if one is PoolState.NEW else one.value}),
                "is_current": one is state,
            }
            for one in PoolState
        ],
        "filters": {"q": words, "source": source, "state": asked["state"]},
        "sources": [{"value": str(key), "label": name} for key, name in sources],
        "items": [_shown(visit, one) for one in page.rows],
        "page": _pager(page, first, asked),
        "is_filtered": bool(source or words or state is not PoolState.NEW),
        "may_configure": visit.may(Action.SYSTEM_CONFIGURE),
    }
    return visit.page("imports/pool.html", context, section="imports")


async def item_page(visit: Visit) -> web.StreamResponse:
    return await _item(visit)


async def picture(visit: Visit) -> web.StreamResponse:
    """Fetches the picture of number `n` of an item into the library; what became of it is noted with the item."""
    n = text(await visit.form(), "n")
    async with visit.deps.db.read() as session:
        row = (await pool.pool_item(session, visit.actor, visit.uuid("item"))).item
    if not n.isascii() or not n.isdigit() or len(n) > 3 or int(n) >= len(row.pictures):
        raise NotFound("kernel.not_found")
    try:
        asset = await fetch_one(house_of(visit), visit.actor, row.id, row.pictures[int(n)], now=visit.now)
    except (DomainError, MediaRefused) as refused:
        count_intake(visit, PICTURE, refused.code)
        raise
    count_intake(visit, PICTURE, "fetched")
    return web.json_response({"asset": str(asset.id), "thumb": pieces.thumb(asset.id)})


async def take(visit: Visit) -> web.StreamResponse:
    """Into a draft of the editor, who goes on writing there."""
    form, sponsor = await visit.form(), visit.deps.site.sponsor
    item = visit.uuid("item")
    try:
        place = await unit_field.typed(visit, text(form, "unit"), Action.DOCUMENT_CREATE)
        document = await take_whole(house_of(visit), visit.actor, item, unit=place.path, sponsor=sponsor, now=visit.now)
    except (Conflict, Invalid) as error:
        return await _item(visit, error)
    return visit.redirect(f"{pieces.href(document)}/edit", done="pool_taken")


def house_of(visit: Visit) -> House:
    return House(visit.deps.db, visit.deps.workshop, visit.deps.pictures)


async def aside(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        await pool.put_aside(session, visit.actor, visit.uuid("item"), now=visit.now)
    return visit.redirect("/desk/pool/", done="pool_aside")


async def back(visit: Visit) -> web.StreamResponse:
    async with visit.deps.db.write() as session:
        await pool.bring_back(session, visit.actor, visit.uuid("item"), now=visit.now)
    return visit.redirect(f"/desk/pool/{visit.part('item')}", done="pool_back")


async def _item(visit: Visit, error: DomainError | None = None) -> web.Response:
    async with visit.deps.db.read() as session:
        row = await pool.pool_item(session, visit.actor, visit.uuid("item"))
        require_reach(visit.actor, Action.DOCUMENT_CREATE)
        unit = await unit_field.field_of(session, visit.actor.unit, Action.DOCUMENT_CREATE)
    item = row.item
    context = {
        "item": {
            **_shown(visit, row),
            "blocks": item.body["blocks"],
            "summary": item.summary,
            "dropped": [visit.t(f"content.dropped.{what}", count=count) for what, count in item.dropped.items()],
            "pictures": len(item.pictures),
            "pictures_urls": [{"url": url, "name": name_of(url)} for url in item.pictures],
            "fetched": item.report.get("fetched", 0),
            "missing": missing(visit, item.report),
            "is_new": item.state == PoolState.NEW,
            "is_aside": item.state == PoolState.ASIDE,
        },
        "asset_url": pieces.ASSET_URL,
        "unit": unit,
        "error": visit.refusal(error) if error else None,
    }
    return visit.page("imports/item.html", context, section="imports", status=error.status if error else 200)


def _shown(visit: Visit, row: PoolRow) -> dict[str, Any]:
    item, state = row.item, PoolState(row.item.state)
    return {
        "href": f"/desk/pool/{item.id}",
        "title": item.title,
        "summary": item.summary,
        "source": row.source,
        "origin": item.origin,
        "author": item.author,
        "licence": item.licence,
        "url": item.url,
        "published_at": item.published_at,
        "found_at": item.found_at,
        "tone": _TONES[state],
        "label": visit.t(f"enum.PoolState.{state.name}"),
        "by": row.by,
        "settled_at": item.settled_at,
        "document": pieces.href(row.document) if row.document else "",
    }


def _pager(page: pool.PoolPage, first: int, asked: dict[str, str]) -> dict[str, Any] | None:
    if not page.rows or (page.total <= len(page.rows) and first == 1):
        return None
    later = {**asked, "after": page.after, "from": str(first + len(page.rows))}
    return {
        "first": first,
        "last": first + len(page.rows) - 1,
        "total": page.total,
        "earlier": _url(asked) if first > 1 else "",
        "later": _url(later) if page.after else "",
    }


def _url(asked: dict[str, str]) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"/desk/pool/?{query}" if query else "/desk/pool/"


def _uuid(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        raise NotFound("kernel.not_found") from None


ROUTES = (
    get("/desk/pool/", pool_page, Action.DOCUMENT_CREATE),
    get("/desk/pool/{item}", item_page, Action.DOCUMENT_CREATE),
    post("/desk/pool/{item}/picture", picture, Action.DOCUMENT_CREATE),
    post("/desk/pool/{item}/take", take, Action.DOCUMENT_CREATE),
    post("/desk/pool/{item}/aside", aside, Action.DOCUMENT_CREATE),
    post("/desk/pool/{item}/back", back, Action.DOCUMENT_CREATE),
)
