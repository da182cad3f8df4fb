"""Reading what the platform answers: 200 even for errors, numbers as strings, anything at all from a proxy between."""

import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from renderers.wechat.errcodes import Lost, Refusal

Answer = Mapping[str, Any]
# 20 drafts of a megabyte each are the largest list there is.
LIMIT: Final = 32 << 20
KEY: Final = "a"
_GZIP: Final = b"\x1f\x8b"
_TOKEN_LIKE: Final = re.compile(r"(?i)((?:access_?token|secret)[^A-Za-z0-9]{1,4})[A-Za-z0-9_-]{16,}")


def read_answer(status: int, data: bytes) -> Answer:
    """The answer of a call that the platform says it did.

    Raises:
        Lost: not an answer of the platform.
        Refusal: its errcode is not 0.
    """
    if status != 200:
        raise Lost(f"HTTP {status}")
    try:
        answer = json.loads(_unpacked(data).decode("utf-8-sig"))
    except (ValueError, RecursionError) as problem:
        raise Lost("unreadable") from problem
    if not isinstance(answer, dict):
        raise Lost("unreadable")
    errcode = number(answer.get("errcode", 0))
    if errcode is None:
        raise Lost("unreadable")
    if errcode == -1:
        raise Lost("busy (-1)")
    if errcode:
        raise Refusal(errcode, told(answer.get("errmsg")), answer)
    return answer


def _unpacked(data: bytes) -> bytes:
    """What a proxy packed without being asked or without saying so. Raises ValueError for what does not unpack."""
    if not data.startswith(_GZIP):
        return data
    reader = zlib.decompressobj(wbits=31)
    try:
        text = reader.decompress(data, LIMIT)
    except zlib.error as problem:
        raise ValueError("gzip") from problem
    if not reader.eof:
        raise ValueError("gzip")
    return text


def number(value: object) -> int | None:
    """An integer, also where it comes as a string."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def told(value: object) -> str:
    """The platform's own sentence on one line, without anything that looks like a secret."""
    return _TOKEN_LIKE.sub(r"\1***", " ".join(str(value or "").split()))[:200]


def identity(answer: Answer, name: str) -> str:
    """A platform's id of bounded length. Raises Lost when the answer lacks it: then nobody knows what happened."""
    value = answer.get(name)
    text = "".join(str(value).split()) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not 0 < len(text) <= 256:
        raise Lost(f"no {name}")
    return text


def secure(url: object) -> str:
    """An address of the platform with https, which it serves as well; empty when it is none."""
    text = url.strip() if isinstance(url, str) else ""
    if text.startswith("http://") and not text.startswith(("http://127.0.0.1", "http://localhost")):
        text = "https://" + text.removeprefix("http://")
    return text if text.startswith(("https://", "http://")) and len(text) <= 2_000 else ""


def items(answer: Answer) -> Sequence[Mapping[str, Any]]:
    found = answer.get("item")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def source_urls(item: Mapping[str, Any]) -> Iterator[str]:
    """The addresses of 阅读原文 in one entry of a list of drafts or articles, or in one article."""
    content = item.get("content")
    holder = content if isinstance(content, dict) else item
    news = holder.get("news_item")
    for one in news if isinstance(news, list) else ():
        if isinstance(one, dict) and isinstance(one.get("content_source_url"), str):
            yield one["content_source_url"]


def has_key(item: Mapping[str, Any], key: str) -> bool:
    """Whether an entry is the one that travelled with our id."""
    return any(key == found for url in source_urls(item) for name, found in _query(url) if name == KEY)


def with_key(url: str, key: str) -> str:
    return f"{url}{'&' if '?' in url else '?'}{KEY}={key}"


def _query(url: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(urlsplit(url).query)
    except ValueError:
        return []
