"""The light markup of the demo pieces as blocks of an article."""

import re
from typing import Any, Final

from cms.kernel.ids import block_id

_MARKS: Final = re.compile(r"\s*\|\s*")


def blocks_of(text: str, *, picture: str | None, video: str | None = None) -> list[dict[str, Any]]:
    """Blocks of a body; ``[picture]`` and ``[video]`` lines show these assets and are left out without them."""
    blocks: list[dict[str, Any]] = []
    for line in filter(None, (part.strip() for part in text.splitlines())):
        if line.startswith("- ") and blocks and blocks[-1]["type"] == "list":
            blocks[-1]["items"].append(_item(line))
        elif (block := _block(line, picture, video)) is not None:
            blocks.append({"id": block_id(), **block})
    return blocks


def _block(line: str, picture: str | None, video: str | None) -> dict[str, Any] | None:
    if line.startswith("## "):
        return {"type": "heading", "level": 2, "text": _words(line[3:])}
    if line.startswith("- "):
        return {"type": "list", "ordered": False, "items": [_item(line)]}
    if line.startswith("> "):
        words, _, cite = line[2:].partition(" —— ")
        return {"type": "quote", "text": _words(words), **({"cite": cite} if cite else {})}
    if line.startswith("! "):
        title, words = _MARKS.split(line[2:], maxsplit=1)
        return {"type": "notice", "title": title, "text": _words(words)}
    if line.startswith("["):
        return _shown(line, picture, video)
    return {"type": "paragraph", "text": _words(line)}


def _shown(line: str, picture: str | None, video: str | None) -> dict[str, Any] | None:
    kind, _, words = line.partition("] ")
    if kind == "[video":
        return {"type": "video", "asset": video, "title": words, "poster": picture} if video else None
    alt, caption = _MARKS.split(words, maxsplit=1)
    return {"type": "image", "asset": picture, "alt": alt, "caption": caption} if picture else None


def _item(line: str) -> dict[str, Any]:
    return {"id": block_id(), "text": _words(line[2:])}


def _words(text: str) -> list[dict[str, Any]]:
    return [{"t": text}]
