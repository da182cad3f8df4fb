"""The piece as a viewer finds it in the operator's library: signed as words and hashes, previewed as a detail page."""

import json
from typing import Final

from jinja2 import Environment

from cms.contract import Form, Piece, Preview, Site
from media.house import POSTER
from renderers.iptv.payload import PICTURE, poster_of
from renderers.iptv.text import description, masters, search_name

FORMS: Final = (Form("detail", "机顶盒点播详情 1280×720", 1280, 720),)
_HTML: Final = "text/html; charset=utf-8"


def form(piece: Piece, site: Site) -> bytes:  # noqa: ARG001 - nothing of the site is told to an operator
    """Everything the operator is told of it that people read or see; addresses and ids are not."""
    poster = poster_of(piece)
    told = {
        "title": piece.title,
        "search": search_name(piece),
        "column": piece.column_name,
        "description": description(piece),
        "poster": poster.sha256 if poster else "",
        "films": list(masters(piece)),
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def preview(piece: Piece, shown: Form, site: Site) -> Preview:  # noqa: ARG001
    """The detail page as boxes commonly draw it; the operator's own page may look otherwise."""
    poster = poster_of(piece) or next(
        (one for one in piece.assets if one.rendition in {POSTER, PICTURE} and one.of == piece.cover), None
    )
    films = list(masters(piece))
    page = _PAGE.render(
        title=piece.title,
        column=piece.column_name,
        about=description(piece),
        poster=f"/a/{poster.sha256}" if poster else "",
        lengths=[_clock(piece.durations.get(master, 0)) for master in films],
    )
    return Preview(_HTML, page.encode(), shown.width, shown.height)


def _clock(milliseconds: int) -> str:
    return f"{milliseconds // 60_000:02d}:{milliseconds // 1000 % 60:02d}" if milliseconds else "--:--"


_SOURCE: Final = """\
<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{{ title }}</title>
<style>
*{box-sizing:border-box}html,body{margin:0;height:100%}
body{background:linear-gradient(160deg,#16273d,#0a121e);color:#f4f6f8;overflow:hidden;
font:26px/1.6 "PingFang SC","HarmonyOS Sans SC","Noto Sans CJK SC","Microsoft YaHei",sans-serif}
main{position:absolute;inset:54px 72px;display:grid;grid-template-columns:500px 1fr;gap:52px}
.poster{width:500px;height:281px;border-radius:12px;background:#22364f;overflow:hidden;display:grid;place-items:center}
.poster img{width:100%;height:100%;object-fit:cover}.poster span{color:#9db1c6}
h1{font-size:40px;line-height:1.3;margin:0 0 12px;display:-webkit-box;-webkit-box-orient:vertical;
-webkit-line-clamp:2;overflow:hidden;text-wrap:pretty}
.chip{display:inline-block;background:#c0392b;border-radius:6px;padding:2px 16px;font-size:24px}
.about{margin:22px 0 0;white-space:pre-line;color:#d5dee8;display:-webkit-box;-webkit-box-orient:vertical;
-webkit-line-clamp:10;overflow:hidden}
.play{margin-top:30px;display:inline-block;background:#ffd257;color:#1b1300;border-radius:10px;padding:10px 44px;
font-weight:600;outline:4px solid #fff;outline-offset:4px}
.none{margin-top:30px;color:#ffb4a8}
ol{list-style:none;margin:26px 0 0;padding:0;display:flex;flex-wrap:wrap;gap:14px}
li{background:#22364f;border-radius:8px;padding:4px 18px;font-size:24px}
</style><main><div><div class="poster">
{%- if poster %}<img src="{{ poster }}" alt="">{% else %}<span>没有海报</span>{% endif %}</div>
{%- if lengths %}<div class="play">▶ 播放</div>
<ol>{% for one in lengths -%}
<li>{% if lengths|length > 1 %}第 {{ loop.index }} 集 {% endif %}{{ one }}</li>
{%- endfor %}</ol>
{%- else %}<p class="none">这篇稿件没有视频，不能注入运营商。</p>{% endif %}</div>
<div><h1>{{ title }}</h1><span class="chip">{{ column }}</span><p class="about">{{ about }}</p></div></main></html>
"""
_PAGE: Final = Environment(autoescape=True, trim_blocks=True).from_string(_SOURCE)
