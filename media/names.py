"""The only place that turns a name into a storage key, so that no name can leave the store."""

import re
from typing import Final

from media.errors import MediaRefused

MAX_NAME: Final = 800  # S3 keys end at 1,024 bytes and an operator's prefix needs room
MAX_SEGMENT: Final = 200  # file systems end at 255 bytes and staging adds a suffix

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SEGMENT = re.compile(r"[a-z0-9._-]+")


def content_key(sha256: str) -> str:
    """Key of a stored file: `a/{first two digits}/{sha256}`.

    Raises:
        MediaRefused: `media.bad_hash` when it is not 64 lower-case hexadecimal digits.
    """
    if _SHA256.fullmatch(sha256) is None:
        raise MediaRefused("media.bad_hash", sha256=sha256[:80])
    return f"a/{sha256[:2]}/{sha256}"


def named_key(name: str) -> str:
    """Key of a named object: `n/{name}`.

    Raises:
        MediaRefused: `media.bad_name` for anything but `[a-z0-9._/-]` segments; `.`, `..`, empty
            segments, absolute and over-long names are refused.
    """
    segments = name.split("/")
    if len(name) > MAX_NAME or not all(map(_is_segment, segments)):
        raise MediaRefused("media.bad_name", name=name[:80])
    return f"n/{name}"


def _is_segment(segment: str) -> bool:
    return segment not in {".", ".."} and len(segment) <= MAX_SEGMENT and _SEGMENT.fullmatch(segment) is not None
