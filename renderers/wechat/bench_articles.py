"""`./yunping bench articles`: a thousand WeChat articles without pictures, against the sanitiser that checks them."""

import datetime as dt
import random
import time
from collections.abc import Callable
from typing import Any, Final

from cms.contract import Byline, Piece
from renderers.wechat.article import make_article
from renderers.wechat.settings import AccountSettings
from renderers.wechat.vocabulary import is_clean, sanitised

_AT: Final = dt.datetime(2026, 11, 26, 1, tzinfo=dt.UTC)
_WORDS: Final = (
    "理论宣讲走进潜龙渠公园,吴语评弹唱响新时代。",
    "活动时间:11月25日(周三)上午9:30,请提前10分钟到场签到。",
    "“把大道理讲成小故事”,居民们在家门口听得懂、记得住。",
    "全区11个实践所、289个实践站同步开讲...",
    "报名电话0512-6398-0000,详见https://www.example.cn/a?b=1。",
)
_LIMIT_MS: Final = 5.0


def run(*, articles: int = 1_000) -> dict[str, Any]:
    """Milliseconds of CPU for one article with its check, the median of all; the slowest beside it."""
    pieces = [_piece(number, random.Random(number)) for number in range(articles)]  # noqa: S311 - a seeded sample
    settings = AccountSettings()
    made = [make_article(piece, settings).html for piece in pieces]
    ours = sorted(_each(lambda at: is_clean(make_article(pieces[at], settings).html), articles))
    theirs = sorted(_each(lambda at: sanitised(made[at]), articles))
    middle = articles // 2
    return {
        "bench": "articles",
        "figure": round(ours[middle], 3),
        "unit": f"ms of CPU for one of {articles} WeChat articles without pictures, written and checked",
        "reference": round(theirs[middle], 3),
        "ratio": round(ours[middle] / theirs[middle], 2),
        "detail": {
            "reference": "nh3 (Rust) sanitising the finished article once",
            "slowest_ms": round(ours[-1], 3),
            "p99_ms": round(ours[int(articles * 0.99) - 1], 3),
            "all_s": round(sum(ours) / 1_000, 2),
            "over_5_ms": sum(one > _LIMIT_MS for one in ours),
            "characters_middle": sorted(map(len, made))[middle],
            "characters_most": max(map(len, made)),
        },
    }


def _each(work: Callable[[int], object], count: int) -> list[float]:
    took = []
    for at in range(count):
        began = time.process_time()
        work(at)
        took.append((time.process_time() - began) * 1_000)
    return took


def _piece(number: int, dice: random.Random) -> Piece:
    """News of a district: mostly some paragraphs, now and then a long one with lists, a table and links."""
    byline = Byline("吴江发布", "沈佳", "周岚", "区委宣传部", _AT)
    return Piece(
        document=f"d{number}",
        edition=1,
        release=f"{number:064x}",
        bundle="b" * 64,
        bundle_size=1,
        kind="news",
        column="news",
        column_name="要闻",
        language="zh-CN",
        title=f"第{number}场理论宣讲走进社区",
        subtitle="",
        summary=dice.choice(_WORDS),
        pinyin="",
        byline=byline,
        cover=None,
        body={"schema": 1, "blocks": [_block(dice) for _ in range(dice.choice((8, 12, 18, 26)))]},
        assets=(),
        units=("/1/",),
        channels=("wechat",),
        not_before=_AT,
        not_after=None,
        offline=None,
        published_at=_AT,
    )


def _block(dice: random.Random) -> dict[str, Any]:
    words = "".join(dice.choices(_WORDS, k=dice.randrange(1, 6)))
    text = [{"t": words[:20], "m": ["b"]}, {"t": words[20:]}, {"t": "专页", "href": "https://www.example.cn/topic"}]
    return dice.choice(
        (
            {"type": "paragraph", "text": text},
            {"type": "paragraph", "text": text},
            {"type": "paragraph", "text": text},
            {"type": "heading", "level": 2, "text": [{"t": words[:12]}]},
            {"type": "list", "ordered": True, "items": [{"id": "b_00000000000a", "text": text}] * 3},
            {"type": "quote", "text": text, "cite": "理论科"},
            {"type": "notice", "title": "报名", "text": text},
            {"type": "table", "header": True, "rows": [[[{"t": words[:6]}]] * 4] * 5},
        )
    )
