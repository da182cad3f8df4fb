"""Pieces for a street screen whose pixels a test can tell apart: a cover of one colour, a title, some text."""

import io
from typing import Any, Final, TypeAlias

from PIL import Image

from cms.trust.approval import Bundle
from cms.trust.keys import sha256
from cms.trust.release import ReleaseAsset
from cms.trust.signed import text_of
from tests.fakes.gateway import Media
from tests.vectors import world

Colour: TypeAlias = tuple[int, int, int]

BLUE: Final[Colour] = (30, 90, 190)
GREEN: Final[Colour] = (40, 140, 70)
# A point of the cover at 1080×1920 that no word and no shade reaches: words begin at 220; the shade of the head ends
# at 18 % of the cover's height, that of its foot at 24 %; a cover is 870 to 1500 high (frame.css, geometry.js).
COVER: Final = (540, 215)


def picture(colour: Colour, *, width: int = 1080, height: int = 1350) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


def listed(data: bytes, *, rendition: str = "screen-1080", master: str | None = None) -> ReleaseAsset:
    chunks = tuple(sha256(data[at : at + 2**20]) for at in range(0, len(data), 2**20))
    size = Image.open(io.BytesIO(data)).size
    of = master or sha256(b"master " + data)
    return ReleaseAsset(sha256(data), len(data), "image/png", size[0], size[1], of, rendition, chunks)


def text_block(number: int, text: str) -> dict[str, Any]:
    return {"id": f"b_{number:012d}", "type": "paragraph", "text": [{"t": text}]}


def content_of(title: str, *, cover: str | None, paragraphs: int, text: str = "") -> dict[str, Any]:
    words = text or "家门口的文明实践站里，志愿者把理论讲成了故事，把服务送到了桥边与田头。" * 3
    return {
        **world.content(title, cover=cover),
        "column": "news",
        "body": {"schema": 1, "blocks": [text_block(number, words) for number in range(paragraphs)]},
    }


def piece(
    media: Media,
    title: str,
    colour: Colour | None = None,
    *,
    paragraphs: int = 1,
    text: str = "",
    approved_by: tuple[str, ...] = ("qian", "sun"),
    **changes: Any,
) -> Bundle:
    """A release with its approvals, its files at the media server."""
    assets: tuple[ReleaseAsset, ...] = ()
    if colour is not None:
        data = picture(colour)
        media.put(data)
        assets = (listed(data),)
    cover = assets[0].of if assets else None
    made: dict[str, Any] = {
        "content": content_of(title, cover=cover, paragraphs=paragraphs, text=text),
        "assets": assets,
        **changes,
    }
    return world.bundle_of(text_of(world.release(title, **made)), *approved_by)


def two_short(media: Media) -> list[Bundle]:
    """A blue and a green piece of one page each."""
    return [piece(media, name, colour, text="一句话。") for name, colour in (("甲", BLUE), ("乙", GREEN))]
