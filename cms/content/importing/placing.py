"""Putting fetched pictures where a feed's item had its own: pure, and nothing of what is missing is forgotten."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cms.content.blocks import MAX_BLOCKS, Block, Body, plain
from cms.kernel.ids import block_id

# The word before the name of a picture in the line that keeps its place.
PICTURE: Final = "图片："
_PLACE: Final = 40


@dataclass(frozen=True, slots=True)
class Placed:
    """The text with its pictures; `cover` is the first; `missing` says what could not be had and where it stood."""

    body: Body
    fetched: int
    cover: uuid.UUID | None
    missing: tuple[Mapping[str, Any], ...]


def with_pictures(body: Body, addresses: Sequence[str], outcomes: Mapping[str, Mapping[str, Any]]) -> Placed:
    """The body of an item with `outcomes` by address: {asset} of the library, or {code, params} of the refusal."""
    blocks: list[Block] = []
    missing: list[Mapping[str, Any]] = []
    assets: list[str] = []
    seen: set[str] = set()
    for block in body["blocks"]:
        url = _address(block, addresses)
        if url is None:
            blocks.append(block)
            continue
        seen.add(url)
        name = plain(block["text"]).removeprefix(PICTURE)
        outcome = outcomes.get(url, {})
        if "asset" in outcome:
            assets.append(outcome["asset"])
            blocks.append(_image(block["id"], outcome["asset"], "" if url.endswith(name) else name))
        else:
            missing.append(_missing(url, name, outcome, after=blocks[-1] if blocks else None))
    for url in addresses:
        outcome = outcomes.get(url, {})
        if url in seen:
            continue
        # Of the feed's own list, or named by http: it had no place in the text.
        if "asset" not in outcome:
            missing.append(_missing(url, "", outcome, after=None))
        elif len(blocks) < MAX_BLOCKS:
            assets.append(outcome["asset"])
            blocks.append(_image(block_id(), outcome["asset"], ""))
    cover = uuid.UUID(assets[0]) if assets else None
    return Placed({**body, "blocks": blocks}, len(assets), cover, tuple(missing))


def _address(block: Block, addresses: Sequence[str]) -> str | None:
    """The address of the picture whose place a block keeps; None for everything a person wrote."""
    if block["type"] != "paragraph" or len(block["text"]) != 1:
        return None
    [run] = block["text"]
    href = run.get("href", "")
    return href if href in addresses and run["t"].startswith(PICTURE) else None


def _image(key: str, asset: str, alt: str) -> Block:
    return {"id": key, "type": "image", "asset": asset, "alt": alt}


def _missing(url: str, name: str, outcome: Mapping[str, Any], *, after: Block | None) -> Mapping[str, Any]:
    words = plain(after["text"])[:_PLACE] if after is not None and "text" in after else ""
    code = outcome.get("code", "library.fetch_unreachable")
    return {"url": url, "name": name, "after": words, "code": code, "params": outcome.get("params", {})}
