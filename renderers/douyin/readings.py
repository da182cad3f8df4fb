"""Looking for our post at the platform: by its ids first, then in the list of the newest; reading never sends."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from cms.contract import NotSent, Unknown
from renderers.douyin.account import Account, CapabilityGone, Halt
from renderers.douyin.attempts import ours
from renderers.douyin.calls import call
from renderers.douyin.wire import JSON, Answer, Garbled, json_body, number, rows, truth

DATA: Final = "/api/douyin/v1/video/video_data/"
LIST: Final = "/api/douyin/v1/video/video_list/"
_PAGES: Final = 3
_COUNT: Final = 20

_Read = Callable[[Account, Mapping[str, Any]], Awaitable[Mapping[str, Any] | Unknown | None]]


async def find(account: Account, record: Mapping[str, Any]) -> Mapping[str, Any] | Unknown | None:
    """Our post's row, None when a complete reading does not have it, `Unknown` when reading is impossible."""
    return await _said(account, record, _found)


async def listed(account: Account, record: Mapping[str, Any]) -> Mapping[str, Any] | Unknown | None:
    """As `find`, for what is known by its words alone."""
    return await _said(account, record, _in_list)


async def _said(account: Account, record: Mapping[str, Any], read: _Read) -> Mapping[str, Any] | Unknown | None:
    try:
        return await read(account, record)
    except Halt as halt:
        code = halt.outcome.code if isinstance(halt.outcome, NotSent) else "–"
        return Unknown(f"暂时无法查询账号（{code}）")
    except CapabilityGone as gone:
        return Unknown(f"平台不允许查询账号（{gone.code}）")


async def _found(account: Account, record: Mapping[str, Any]) -> Mapping[str, Any] | Unknown | None:
    if not record.get("item") and not record.get("video"):
        return await _in_list(account, record)  # pictures have no id of ours
    asked = {"item_ids": [record["item"]]} if record.get("item") else {"video_ids": [record["video"]]}
    answer = await call(account, DATA, body=json_body(asked), content_type=JSON)
    told = _trouble(answer)
    if told is not None:
        return told
    row = ours(record, rows(answer.data)) if isinstance(answer, Answer) else None
    return row if row is not None else await _in_list(account, record)


async def _in_list(account: Account, record: Mapping[str, Any]) -> Mapping[str, Any] | Unknown | None:
    cursor = "0"
    for _ in range(_PAGES):
        query = {"cursor": cursor, "count": str(_COUNT)}
        answer = await call(account, LIST, query=query, method="GET")
        told = _trouble(answer)
        if told is not None or not isinstance(answer, Answer):
            return told
        row = ours(record, rows(answer.data))
        if row is not None or not truth(answer.data.get("has_more")):
            return row
        cursor = str(number(answer.data.get("cursor")) or 0)
    return None


def _trouble(answer: Answer | Garbled) -> Unknown | None:
    if isinstance(answer, Garbled):
        return Unknown(f"查询没有得到回答（{answer.why}）")
    return Unknown(f"平台拒绝了查询（{answer.code} {answer.said}）") if answer.code else None
