"""Machine checks of a long piece against a long list: 3,000 characters, 20,000 words."""

import datetime as dt
import statistics
import time
from typing import Any, Final

from cms.content.draft import Draft
from cms.content.kinds import Kind
from cms.review.checks import check
from cms.review.lookups import make_lists
from cms.review.release import Press
from deploy.bench.texts import Language

CHARACTERS: Final = 3_000
WORDS: Final = 20_000
_ROUNDS: Final = 50


def run() -> dict[str, Any]:
    """Milliseconds of all checks of one piece; `walk` is a bare pass over its characters, which any check costs."""
    language = Language()
    text = "".join(language.paragraphs)[:CHARACTERS]
    # Half of the list is made of what stands in such texts, so that there is something to find.
    entries = sorted({text[place : place + 6] for place in range(0, 60, 6)} | set(_more(language)))[:WORDS]
    began = time.perf_counter()
    words = [{"word": one, "category": "测试", "severity": "hint"} for one in entries]
    lists = make_lists(words, [{"name": "张明远", "titles": ["区委书记"]}], [], version="w1")
    built = time.perf_counter() - began
    blocks = [
        {"id": f"b_{place:012d}", "type": "paragraph", "text": [{"t": text[place : place + 300]}]}
        for place in range(0, CHARACTERS, 300)
    ]
    draft = Draft(title="标题", body={"schema": 1, "blocks": blocks})
    press = Press("bench.example", 1, {}, lambda _channel, _piece: None)
    now = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)
    times, walks, found = [], [], 0
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        found = len(check(draft, Kind.NEWS, press=press, pictures={}, units=(), lists=lists, now=now))
        times.append(time.perf_counter() - began)
        began = time.perf_counter()
        for _ch in text:
            pass
        walks.append(time.perf_counter() - began)
    return {
        "p50": round(1000 * statistics.median(times), 2),
        "p95": round(1000 * sorted(times)[int(0.95 * len(times))], 2),
        "walk": round(1000 * statistics.median(walks), 3),
        "words": len(entries),
        "characters": len(text),
        "findings": found,
        "ms to build": round(1000 * built),
    }


def _more(language: Language) -> list[str]:
    """Words nobody writes: two of the vocabulary joined in the wrong order."""
    return [last + first for first, last in zip(language.words, reversed(language.words), strict=True)] + [
        f"{word}{number}" for number, word in enumerate(language.words)
    ]
