"""The Douyin form of a piece, whose hash is signed, and the preview of a draft as a post on a phone."""

import json
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup

from cms.contract import AssetFile, Form, Piece, Preview, Site
from media.marks import Stretch, total
from renderers.douyin import text
from renderers.douyin.article import ideas, override, stretches, subtitles, video
from renderers.douyin.payload import POSTER, TEMPLATE, UPRIGHT, WIDE, caption, link
from renderers.douyin.settings import LIMITS
from renderers.douyin.stills import cards_page, covers_page

_HTML: Final = "text/html; charset=utf-8"
FORMS: Final = (
    Form("phone", "抖音 手机", 390, 844),
    Form("cover", "抖音 封面", 392, 900),
    Form("cards", "抖音 卡片", 392, 900),
)


def form(piece: Piece, site: Site) -> bytes:
    """What an approver signs of this channel: the words, and the files that film and covers are made of."""
    found = video(piece)
    drawn = {
        "template": TEMPLATE,
        "title": text.title(piece),
        "text": text.compose(piece),
        "film": _lecture(piece, *found) if found else {"cards": _cards(piece)},
        "link": link(piece, site),
        "files": sorted(
            [file.of, file.rendition, file.sha256]
            for file in piece.assets
            if file.rendition in {UPRIGHT, WIDE, POSTER} and file.of in {piece.cover, found[0].of if found else None}
        ),
    }
    return json.dumps(drawn, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def preview(piece: Piece, shown: Form, site: Site) -> Preview:
    """The post as a follower sees it; the film is made when it goes out, so its cover stands for it."""
    if shown.key != "phone":
        stills = covers_page(piece) if shown.key == "cover" else cards_page(piece, site)
        return Preview(_HTML, stills, shown.width, shown.height)
    said = caption(piece)
    found = video(piece)
    of, names = (found[0].of, (POSTER,)) if found else (piece.cover, (UPRIGHT, WIDE))
    file = next((f for f in (piece.rendition(of, name) for name in names if of) if f is not None), None)
    body, _, tail = text.compose(piece).rpartition("\n")
    page = _PAGE.render(
        said=said,
        site=site,
        picture=f"/a/{file.sha256}" if file else None,
        lecture=found is not None,
        body=body.split("\n", 1)[-1] if "\n" in body else "",
        topics=[one for one in tail.split(" ") if one.startswith("#")],
        length=_clock(total(shown_of(piece, found[1])) if found and found[1] else 0),
    )
    return Preview(_HTML, page.encode(), shown.width, shown.height)


def _lecture(piece: Piece, file: AssetFile, milliseconds: int) -> dict[str, Any]:
    """The film, and only where there are any its marked stretches and the subtitles that are burned in."""
    words = subtitles(piece)
    return {
        "lecture": file.sha256,
        "milliseconds": milliseconds,
        **({"shown": shown_of(piece, milliseconds)} if override(piece, "cuts") else {}),
        **({"subtitles": words.sha256} if words else {}),
    }


def shown_of(piece: Piece, milliseconds: int) -> tuple[Stretch, ...]:
    """The stretches as far as the platform takes them; the account may be set to less."""
    return stretches(piece, milliseconds, most=LIMITS.seconds * 1000)


def _cards(piece: Piece) -> list[list[str]]:
    return [[idea.heading, *idea.paragraphs] for idea in ideas(piece)]


def _clock(milliseconds: int) -> str:
    return f"{milliseconds // 60_000:02d}:{milliseconds // 1000 % 60:02d}" if milliseconds else ""


_ICONS: Final = {
    "赞": "M12 21s-8-5.2-8-11a4.6 4.6 0 0 1 8-3 4.6 4.6 0 0 1 8 3c0 5.8-8 11-8 11z",
    "评论": "M4 5h16v11H9l-5 4z",
    "收藏": "M12 3l2.7 5.8 6.3.8-4.6 4.3 1.2 6.2-5.6-3.1-5.6 3.1 1.2-6.2L3 9.600l6.300-.8z",
    "分享": "M13 4l8 7-8 7v-4c-5 0-8 1.500-10 5 .5-6 4-10 10-11z",
}
_SOURCE: Final = """\
<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{{ said.title }}</title>
<meta name="viewport" content="width=device-width">
<style>
*{box-sizing:border-box}html,body{margin:0;height:100%}
body{position:relative;overflow:hidden;background:#120404;color:#fff;
font:15px/1.5 "PingFang SC","HarmonyOS Sans SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif}
.film{position:absolute;inset:0;background:linear-gradient(180deg,#a82222,#6d1010);display:grid}
.film img{width:100%;height:100%;object-fit:cover;object-position:50% 40%}
.lecture{align-content:center;gap:14px;background:linear-gradient(180deg,#3a0d0d,#1a0505)}
.lecture img{height:auto;aspect-ratio:16/9;border-block:3px solid #d9a441}
.film::after{content:"";position:absolute;inset:30% 0 0;background:linear-gradient(180deg,transparent,rgb(12 3 3/.9))}
.lecture::after{inset:70% 0 0}
.top{position:absolute;inset:18px 0 auto;display:flex;justify-content:center;gap:26px;font-size:16px;opacity:.92}
.top b{border-bottom:3px solid #fff;padding-bottom:3px}
.big{position:absolute;left:22px;right:76px;bottom:250px}
.lecture+.top+.big{bottom:auto;top:150px;right:22px}
.chip{display:inline-block;background:#9b1c1c;border-radius:5px;padding:2px 10px;font-weight:600;font-size:14px}
.big h1{font:700 27px/1.38 "Noto Serif CJK SC","Songti SC",serif;margin:10px 0 0;text-wrap:pretty}
.side{position:absolute;right:12px;bottom:96px;display:grid;gap:20px;justify-items:center;font-size:12px}
.side svg{width:34px;height:34px;fill:#fff;display:block;margin:auto}.side span{text-align:center}
.face{width:48px;height:48px;border-radius:50%;border:2px solid #fff;background:#9b1c1c;display:grid;place-items:center;
font:700 22px/1 "Noto Serif CJK SC",serif}
.words{position:absolute;left:16px;right:84px;bottom:76px;max-height:160px;overflow:hidden}
.words h2{font-size:17px;margin:0 0 4px}.words p{margin:0;white-space:pre-line;display:-webkit-box;
-webkit-line-clamp:3;-webkit-box-orient:vertical;overflow:hidden}
.words i{font-style:normal;font-weight:600;color:#ffe3a6;margin-right:.5em}
.bar{position:absolute;inset:auto 0 0;height:58px;background:#000;display:flex;justify-content:space-around;
align-items:center;font-size:16px;color:#bbb}.bar b{color:#fff}
.time{position:absolute;right:14px;bottom:64px;font-size:12px;opacity:.8}
.rule{position:absolute;left:0;bottom:58px;width:100%;height:2px;background:linear-gradient(90deg,#fff 18%,#777 18%)}
</style>
<div class="film{{ ' lecture' if lecture }}">
{%- if picture %}<img src="{{ picture }}" alt="">{% endif %}</div>
<div class="top"><span>同城</span><span>关注</span><b>推荐</b></div>
<div class="big"><span class="chip">{{ said.column }}</span><h1>{{ said.title }}</h1></div>
<div class="side"><span class="face">{{ said.office[:1] }}</span>
{%- for name, path in icons.items() %}<span><svg viewBox="0 0 24 24"><path d="{{ path }}"/></svg>{{ name }}</span>
{%- endfor %}</div>
<div class="words"><h2>@{{ said.office }}</h2><p>{{ body }}</p>
<div>{% for topic in topics %}<i>{{ topic }}</i>{% endfor %}</div></div>
{% if length %}<div class="time">00:00 / {{ length }}</div>{% endif %}<div class="rule"></div>
<div class="bar"><b>首页</b><span>朋友</span><span>＋</span><span>消息</span><span>我</span></div>
</html>
"""
_ENVIRONMENT: Final = Environment(autoescape=True, trim_blocks=True)
_ENVIRONMENT.globals["icons"] = {name: Markup(path) for name, path in _ICONS.items()}  # noqa: S704 - our own numbers
_PAGE: Final = _ENVIRONMENT.from_string(_SOURCE)
