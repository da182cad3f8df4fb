"""What the platform tells us: checked, deduplicated, answered at once, and believed only as a hint to go and read."""

import json
from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from cms.contract import Ask, Reply, Services, Target
from renderers.wechat.answers import secure
from renderers.wechat.crypto import Unreadable, decrypted, is_signed, key_of
from renderers.wechat.events import MOST_BYTES, BadEvent, Event, field, read_event
from renderers.wechat.notes import Notes
from renderers.wechat.settings import AccountSettings, settings_of

# One library uses the second name; both are taken (facts §1.6).
_PUSHED: Final = "MASSSENDJOBFINISH"
_FINISHED: Final = frozenset({"PUBLISHJOBFINISH", "FREEPUBLISHJOBFINISH", _PUSHED})
_SEEN: Final = "wx:events"
_MOST_SEEN: Final = 100
_KEYS: Final = "callback_aes_keys_used"
_MOST_KEYS: Final = 2
_LONGEST: Final = 1_000
_LONGEST_ID: Final = 30
_TURNS: Final = 3


class Forged(Exception):
    """Not signed by the platform for this account."""


async def callback(ask: Ask, target: Target, services: Services) -> Reply:
    """Answers the check of the address and the events; 403 to everybody but the platform."""
    try:
        settings = settings_of(target)
        # Without a token of ours nothing can be signed.
        token = await services.vault.get("callback_token") or ""
        if ask.method == "GET":
            return _checked(ask, token)
        if ask.method != "POST":
            return Reply(405, parts=(b"method not allowed",), headers={"Allow": "GET, POST"})
        return await _told(ask, settings, token, services)
    except (Forged, BadEvent, ValidationError):
        return Reply(403, parts=(b"forbidden",))


def _checked(ask: Ask, token: str) -> Reply:
    echo = ask.query.get("echostr", "")
    if not _plainly_signed(ask, token) or len(echo) > _LONGEST:
        raise Forged
    return Reply(200, parts=(echo.encode(),))


async def _told(ask: Ask, settings: AccountSettings, token: str, services: Services) -> Reply:
    if len(ask.body) > MOST_BYTES:
        raise Forged
    event = await _event(ask, settings, token, services)
    name = field(event, "Event").upper()
    fresh = await _is_new(event, name, services)
    if fresh:
        shown = {key: field(event, "PublishEventInfo", key) for key in ("publish_id", "publish_status", "article_id")}
        if name == _PUSHED:
            shown |= {"push": field(event, "MsgID"), "status": field(event, "Status")}
            await _remember_push(event, services)
        await services.journal.record("wechat.callback", name=name[:60], **{k: v[:256] for k, v in shown.items() if v})
    return Reply(200, parts=(b"success",), hint=fresh and name in _FINISHED)


async def _event(ask: Ask, settings: AccountSettings, token: str, services: Services) -> Event:
    """The event, once it is known to be the platform's. Raises Forged or BadEvent."""
    if settings.callback_mode == "plain":
        if not _plainly_signed(ask, token):
            raise Forged
        return read_event(ask.body)
    sealed = field(read_event(ask.body), "Encrypt")
    parts = (token, ask.query.get("timestamp", ""), ask.query.get("nonce", ""), sealed)
    if not token or not sealed or not is_signed(ask.query.get("msg_signature", ""), *parts):
        raise Forged
    return read_event(await _opened(sealed, settings.appid, services))


async def _opened(sealed: str, appid: str, services: Services) -> bytes:
    """With today's key, else with the ones that worked before: the platform goes on using the old key for a while."""
    current = await services.vault.get("callback_aes_key") or ""
    used: list[str] = json.loads(await services.vault.get(_KEYS) or "[]")
    for text in dict.fromkeys((current, *used)):
        try:
            opened = decrypted(key_of(text), sealed)
        except Unreadable:
            continue
        if opened.appid != appid:
            raise Forged
        kept = list(dict.fromkeys((current, text, *used)))[:_MOST_KEYS]
        if kept != used:
            await services.vault.put(_KEYS, json.dumps(kept))
        return opened.message
    raise Forged


async def _remember_push(event: Event, services: Services) -> None:
    """Why a message to followers failed is told nowhere else; that it failed is read all the same."""
    push = field(event, "MsgID")
    if not push.isdigit() or len(push) > _LONGEST_ID:
        return
    results = event.get("ArticleUrlResult")
    listed = results.get("ResultList") if isinstance(results, Mapping) else None
    found = listed.get("item") if isinstance(listed, Mapping) else None
    first = found[0] if isinstance(found, list) and found else found
    url = secure(first.get("ArticleUrl")) if isinstance(first, Mapping) else ""
    await Notes(services.state).remember_push(push, field(event, "Status")[:60], url)


def _plainly_signed(ask: Ask, token: str) -> bool:
    parts = (ask.query.get("timestamp", ""), ask.query.get("nonce", ""))
    return bool(token) and all(parts) and is_signed(ask.query.get("signature", ""), token, *parts)


async def _is_new(event: Event, name: str, services: Services) -> bool:
    """Whether it was not told before: messages by their id, events by sender and second, jobs by their id as well."""
    job = field(event, "PublishEventInfo", "publish_id") or field(event, "MsgID")
    sender = f"{field(event, 'FromUserName')} {field(event, 'CreateTime')}"
    key = (field(event, "MsgId") or f"{sender} {name} {job}")[:300]
    for _ in range(_TURNS):
        value, version = await services.state.get(_SEEN)
        seen: list[str] = list(value or ())
        if key in seen:
            return False
        if await services.state.put(_SEEN, [*seen, key][-_MOST_SEEN:], version=version):
            return True
    return True
