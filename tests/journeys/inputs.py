"""What the journeys write: real news and pictures where they are at hand, made ones elsewhere."""

import io
import json
import random
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

_BESIDE = [parent / "shared" / "data" for parent in Path(__file__).resolve().parents[3:]]
# Beside the checkout, or beside the folder that holds several of them.
SHARED = next((path for path in _BESIDE if path.is_dir()), _BESIDE[0])
_PHOTOS = ("photo_12mp.jpg", "exif_orientation6_landscape.jpg", "ultrahdr_gainmap_4k.jpg", "flower.webp", "hopper.avif")
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Article:
    """One piece to write. `colour` is that of its picture, None for a photograph."""

    title: str
    paragraphs: tuple[str, ...]
    source: str
    picture: bytes
    colour: Colour | None

    @property
    def body(self) -> dict[str, Any]:
        blocks = [
            {"id": f"b_{number:012d}", "type": "paragraph", "text": [{"t": text}]}
            for number, text in enumerate(self.paragraphs)
        ]
        return {"schema": 1, "blocks": blocks}


# Characters that fill one or two pages of a street screen.
SHORT = 150
# On no first picture: each part differs from every step of theirs by more than a screenshot blurs.
CORRECTED: Colour = (85, 175, 85)


def corrected(article: Article) -> Article:
    """The piece with another title and a picture of another colour."""
    return replace(article, title=article.title + "（更正）", picture=_plain(CORRECTED), colour=CORRECTED)


def articles(count: int) -> list[Article]:
    """Real texts of the shared data, generated ones where that folder is absent; every third picture a real photo.

    The first is as long as it comes, the others are short, so that a loop of them is over in a few minutes.
    """
    real = _real_texts()
    short = [text for text in real[1:] if sum(map(len, text[1])) <= SHORT]
    texts = [*real[:1], *short] or _made_texts(count)
    photos = [path.read_bytes() for name in _PHOTOS if (path := SHARED / "images" / name).exists()]
    found = []
    for number in range(count):
        title, paragraphs, source = texts[number]
        photo = photos[number // 3] if number % 3 == 2 and number // 3 < len(photos) else None
        colour = None if photo else _colour(number)
        found.append(Article(title, paragraphs, source, photo or _plain(_colour(number)), colour))
    return found


def _real_texts() -> list[tuple[str, tuple[str, ...], str]]:
    path = SHARED / "text" / "zh_news_open.jsonl"
    if not path.exists():
        return []
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    found: dict[str, tuple[str, tuple[str, ...], str]] = {}
    for row in rows:
        paragraphs = tuple(part.strip() for part in row["body"].split("\n") if part.strip())
        if paragraphs and len(row["title"]) <= 30:
            found.setdefault(row["title"], (row["title"], paragraphs, row["source"] or "本站"))
    return list(found.values())


def _made_texts(count: int) -> list[tuple[str, tuple[str, ...], str]]:
    dice = random.Random(7)
    places = ("松陵", "同里", "黎里", "平望", "盛泽", "震泽", "桃源", "七都")
    things = ("志愿服务队走进社区", "图书馆延长开放时间", "举办冬季读书会", "完成古桥养护", "开通便民班车")
    return [
        (
            f"{dice.choice(places)}{dice.choice(things)}（第{number + 1}期）",
            tuple(f"{dice.choice(places)}镇的居民说，这件事办到了心坎上。" * 3 for _ in range(3)),
            "吴江发布",
        )
        for number in range(count)
    ]


def _colour(number: int) -> Colour:
    """Colours far enough apart to be told from a screenshot."""
    steps = (40, 130, 220)
    return steps[number % 3], steps[number // 3 % 3], steps[(number // 9 + number) % 3]


def _plain(colour: Colour) -> bytes:
    image = Image.new("RGB", (1600, 900), colour)
    ImageDraw.Draw(image).rectangle((0, 0, 1599, 899), outline=(255, 255, 255), width=2)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
