"""Previews of what is made as pictures: the covers a post is chosen by, and the cards a text becomes a film of.

Drawn by what draws them when the piece goes out. A picture stands behind its lettering as a file of the page.
"""

import base64
import io
from typing import Final

from jinja2 import Environment
from PIL import Image

from cms.contract import AssetFile, Piece, Site
from renderers.douyin.article import video
from renderers.douyin.cards import cards, cover_lettering
from renderers.douyin.covers import SHAPES, cover, frame, lettering
from renderers.douyin.payload import POSTER, UPRIGHT, WIDE, caption, script

# As wide as a phone shows them; the film itself is twice that.
_WIDTH: Final = 360
_HEIGHT: Final = 640


def covers_page(piece: Piece) -> bytes:
    """Both covers, as they are chosen from in a list."""
    said, file = caption(piece), picture_of(piece)
    shown = []
    for shape, (across, down) in SHAPES.items():
        over = None if file is None else _data(lettering(said, shape=shape, film_width=_WIDTH), "PNG")
        whole = None if file else _data(cover(said, None, shape=shape, film_width=_WIDTH), "JPEG")
        shown.append({"name": shape.replace("x", ":"), "ratio": f"{across} / {down}", "over": over, "whole": whole})
    return _COVERS.render(title=said.title, picture=f"/a/{file.sha256}" if file else None, covers=shown).encode()


def cards_page(piece: Piece, site: Site) -> bytes:
    """The cards of a text in their order, or a lecture's frame with its poster where the film runs."""
    said = caption(piece)
    film = video(piece)
    if film is not None:
        words = _data(frame(said, width=_WIDTH, height=_HEIGHT), "PNG")
        poster = piece.rendition(film[0].of, POSTER)
        shown = f"/a/{poster.sha256}" if poster else None
        return _CARDS.render(title=said.title, cards=[], frame=words, poster=shown).encode()
    text, file = script(piece, site, width=_WIDTH, height=_HEIGHT), picture_of(piece)
    drawn = cards(text, None)
    over = _data(cover_lettering(text), "PNG") if file else None
    pages = [_data(page, "JPEG") for page in drawn]
    first = {"picture": f"/a/{file.sha256}", "over": over} if file else None
    return _CARDS.render(title=said.title, cards=pages, first=first, frame=None, poster=None).encode()


def picture_of(piece: Piece) -> AssetFile | None:
    """What stands behind the lettering: the cover, or for a lecture without one the poster of its film."""
    found = [piece.rendition(piece.cover, name) for name in (UPRIGHT, WIDE)] if piece.cover else []
    film = video(piece)
    if film is not None:
        found.append(piece.rendition(film[0].of, POSTER))
    return next((file for file in found if file is not None), None)


def _data(image: Image.Image, kind: str) -> str:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


_STYLE: Final = """<style>
*{box-sizing:border-box}body{margin:0;padding:16px;background:#161616;color:#fff;
font:14px/1.5 "PingFang SC","Noto Sans CJK SC",sans-serif}
figure{margin:0 0 16px}figcaption{margin:6px 0 0;color:#bbb;font-size:12px}
.still{position:relative;overflow:hidden;border-radius:8px;background:#6d1010}
.still img{position:absolute;inset:0;width:100%;height:100%;object-fit:cover;object-position:50% 40%}
.film img:first-child{inset:34.2% 0;height:31.6%}
</style>"""
_ENVIRONMENT: Final = Environment(autoescape=True, trim_blocks=True)
_COVERS: Final = _ENVIRONMENT.from_string(
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{{ title }}</title>'
    + _STYLE
    + """</head><body>{% for one in covers %}
<figure><div class="still" style="aspect-ratio:{{ one.ratio }}">
{% if one.whole %}<img src="{{ one.whole }}" alt="{{ title }}">
{% else %}<img src="{{ picture }}" alt=""><img src="{{ one.over }}" alt="{{ title }}">{% endif %}
</div><figcaption>封面 {{ one.name }}</figcaption></figure>{% endfor %}</body></html>
"""
)
_CARDS: Final = _ENVIRONMENT.from_string(
    '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{{ title }}</title>'
    + _STYLE
    + """</head><body>{% if frame %}
<figure><div class="still film" style="aspect-ratio:9 / 16">
{% if poster %}<img src="{{ poster }}" alt="">{% endif %}<img src="{{ frame }}" alt="{{ title }}"></div>
<figcaption>竖屏视频画面</figcaption></figure>{% endif %}
{% for page in cards %}<figure><div class="still" style="aspect-ratio:9 / 16">
{% if loop.first and first %}<img src="{{ first.picture }}" alt=""><img src="{{ first.over }}" alt="{{ title }}">
{% else %}<img src="{{ page }}" alt="第 {{ loop.index }} 张">{% endif %}
</div><figcaption>第 {{ loop.index }} / {{ loop.length }} 张</figcaption></figure>{% endfor %}</body></html>
"""
)
