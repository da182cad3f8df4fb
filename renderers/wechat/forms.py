"""The form whose hash is signed, and the phone on which editors see a draft."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from pydantic import ValidationError

from cms.contract import ContractError, Form, Piece, Preview, Site
from cms.trust import canonical
from renderers.wechat.article import BODY, POSTER, Article, make_article, with_pictures
from renderers.wechat.covers import BASE, OWN, cover_source, draw_cover
from renderers.wechat.dates import day
from renderers.wechat.settings import AccountSettings
from renderers.wechat.vocabulary import escaped, plain, quoted

FORMS: Final = (Form("phone", "手机微信文章", 390, 844),)
RENDITIONS: Final = frozenset({BODY, BASE, OWN})
VIDEO_RENDITIONS: Final = frozenset({POSTER})
# Raised when the article is made differently than before.
TEMPLATE: Final = 2

_STYLE: Final = """
*{box-sizing:border-box}
html{background:#ededed}
body{margin:0;font-family:-apple-system,"PingFang SC","Noto Sans CJK SC","Noto Sans SC",sans-serif;color:#191919;
background:#fff;max-width:720px;margin:0 auto}
.bar{position:sticky;top:0;display:flex;align-items:center;justify-content:space-between;height:48px;padding:0 16px;
background:#fff;border-bottom:1px solid #f0f0f0;font-size:16px;color:#191919}
.bar b{font-weight:500}
main{padding:20px 16px 0}
h1{margin:0 0 14px;font-size:22px;line-height:1.4;font-weight:600}
.meta{margin:0 0 24px;font-size:15px;color:#6b6b6b;line-height:1.6}
.meta span{color:#576b95}
.more{margin:24px 0 0;font-size:15px;color:#576b95}
.feed{margin:28px -16px 0;padding:20px 16px;background:#ededed}
.feed h2{margin:0 0 10px;font-size:13px;font-weight:500;color:#595959}
.card{border-radius:8px;overflow:hidden;background:#fff}
.cover{display:block;width:100%;aspect-ratio:2.35;object-fit:cover}
.drawn{display:flex;align-items:center;justify-content:center;aspect-ratio:2.35;padding:0 24px;color:#fff;
font-size:20px;font-weight:600;text-align:center;line-height:1.4}
.card p{margin:0;padding:12px 14px;font-size:16px;line-height:1.4}
.card{position:relative}
.row{display:flex;align-items:center;gap:12px;margin:10px 0 0;padding:12px 14px;border-radius:8px;background:#fff}
.row p{flex:1;margin:0;font-size:16px;line-height:1.4}
.row div{flex:none;width:56px;height:56px;overflow:hidden;border-radius:4px}
.row .cover,.row .drawn{width:auto;height:56px;aspect-ratio:2.35;margin:0 0 0 -38px;padding:0;font-size:0}
.card small{display:block;padding:0 14px 14px;font-size:13px;color:#6b6b6b;line-height:1.5}
.report{padding:0 16px 28px;margin:0 -16px;background:#ededed;font-size:13px;line-height:1.6;color:#595959}
.report h2{margin:0 0 6px;font-size:13px;font-weight:500;color:#595959}
.report ul{margin:0;padding:0 0 0 18px}
.report .stop{color:#b3261e;font-weight:600}
"""


def form(piece: Piece, site: Site) -> bytes:
    """The article as it will be sent, its pictures by hash; colours and author as of an account without settings."""
    article = make_article(piece, AccountSettings())
    return canonical.encode(
        {
            "template": TEMPLATE,
            "title": article.title,
            "author": article.author,
            "digest": article.digest,
            "content": article.html,
            "pictures": list(article.pictures),
            "cover": cover_source(piece) or "",
            "source": source_url(piece, site),
        }
    ).encode()


def source_url(piece: Piece, site: Site) -> str:
    """Where 阅读原文 leads: the piece's page on the public site, stable over its editions (formats.md §4)."""
    return f"{site.base_url}/d/{piece.document}/"


def preview(piece: Piece, shown: Form, site: Site) -> Preview:
    """The article on a phone, the card followers see in their list, and the report of what was changed."""
    return _drawn(piece, shown, site, AccountSettings())


def preview_at(piece: Piece, shown: Form, site: Site, given: Mapping[str, Any]) -> Preview:
    """The same in the colours, the look and the words of an account, with the cover that is drawn for it. Blocks."""
    try:
        settings = AccountSettings.model_validate(dict(given))
    except ValidationError:
        settings = AccountSettings()
    return _drawn(piece, shown, site, settings, cover=_really_drawn)


def _drawn(
    piece: Piece,
    shown: Form,
    site: Site,
    settings: AccountSettings,
    *,
    cover: Callable[[Piece, Article, AccountSettings], str] | None = None,
) -> Preview:
    article = make_article(piece, settings)
    page = _PAGE.format(
        language=quoted(site.language),
        title=escaped(article.title),
        style=_STYLE,
        account=escaped(site.name),
        author=escaped(article.author),
        day=day(piece.published_at),
        # The desk serves files of the store below /a/ to the frame.
        content=with_pictures(article.html, {sha256: f"/a/{sha256}" for sha256 in article.pictures}),
        cover=(cover or _cover)(piece, article, settings),
        digest=escaped(article.digest),
        report=_report(article),
    )
    return Preview("text/html; charset=utf-8", page.encode(), shown.width, shown.height)


_PAGE: Final = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>{style}</style></head><body>
<div class="bar" aria-hidden="true"><span>‹</span><b>{account}</b><span>⋯</span></div>
<main><h1>{title}</h1><p class="meta">{author}&ensp;<span>{account}</span><br>{day}</p>
{content}
<p class="more">阅读原文</p>
<section class="feed" aria-label="消息列表中的样子"><h2>消息列表中的样子</h2>
<div class="card">{cover}<p>{title}</p><small>{digest}</small></div>
<div class="row"><p>{title}</p><div>{cover}</div></div></section>
{report}
</main></body></html>
"""


def _really_drawn(piece: Piece, article: Article, settings: AccountSettings) -> str:
    """The very file that is sent, where the cover is drawn of words; blocks."""
    if cover_source(piece) is not None:
        return _cover(piece, article, settings)
    words = (plain(article.title), plain(piece.column_name), plain(piece.byline.sponsor))
    with TemporaryDirectory() as folder:
        try:
            data = draw_cover(words, settings.theme, Path(folder) / "cover.jpg").read_bytes()
        except ContractError:  # no font here; the worker will say so
            return _cover(piece, article, settings)
    return f'<img class="cover" src="data:image/jpeg;base64,{b64encode(data).decode("ascii")}" alt="">'


def _cover(piece: Piece, article: Article, settings: AccountSettings) -> str:
    source = cover_source(piece)
    if source is None:
        return f'<div class="drawn" style="background:{settings.theme}">{escaped(article.title)}</div>'
    return f'<img class="cover" src="/a/{source}" alt="">'


def _report(article: Article) -> str:
    if not article.changes:
        return '<section class="report"><h2>排版说明</h2>没有需要改动的地方。</section>'
    stopping = {change.what for change in article.problems}
    lines = "".join(
        f'<li class="{"stop" if change.what in stopping else "told"}">{escaped(change.sentence)}</li>'
        for change in article.changes
    )
    return f'<section class="report"><h2>排版说明</h2><ul>{lines}</ul></section>'
