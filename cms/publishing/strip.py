"""What is still served of a page when a release on it was recalled: pure, and much faster than rendering again.

List pages and feeds bracket what belongs to a release with ``<!--r:HASH-->…<!--/r-->``; items of a JSON feed carry
``_yunping.release``. A tombstone hides these parts while serving. A page that shows a recalled release outside of any
bracket is that piece's own page, and is hidden whole.
"""

import json
import re
from collections.abc import Collection

_MARK = re.compile(rb"<!--(?:r:([0-9a-f]{64})|/r)-->")


def served(data: bytes, *, media_type: str, releases: Collection[str], recalled: frozenset[str]) -> bytes | None:
    """The bytes to serve of a file that shows `releases`, None when nothing may be served."""
    hidden = recalled.intersection(releases)
    if not hidden:
        return data
    if media_type.partition(";")[0].endswith("json"):
        return _strip_json(data, hidden)
    if not hidden <= _bracketed(data):
        return None
    return strip(data, hidden)


def strip(page: bytes, recalled: Collection[str]) -> bytes:
    """The page without the brackets of these releases and all inside; other brackets stay.

    A bracket that never closes hides the rest of the page: too much is better than a recalled line.
    """
    kept: list[bytes] = []
    at, depth, hidden_at = 0, 0, 0
    for mark in _MARK.finditer(page):
        release = mark[1]
        if hidden_at:
            depth += 1 if release else -1
            if depth < hidden_at:
                hidden_at, at = 0, mark.end()
        elif release is None:
            depth -= 1
        else:
            depth += 1
            if release.decode() in recalled:
                kept.append(page[at : mark.start()])
                hidden_at, at = depth, len(page)
    kept.append(page[at:])
    return b"".join(kept)


def _bracketed(page: bytes) -> set[str]:
    return {mark[1].decode() for mark in _MARK.finditer(page) if mark[1]}


def _strip_json(data: bytes, hidden: Collection[str]) -> bytes | None:
    value = json.loads(data)
    if not isinstance(value, dict) or not isinstance(value.get("items"), list):
        return None
    value["items"] = [item for item in value["items"] if _release(item) not in hidden]
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _release(item: object) -> str | None:
    own = item.get("_yunping") if isinstance(item, dict) else None
    return own.get("release") if isinstance(own, dict) else None
