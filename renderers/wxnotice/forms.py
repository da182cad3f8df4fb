"""The form whose hash is signed, and the message as a reader sees it."""

import html
from typing import Final

from cms.contract import Form, Piece, Preview, Site
from cms.trust import canonical
from renderers.wxnotice.message import cut, when

FORMS: Final = (Form("phone", "微信通知消息", 390, 844),)
# Raised when a message is made differently than before.
TEMPLATE: Final = 1

_PAGE: Final = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
*{{box-sizing:border-box}}
html{{background:#ededed}}
body{{margin:0;font-family:-apple-system,"PingFang SC","Noto Sans CJK SC","Noto Sans SC",sans-serif;color:#191919}}
.bar{{display:flex;align-items:center;justify-content:center;height:48px;background:#ededed;
font-size:16px;font-weight:500}}
main{{padding:18px 14px}}
.card{{border-radius:8px;background:#fff;overflow:hidden}}
.card h1{{margin:0;padding:14px 16px 4px;font-size:16px;font-weight:500}}
dl{{margin:0;padding:6px 16px 14px;display:grid;grid-template-columns:auto 1fr;gap:8px 14px;font-size:15px;
line-height:1.5}}
dt{{color:#5c5c5c}}
dd{{margin:0}}
.card a{{display:block;padding:12px 16px;border-top:1px solid #ececec;font-size:15px;color:#576b95}}
</style></head><body><div class="bar">{office}</div><main><article class="card"><h1>新稿件通知</h1>
<dl><dt>标题</dt><dd>{short}</dd><dt>时间</dt><dd>{at}</dd><dt>单位</dt><dd>{sponsor}</dd></dl>
<a>查看详情</a></article></main></body></html>
"""


def form(piece: Piece, site: Site) -> bytes:
    """What a reader is told, and the text the link leads to: approvers sign both."""
    return canonical.encode(
        {
            "template": TEMPLATE,
            "title": piece.title,
            "sponsor": piece.byline.sponsor,
            "summary": piece.summary,
            "cover": piece.cover or "",
            "body": dict(piece.body),
            "url": f"{site.base_url}/d/{piece.document}/",
        }
    ).encode()


def preview(piece: Piece, shown: Form, site: Site) -> Preview:
    page = _PAGE.format(
        language=_safe(site.language),
        title=_safe(piece.title),
        short=_safe(cut(piece.title)),
        at=when(piece),
        sponsor=_safe(cut(piece.byline.sponsor)),
        office=_safe(site.name),
    )
    return Preview("text/html; charset=utf-8", page.encode(), shown.width, shown.height)


def _safe(text: str) -> str:
    return html.escape(text, quote=True)
