"""Block documents of every shape the schema allows, in their one form, made from a seed."""

import random
from typing import Any

Block = dict[str, Any]
_WORDS = (
    "松陵街道",
    "文明实践",
    "，",
    "。",
    "《条例》",
    "2026年",
    "Wi-Fi 6",
    " ",
    "  ",
    "𬭎",
    "👵🏻",
    "<b>&amp;",
    "\n",
    "\t",
    "“引号”",
    "é",
    "{{x}}",
    "·",
)
_IDS = "abcdefghijklmnopqrstuvwxyz0123456789"


def _id(rng: random.Random) -> str:
    return "b_" + "".join(rng.choices(_IDS, k=12))


def _words(rng: random.Random, most: int = 6) -> str:
    return "".join(rng.choices(_WORDS, k=rng.randint(1, most)))


def _inlines(rng: random.Random) -> list[dict[str, Any]]:
    """Runs whose neighbours differ in style, as the one form demands."""
    runs: list[dict[str, Any]] = []
    last: tuple[Any, ...] = ()
    for _ in range(rng.randint(0, 5)):
        if rng.random() < 0.15:
            runs.append({"t": "", "note": {"id": _id(rng), "text": _words(rng).replace("\n", " ")}})
            last = ()
            continue
        marks = [mark for mark in "bius" if rng.random() < 0.25]
        href = rng.choice(["", "", "", "https://www.example.org/a?b=1&c=%E4%B8%AD", "http://example.org/"])
        if (marks, href) == last:
            continue
        last = (marks, href)
        runs.append({"t": _words(rng)} | ({"m": marks} if marks else {}) | ({"href": href} if href else {}))
    return runs


def _items(rng: random.Random) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    for _ in range(rng.randint(1, 6)):
        level = rng.randint(0, min(3, items[-1].get("level", 0) + 1)) if items else 0
        deeper = {"level": level} | ({"ordered": True} if rng.random() < 0.5 else {}) if level else {}
        items.append({"id": _id(rng), "text": _inlines(rng)} | deeper)
    return items


def _spans(rng: random.Random, table: Block) -> dict[str, Any]:
    """One merged cell now and then, over empty ones; a header row is merged within itself alone."""
    rows, wide = table["rows"], len(table["rows"][0])
    row, column = rng.randrange(len(rows)), rng.randrange(wide)
    tall = 1 if table["header"] and row == 0 else rng.randint(1, len(rows) - row)
    span = {"row": row, "column": column, "rows": tall, "columns": rng.randint(1, wide - column)}
    if span["rows"] * span["columns"] == 1 or rng.random() < 0.5:
        return {}
    for i in range(span["rows"]):
        for j in range(span["columns"]):
            if i or j:
                rows[row + i][column + j] = []
    return {"spans": [span]}


def _block(rng: random.Random) -> Block:
    kind = rng.choice(
        ["paragraph", "paragraph", "heading", "list", "quote", "image", "notice", "divider", "table", "video"]
    )
    block: Block = {"id": _id(rng), "type": kind}
    if kind in {"paragraph", "heading", "quote", "notice"}:
        block["text"] = _inlines(rng)
    match kind:
        case "heading":
            block["level"] = rng.choice([2, 3])
        case "quote" if rng.random() < 0.5:
            block["cite"] = _words(rng).strip() or "佚名"
        case "notice":
            block["title"] = rng.choice(["", "关于放假的通知", '带"引号"的标题'])
        case "list":
            block["ordered"] = rng.random() < 0.5
            block["items"] = _items(rng)
        case "image":
            block |= {"asset": "lake", "alt": rng.choice(["", "湖边的步道"])}
            block |= {"caption": "摄影：顾晓峰"} if rng.random() < 0.5 else {}
        case "video":
            block |= {"asset": "talk", "title": "第四讲"} | ({"poster": "lake"} if rng.random() < 0.5 else {})
        case "table":
            width = rng.randint(1, 4)
            block["header"] = rng.random() < 0.5
            block["rows"] = [[_inlines(rng) for _ in range(width)] for _ in range(rng.randint(1, 4))]
            block |= _spans(rng, block)
        case _:
            pass
    return block


def documents(count: int, *, seed: int) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    return [{"schema": 1, "blocks": [_block(rng) for _ in range(rng.randint(0, 8))]} for _ in range(count)]
