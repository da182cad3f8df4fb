"""What Douyin sends us: signed events that only hint, and a person coming back from the consent page."""

import hashlib
import hmac
import html
import json
import re
from collections.abc import Mapping
from typing import Any, Final

from cms.contract import Ask, Reply, Services, Span, Target
from renderers.douyin import consent, scan
from renderers.douyin.settings import Settings

SEEN: Final = "hooks"
# The platform tries an event three times within minutes; this many ids are remembered.
_REMEMBERED: Final = 200
_HTML: Final = "text/html; charset=utf-8"
_JSON: Final = "application/json"
_TRIES: Final = 5
_FILM: Final = "film/"
_RANGE: Final = re.compile(r"bytes=([0-9]{1,12})-([0-9]{0,12})")
_PAGE_HEADERS: Final = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
}
_SENTENCES: Final = {
    "douyin.consent_state": "授权链接已失效或已使用过，请回到云屏的渠道页面重新生成。",
    "douyin.no_app": "渠道还没有填写 client_key 或 client_secret，请先在渠道设置里填好。",
    "douyin.no_answer": "没有得到抖音的回答，请回到云屏重新生成授权链接再试一次。",
    "douyin.consent_refused": "抖音没有接受这次授权，请核对应用的权限后再试。",
    "douyin.other_account": "扫码的抖音号与渠道设置的账号不一致，没有保存。请用本单位的账号扫码。",
}


async def callback(ask: Ask, target: Target, services: Services) -> Reply:
    """Answers below ``/hooks/douyin/{target code}/``: events by POST, ``oauth`` by GET."""
    path = ask.path.strip("/")
    if ask.method == "GET" and path == "oauth":
        return await _consented(ask, target, services)
    if ask.method == "POST" and path in {"", "events"}:
        return await _event(ask, target, services)
    if ask.method == "GET" and path.startswith(_FILM):
        return await _film(ask, path.removeprefix(_FILM), services)
    return Reply(404, parts=(b"not found",))


async def _film(ask: Ask, nonce: str, services: Services) -> Reply:
    """The film behind a link that was scanned, whole or the part that is asked for, for as long as the link lives."""
    found = await scan.film(services, nonce, ask.now)
    if found is None:
        return Reply(410, parts=(b"gone",))
    size = found.size
    asked = _RANGE.fullmatch(ask.headers.get("range", "").strip())
    start = int(asked[1]) if asked else 0
    end = min(int(asked[2]) if asked and asked[2] else size - 1, size - 1)
    if start > end:
        return Reply(416, parts=(b"range",), headers={"content-range": f"bytes */{size}"})
    headers = {"accept-ranges": "bytes"} | ({"content-range": f"bytes {start}-{end}/{size}"} if asked else {})
    part = Span(found.sha256, start, end - start + 1)
    # What was recalled is gone for a code as well, however long the code still lives.
    return Reply(206 if asked else 200, found.media_type, (part,), headers=headers, releases=(found.release,))


def signature(secret: str, body: bytes) -> str:
    """As the platform signs a body."""
    return hashlib.sha1(secret.encode() + body).hexdigest()  # noqa: S324 - the platform's algorithm


async def _event(ask: Ask, target: Target, services: Services) -> Reply:
    secret = await services.vault.get("client_secret")
    given = ask.headers.get("x-douyin-signature", "").strip().lower()
    if not secret or not hmac.compare_digest(given.encode(), signature(secret, ask.body).encode()):
        return Reply(403, parts=(b"signature",))
    event = _read(ask.body)
    if event is None or not _is_ours(event, target):
        return Reply(400, parts=(b"event",))
    name, content = str(event.get("event") or "")[:40], _content(event.get("content"))
    if name == "verify_webhook":
        return Reply(200, _JSON, (json.dumps({"challenge": content.get("challenge")}).encode(),))
    if not await _is_new(ask.headers.get("msg-id") or hashlib.sha256(ask.body).hexdigest(), services):
        return Reply(200, _JSON, (b"{}",))
    if name == "create_video":
        await scan.told(services, str(content.get("share_id") or ""), str(content.get("item_id") or ""))
    await services.journal.record("douyin.hook", name=name, item=str(content.get("item_id") or "")[:64])
    return Reply(200, _JSON, (b"{}",), hint=True)


async def _consented(ask: Ask, target: Target, services: Services) -> Reply:
    code, state = ask.query.get("code", ""), ask.query.get("state", "")
    refusal: consent.Refusal | None = consent.Refusal("douyin.consent_state")
    if code and state:
        refusal = await consent.finish(target, services, code=code, state=state, now=ask.now)
    if refusal is None:
        return _page(200, "授权成功", f"“{target.name}”已可自动发布，可以关闭本页。", hint=True)
    if refusal.code != "douyin.consent_state":  # what anybody can send would fill the journal
        await services.journal.record("douyin.consent_failed", code=refusal.code, said=refusal.said)
    return _page(400, "授权没有完成", _SENTENCES[refusal.code])


def _read(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _content(value: object) -> Mapping[str, Any]:
    """An object, or the text of one: the platform sends both."""
    if isinstance(value, str):
        value = _read(value.encode())
    return value if isinstance(value, dict) else {}


def _is_ours(event: Mapping[str, Any], target: Target) -> bool:
    key = Settings.model_validate(dict(target.settings)).client_key
    return not key or event.get("client_key") in {None, key}


async def _is_new(message: str, services: Services) -> bool:
    """Whether an event comes for the first time; when many come at once, one too many hints is no harm."""
    mark = hashlib.sha256(message.encode()).hexdigest()[:16]
    for _ in range(_TRIES):
        known, version = await services.state.get(SEEN)
        seen = list(known or ())
        if mark in seen:
            return False
        if await services.state.put(SEEN, [*seen, mark][-_REMEMBERED:], version=version):
            return True
    return True


def _page(status: int, title: str, text: str, *, hint: bool = False) -> Reply:
    colour = "#166534" if status == 200 else "#9b1c1c"
    page = (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width">'
        "<style>body{margin:0;min-height:100vh;display:grid;place-items:center;background:#fbf9f5;"
        'color:#1c1917;font:18px/1.7 "PingFang SC","Noto Sans CJK SC",sans-serif}'
        "main{max-width:22em;padding:2rem;text-align:center}"
        f"h1{{color:{colour};font-size:1.6rem}}</style>"
        f"<main><h1>{title}</h1><p>{html.escape(text)}</p></main></html>"
    )
    return Reply(status, _HTML, (page.encode(),), headers=_PAGE_HEADERS, hint=hint)
