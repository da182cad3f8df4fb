"""The message a reader gets, frozen once a piece. Pure."""

import json
from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

from cms.contract import Piece, Site
from renderers.wxnotice.settings import VALUE, NoticeSettings

_ZONE: Final = ZoneInfo("Asia/Shanghai")


def frozen(piece: Piece, settings: NoticeSettings, site: Site) -> bytes:
    """Which template says what, and where a tap leads."""
    said = {
        settings.title_name: cut(piece.title),
        settings.time_name: when(piece),
        settings.office_name: cut(piece.byline.sponsor),
    }
    told = {
        "release": piece.release,
        "template_id": settings.template_id,
        "url": f"{site.base_url}/d/{piece.document}/",
        "data": {name: {"value": value} for name, value in said.items()},
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def when(piece: Piece) -> str:
    """Its time as a reader sees it."""
    at = piece.published_at.astimezone(_ZONE)
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M}"


def cut(text: str) -> str:
    """As much as a value holds; what is cut says so."""
    text = " ".join(text.split())
    return text if len(text) <= VALUE else text[: VALUE - 1] + "…"


def body(message: Mapping[str, Any], reader: str, *, way: str, once: str) -> bytes:
    """The body of the call for one reader. `once` is the same at every try: the platform sends one message for it."""
    told: dict[str, Any] = {"touser": reader, "template_id": message["template_id"], "data": message["data"]}
    told |= {"url": message["url"], "client_msg_id": once} if way == "template" else {"page": message["url"]}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()
