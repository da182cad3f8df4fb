"""What is remembered of one attempt, and what a reading of the platform makes of it; the deciding part is pure.

A record is written before the call that cannot be undone (``intent``), after its answer (``created``), and when it is
certain that the attempt made no post (``void``). Its first writing is a compare-and-set on nothing: a reconciler that
finds no record writes ``void`` itself, and a sender that was only slow then finds that it may not create any more.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cms.contract import Accepted, NotSent, Outcome, Sent, Services, Unknown
from renderers.douyin.wire import number, truth

# Readings without our post before it is taken as not there; the core's back-off lies between them.
ABSENT_READINGS: Final = 2
# A person's clock and the platform's may differ by this much.
_SKEW_SECONDS: Final = 300
_URL: Final = 1000
_PUBLIC: Final = frozenset({1, 5})
_REFUSED: Final = 2
_REVIEWING: Final = 4
_PRIVATE: Final = {6: 2, 7: 1}  # video_status -> the private_status that asked for it
REVIEWING: Final = "平台审核中，审核通过后公开"
READ_AGAIN: Final = "平台上还没有看到作品，稍后再查一次"


def record_of(attempt: str) -> str:
    """The name under which an attempt is remembered."""
    return "attempt:" + hashlib.sha256(attempt.encode()).hexdigest()[:48]


@dataclass(frozen=True, slots=True)
class Judged:
    """The outcome, and the record as it is to be remembered."""

    outcome: Outcome
    record: Mapping[str, Any]


def begun(*, video: str, upload: str, text: str, private: int, since: int) -> dict[str, Any]:
    """The record before the create."""
    return {"state": "intent", "video": video, "upload": upload, "text": text, "private": private, "since": since}


def created(record: Mapping[str, Any], item: str) -> dict[str, Any]:
    return {**record, "state": "created", "item": item, "absent": 0}


def ours(record: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The row that is this attempt's post: by item, by uploaded video, or by its text since it began.

    One create per uploaded video makes the video the marker. The text is for a platform that names the published video
    otherwise; whom it mistakes for us was posted by hand with the very same words, which is no reason to post again.
    """
    for name in ("item", "video"):
        wanted = record.get(name)
        for row in rows:
            if wanted and str(row.get(f"{name}_id") or "") == wanted:
                return row
    since = record.get("since")
    if not since or record.get("item"):
        return None
    for row in rows:
        at = number(row.get("create_time"))
        if at is not None and at >= since - _SKEW_SECONDS and row.get("title") == record.get("text"):
            return row
    return None


def judge(record: Mapping[str, Any], row: Mapping[str, Any] | None) -> Judged:
    """What a complete reading means: `row` is our post at the platform, None when it is not there."""
    if row is None:
        return _absent(record)
    item = str(row.get("item_id") or record.get("item") or "")
    known = created(record, item)
    if not item:
        return Judged(Unknown("平台没有给出作品编号"), known)
    status = number(row.get("video_status"))
    if status == _REFUSED:
        return Judged(NotSent("douyin.review_refused", retry=False, params={"item": item}), known)
    if status == _REVIEWING or not truth(row.get("is_reviewed")):
        return Judged(Accepted(REVIEWING), known)
    return Judged(_reviewed(status, record, item, address_of(row)), known)


def address_of(row: Mapping[str, Any]) -> str | None:
    """Where a follower sees the post; it becomes a link on the desk, so nothing but a web address will do."""
    url = row.get("share_url")
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) and len(url) <= _URL else None


def _reviewed(status: int | None, record: Mapping[str, Any], item: str, url: str | None) -> Outcome:
    """What a post is after its review: whom the platform shows it to, against whom we asked it to be shown to."""
    if status in _PUBLIC or (status in _PRIVATE and _PRIVATE[status] == record.get("private")):
        return Sent(item, url)
    if status in _PRIVATE:
        return NotSent("douyin.review_private", retry=False, params={"item": item})
    return Unknown(f"平台返回了未知的作品状态 {status}")


def _absent(record: Mapping[str, Any]) -> Judged:
    readings = int(record.get("absent") or 0) + 1
    known = {**record, "absent": readings}
    if readings < ABSENT_READINGS:
        return Judged(Unknown(READ_AGAIN), known)
    if record.get("item"):
        return Judged(NotSent("douyin.vanished", retry=False, params={"item": record["item"]}), known)
    return Judged(NotSent("douyin.not_there", retry=True), {**known, "state": "void"})


async def load(services: Services, attempt: str) -> tuple[dict[str, Any] | None, int]:
    found, version = await services.state.get(record_of(attempt))
    return (dict(found) if found else None), version


async def save(services: Services, attempt: str, record: Mapping[str, Any], *, version: int) -> bool:
    return await services.state.put(record_of(attempt), dict(record), version=version)
