"""A feed from its due row to items in the pool: fetched by the one client, read in the sandbox, stored once each.

The network is never awaited inside a transaction, and what comes back is written only by the holder of the lease: two
workers, or one that was killed, leave every item exactly once.
"""

import datetime as dt
import hashlib
import json
import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.blocks import read_body
from cms.content.draft import LIMITS
from cms.content.importing.feeds import FEED, FeedState
from cms.content.importing.foreign import line_of, read_foreign
from cms.content.importing.models import FeedSource, PoolItem
from cms.content.importing.placing import PICTURE
from cms.contract import ContractError, Outbound
from cms.kernel import leases
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.kernel.errors import DomainError, Unavailable
from cms.kernel.ids import uuid7
from cms.kernel.log import logger
from cms.kernel.metrics import Metrics
from cms.kernel.text import one_line
from media.errors import MediaRefused
from media.feeds import FEED_BYTES, read_feed
from media.sandbox import Sandbox
from media.threads import in_thread

_AGENT: Final = "yunping-feeds/1"
_STUCK: Final = {"error_code": "content.feed_stuck", "error_params": {}}

log = logger("content.polling")


@dataclass(frozen=True, slots=True)
class FeedRoom:
    """What a poller works with."""

    database: Database
    clock: Clock
    outbound: Outbound
    sandbox: Sandbox
    work: Path
    owner: str
    metrics: Metrics | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An item as the pool keeps it."""

    key: str
    digest: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a site said: items, or nothing new."""

    items: Sequence[Found] = ()
    etag: str = ""
    modified: str = ""
    is_new: bool = True


async def poll_next(room: FeedRoom) -> bool:
    """Takes the feed that waits longest and looks at it; False when nothing is due."""
    now = room.clock.now()
    async with room.database.read() as session:
        if not await leases.is_due(session, FeedSource, FEED, now=now):
            return False
    async with room.database.write() as session:
        held = await leases.claim(session, FeedSource, FEED, owner=room.owner, now=now, poison=_STUCK)
        rows = [await session.get_one(FeedSource, one.id, populate_existing=True) for one in held]
    for one, row in zip(held, rows, strict=True):
        await _poll(room, one, row)
    return bool(held)


async def _poll(room: FeedRoom, held: leases.Claim, row: FeedSource) -> None:
    try:
        answer = await _asked(room, row)
    except (ContractError, MediaRefused, DomainError) as refused:
        await _again(room, held, row, refused.code, dict(refused.params))
        return
    except Exception:
        # A defect on one site's words must not stop the others; the row says that it failed, the log why.
        log.exception("a feed could not be read", feed=str(row.id))
        await _again(room, held, row, "content.feed_defect", {})
        return
    now = room.clock.now()
    values: dict[str, Any] = {"polled_at": now, "good_at": now, "error_code": None, "error_params": {}, "attempt": 0}
    if answer.is_new:
        values |= {"etag": answer.etag, "modified": answer.modified}
    async with room.database.write() as session:
        due = now + dt.timedelta(minutes=row.every_minutes)
        if not await leases.finish(session, FeedSource, FEED, held, state=FeedState.WAITING, not_before=due, **values):
            return
        added = await store(session, row.id, answer.items, now=now)
    _count(room, "taken" if added else "nothing_new")
    if added:
        log.info("items came into the pool", feed=str(row.id), items=added)


async def _asked(room: FeedRoom, row: FeedSource) -> _Answer:
    headers = {"User-Agent": _AGENT, "Accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9"}
    if row.etag:
        headers["If-None-Match"] = row.etag
    if row.modified:
        headers["If-Modified-Since"] = row.modified
    status, given, data = await room.outbound.request("GET", row.url, headers=headers, limit=FEED_BYTES)
    if status == 304:
        return _Answer(is_new=False)
    if status != 200:
        raise Unavailable("content.feed_status", status=status)
    feed = await read_feed(data, sandbox=room.sandbox, work=room.work)
    items = await in_thread(found_in, feed, row.name, row.licence)
    lower = {name.lower(): value for name, value in given.items()}
    return _Answer(items, lower.get("etag", "")[:200], lower.get("last-modified", "")[:100])


def found_in(feed: Mapping[str, Any], name: str, licence: str) -> list[Found]:
    """The items of a feed as the pool keeps them, each once; pure."""
    rights = one_line(str(feed.get("rights", "")))
    found: dict[str, Found] = {}
    for item in feed.get("items", ()):
        one = _item(item, name, licence, rights)
        if one is not None:
            found.setdefault(one.key, one)
    return list(found.values())


def _item(item: Mapping[str, Any], name: str, licence: str, rights: str) -> Found | None:
    texts = {key: str(item.get(key) or "") for key in ("guid", "url", "base", "title", "author", "source", "html")}
    read = read_foreign(texts["html"], base=texts["base"] or texts["url"], picture=PICTURE)
    title = one_line(texts["title"]) or line_of(texts["html"])[:60]
    if not title:
        return None
    summary = line_of(str(item.get("summary") or ""))
    words = {
        "url": texts["url"][:2000] if texts["url"].startswith(("https://", "http://")) else "",
        "title": title[: LIMITS["title"]],
        "author": one_line(texts["author"])[: LIMITS["byline"]],
        "origin": (one_line(texts["source"]) or name)[: LIMITS["byline"]],
        "licence": "；".join(dict.fromkeys(filter(None, (licence, one_line(str(item.get("rights") or "")) or rights))))[
            :500
        ],
        "summary": summary[: LIMITS["summary"]],
        "pictures": list(dict.fromkeys((*read.pictures, *map(str, item.get("pictures") or ()))))[:50],
        "dropped": read.dropped,
    }
    body = read_body({"schema": 1, "blocks": list(read.blocks)})
    digest = hashlib.sha256(json.dumps([words, _without_ids(body)], sort_keys=True).encode()).hexdigest()
    key = hashlib.sha256((texts["guid"] or texts["url"] or title).encode()).hexdigest()
    return Found(key, digest, {**words, "body": body, "published_at": _instant(str(item.get("at") or ""))})


def _without_ids(value: Any) -> Any:
    """Block ids are new at each reading; the words are what is compared."""
    if isinstance(value, Mapping):
        return {name: _without_ids(one) for name, one in value.items() if name != "id"}
    return [_without_ids(one) for one in value] if isinstance(value, list) else value


async def store(session: AsyncSession, source: uuid.UUID, items: Sequence[Found], *, now: dt.datetime) -> int:
    """Adds what is new; words a site changed are renewed while nobody took the item. How many are new."""
    query = select(PoolItem.key, PoolItem.digest, PoolItem.state).where(PoolItem.source_id == source)
    known = {row.key: row for row in (await session.execute(query)).all()}
    added = 0
    # The newest of a feed stands first and shall be first in the pool.
    for number, one in enumerate(reversed(items)):
        before = known.get(one.key)
        if before is None:
            at = now + dt.timedelta(milliseconds=number)
            session.add(
                PoolItem(id=uuid7(at), source_id=source, key=one.key, digest=one.digest, found_at=at, **one.values)
            )
            added += 1
        elif before.digest != one.digest and before.state != "taken":
            here = (PoolItem.source_id == source, PoolItem.key == one.key)
            await session.execute(update(PoolItem).where(*here).values(digest=one.digest, **one.values))
    await session.flush()
    return added


async def _again(room: FeedRoom, held: leases.Claim, row: FeedSource, code: str, params: Mapping[str, object]) -> None:
    """A site that is down is asked at its own interval, later when it stays down."""
    now = room.clock.now()
    jitter = random.random()  # noqa: S311 - spreads retries
    wait = max(dt.timedelta(minutes=row.every_minutes), leases.backoff(held.attempt, jitter))
    said = {name: value if isinstance(value, str | int) else str(value) for name, value in params.items()}
    async with room.database.write() as session:
        await leases.fail(
            session,
            FeedSource,
            FEED,
            held,
            now=now,
            jitter=jitter,
            failed=FeedState.STUCK,
            after=wait,
            polled_at=now,
            error_code=code,
            error_params=said,
        )
    _count(room, code)


def _count(room: FeedRoom, outcome: str) -> None:
    if room.metrics is not None:
        room.metrics.count("yunping_feed_polls_total", outcome=outcome)


def _instant(text: str) -> dt.datetime | None:
    try:
        at = dt.datetime.fromisoformat(text).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return at if 1970 <= at.year < 2200 else None
