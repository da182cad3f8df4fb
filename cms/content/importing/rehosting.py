"""Pictures of a feed's item on their way into a draft: fetched into the library, each noted with what became of it.

A draft never shows or links to a picture of another site. What could not be fetched is left out of the text and stays
in the item's report, with its address, the reason and the place where it stood.
"""

import asyncio
import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.importing.models import PoolItem
from cms.content.importing.pool import PoolState, pool_item, take
from cms.kernel.db import Database
from cms.kernel.errors import Conflict, Denied, DomainError
from cms.library.fetching import PictureSource, fetch_picture
from cms.library.models import Asset
from cms.library.queries import asset_for
from cms.library.upload import Workshop
from cms.people.actor import Actor
from media.errors import MediaRefused

# Whoever waits for a draft waits no longer; a page that shows progress asks for one picture at a time.
PATIENCE: Final = dt.timedelta(seconds=60)
_SLOW: Final = {"code": "library.fetch_slow", "params": {}}


@dataclass(frozen=True, slots=True)
class House:
    """What fetching needs: the rows, the workshop of pictures, and the one client that goes outside."""

    db: Database
    workshop: Workshop
    source: PictureSource


async def fetch_one(house: House, actor: Actor, item: uuid.UUID, url: str, *, now: dt.datetime) -> Asset:
    """Fetches one picture of an item and notes what became of it.

    Raises as `fetch_picture`; Conflict `content.pool_settled` for an item that somebody took.
    """
    async with house.db.read() as session:
        if (await pool_item(session, actor, item)).item.state == PoolState.TAKEN:
            raise Conflict("content.pool_settled")
    try:
        asset = await fetch_picture(house.db, house.workshop, actor, house.source, url=url, now=now)
    except Denied:
        raise  # the person's refusal, not the picture's
    except (DomainError, MediaRefused) as refused:
        params = {name: value for name, value in refused.params.items() if isinstance(value, str | int)}
        await _note(house.db, actor, item, url, {"code": refused.code, "params": params})
        raise
    await _note(house.db, actor, item, url, {"asset": str(asset.id)})
    return asset


async def take_whole(
    house: House, actor: Actor, item: uuid.UUID, *, unit: str, sponsor: str = "", now: dt.datetime
) -> str:
    """Takes an item with its pictures: those nobody tried yet are fetched first. Raises as `pool.take`, Denied."""
    async with house.db.read() as session:
        row = (await pool_item(session, actor, item)).item
        tried = await _usable(session, actor, row)
    if row.state != PoolState.TAKEN:
        await _fetch(house, actor, item, [url for url in row.pictures if url not in tried], now)
    async with house.db.write() as session:
        return await take(session, actor, item, unit=unit, sponsor=sponsor, now=now)


async def _fetch(house: House, actor: Actor, item: uuid.UUID, urls: Sequence[str], now: dt.datetime) -> None:
    if not urls:
        return
    work = {asyncio.create_task(_tried(house, actor, item, url, now)): url for url in urls}
    done, late = await asyncio.wait(work, timeout=PATIENCE.total_seconds())
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
    for task in late:
        await _note(house.db, actor, item, work[task], dict(_SLOW))
    for task in done:
        task.result()


async def _tried(house: House, actor: Actor, item: uuid.UUID, url: str, now: dt.datetime) -> None:
    try:
        await fetch_one(house, actor, item, url, now=now)
    except Denied:
        raise
    except (DomainError, MediaRefused):
        return  # it is noted


async def _usable(session: AsyncSession, actor: Actor, row: PoolItem) -> Collection[str]:
    """Addresses whose outcome holds for this person: a picture in the library of another unit is fetched again."""
    found = set()
    for url, outcome in row.report.get("pictures", {}).items():
        try:
            if "asset" in outcome:
                await asset_for(session, actor, uuid.UUID(outcome["asset"]))
        except DomainError:
            continue
        found.add(url)
    return found


async def _note(db: Database, actor: Actor, item: uuid.UUID, url: str, outcome: Mapping[str, Any]) -> None:
    async with db.write() as session:
        await pool_item(session, actor, item)
        row = await session.get_one(PoolItem, item, with_for_update=True, populate_existing=True)
        if row.state != PoolState.TAKEN:
            row.report = {**row.report, "pictures": {**row.report.get("pictures", {}), url: dict(outcome)}}
