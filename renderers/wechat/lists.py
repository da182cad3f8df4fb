"""Looking for a post at the platform by the id that travelled in its address of 阅读原文: reads only."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from renderers.wechat.answers import Answer, has_key, identity, items, number, secure, source_urls
from renderers.wechat.client import Client
from renderers.wechat.errcodes import Class, Lost, Refusal

_PAGE: Final = 20  # the platform's most
_PAGES: Final = 150


@dataclass(frozen=True, slots=True)
class Found:
    """An article at the platform."""

    article: str
    url: str
    deleted: bool


async def draft_with(client: Client, key: str) -> str | None:
    """The draft that carries `key`, if one is in the box."""
    async for item in _entries(client, "/cgi-bin/draft/batchget"):
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


async def article_with(client: Client, key: str) -> Found | None:
    """The article that carries `key`; one that stands is preferred to one that was deleted."""
    deleted = None
    async for item in _entries(client, "/cgi-bin/freepublish/batchget"):
        if has_key(item, key):
            found = _found(item)
            if not found.deleted:
                return found
            deleted = found
    return deleted


async def is_gone(client: Client, article: str) -> bool:
    """Whether an article was deleted, or never was."""
    try:
        answer = await client.read("/cgi-bin/freepublish/getarticle", {"article_id": article})
    except Refusal as refusal:
        if refusal.rule.kind is Class.GONE:
            return True
        raise
    return _is_deleted(answer)


async def _entries(client: Client, path: str) -> AsyncIterator[Mapping[str, Any]]:
    """All entries of a list. Its order is not promised, so all pages are read; raises Lost when there are too many."""
    bare = True
    for page in range(_PAGES):
        answer = await _page(client, path, page, bare=bare)
        found = items(answer)
        if bare and any(not list(source_urls(item)) for item in found):
            # Left out with the contents: then they come along.
            bare = False
            found = items(await _page(client, path, page, bare=False))
        for item in found:
            yield item
        total = number(answer.get("total_count"))
        if total is None:
            raise Lost("no total_count")
        if not found or (page + 1) * _PAGE >= total:
            return
    raise Lost("list too long")


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
