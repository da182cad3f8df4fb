"""The web form of a piece, whose hash is signed, and the previews of a draft."""

from cms.contract import Form, Piece, Preview, Site
from renderers.web import pages

FORMS = (
    Form("wide", "网页 1440", 1440, 900),
    Form("phone", "手机网页", 390, 844),
)


def form(piece: Piece, site: Site) -> bytes:
    """The article's part of its page: what an approver signs of this channel; the frame around it may change."""
    return pages.page("article_body.html", piece=piece, site=site)


def preview(piece: Piece, shown: Form, site: Site) -> Preview:
    """The whole page as it will stand, for a sandboxed frame."""
    data = pages.page("article.html", piece=piece, site=site, columns=(), script=None)
    return Preview("text/html; charset=utf-8", _inlined(data), shown.width, shown.height)


def _inlined(page: bytes) -> bytes:
    """The page with its stylesheet inside: before the first publication nobody serves it."""
    path, style = pages.stylesheet()
    link = f'<link rel="stylesheet" href="{path}">'.encode()
    return page.replace(link, b"<style>" + style + b"</style>")
