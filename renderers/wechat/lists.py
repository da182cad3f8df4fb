"""Looking for a post at the platform by the id that travelled in its address of 阅读原文: reads only."""

import datetime as dt
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from renderers.wechat.answers import Answer, has_key, identity, items, number, secure, source_urls
from renderers.wechat.client import Client
from renderers.wechat.errcodes import Class, Lost, Refusal

_PAGE: Final = 20  # the platform's most
_PAGES: Final = 250
# How far our clock and the platform's may differ.
_SLACK: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Found:
    """An article at the platform."""

    article: str
    url: str
    deleted: bool


async def draft_with(client: Client, key: str, *, since: dt.datetime) -> str | None:
    """The draft that carries `key`, if one made after `since` is in the box."""
    async for item in _entries(client, "/cgi-bin/draft/batchget", since):
        if has_key(item, key):
            return identity(item, "media_id")
    return None


async def has_draft(client: Client, draft: str) -> bool:
    """Whether a draft is in the box."""
    try:
        await client.read("/cgi-bin/draft/get", {"media_id": draft})
    except Refusal as refusal:
        if refusal.rule.kind is Class.GONE:
            return False
        raise
    return True


async def article_with(client: Client, key: str, *, since: dt.datetime) -> Found | None:
    """The article that carries `key`, published after `since`; one that stands is preferred to a deleted one."""
    deleted = None
    async for item in _entries(client, "/cgi-bin/freepublish/batchget", since):
        if has_key(item, key):
            found = _found(item)
            if not found.deleted:
                return found
            deleted = found
    return deleted


async def article_at(client: Client, url: str) -> str | None:
    """The id of the article under an address, which is all that is known of what a person published by hand."""
    async for item in _entries(client, "/cgi-bin/freepublish/batchget", None):
        found = _found(item)
        if found.url and found.url == secure(url):
            return found.article
    return None


async def is_gone(client: Client, article: str) -> bool:
    """Whether an article was deleted, or never was."""
    try:
        answer = await client.read("/cgi-bin/freepublish/getarticle", {"article_id": article})
    except Refusal as refusal:
        if refusal.rule.kind is Class.GONE:
            return True
        raise
    return _is_deleted(answer)


async def _entries(client: Client, path: str, since: dt.datetime | None) -> AsyncIterator[Mapping[str, Any]]:
    """Entries of a list, at least all that changed after `since`; raises Lost when there are too many.

    The order is not promised: only while a list shows itself to be newest first does it end at what is older.
    """
    bare = True
    oldest = math.inf
    for page in range(_PAGES):
        answer = await _page(client, path, page, bare=bare)
        found = items(answer)
        if bare and any(not list(source_urls(item)) for item in found):
            # Left out with the contents: then they come along.
            bare = False
            found = items(await _page(client, path, page, bare=False))
        for item in found:
            yield item
        oldest = _descended(found, oldest)
        if since is not None and oldest < (since - _SLACK).timestamp():
            return
        total = number(answer.get("total_count"))
        if total is None:
            raise Lost("no total_count")
        if not found or (page + 1) * _PAGE >= total:
            return
    raise Lost("list too long")


def _descended(found: Sequence[Mapping[str, Any]], oldest: float) -> float:
    """The time of the last entry while all came newest first; after the first that did not, no number compares."""
    for item in found:
        at = number(item.get("update_time"))
        if at is None or not at <= oldest:
            return math.nan
        oldest = at
    return oldest


async def _page(client: Client, path: str, page: int, *, bare: bool) -> Answer:
    return await client.read(path, {"offset": page * _PAGE, "count": _PAGE, "no_content": int(bare)})


def _found(item: Mapping[str, Any]) -> Found:
    content = item.get("content")
    news = content.get("news_item") if isinstance(content, dict) else None
    first = news[0] if isinstance(news, list) and news and isinstance(news[0], dict) else {}
    return Found(identity(item, "article_id"), secure(first.get("url")), deleted=_is_deleted(content or {}))


def _is_deleted(content: Mapping[str, Any]) -> bool:
    news = content.get("news_item")
    entries = [one for one in news if isinstance(one, dict)] if isinstance(news, list) else []
    return bool(entries) and all(str(one.get("is_deleted")).lower() in {"true", "1"} for one in entries)
