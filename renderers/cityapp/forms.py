"""The form whose hash is signed, and the phone on which editors see a draft."""

import html
from typing import Final

from cms.contract import Form, Piece, Preview, Site
from cms.trust import canonical
from renderers.cityapp.events import OG

FORMS: Final = (Form("phone", "城市 App 消息与列表", 390, 844),)
RENDITIONS: Final = frozenset({OG})
# Raised when an App is told differently than before.
TEMPLATE: Final = 1

_PAGE: Final = """<!doctype html>
<html lang="{language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
*{{box-sizing:border-box}}
html{{background:#e8e4dc}}
body{{margin:0;font-family:-apple-system,"PingFang SC","Noto Sans CJK SC","Noto Sans SC",sans-serif;color:#1c1917}}
main{{padding:20px 14px;display:grid;gap:22px}}
h2{{margin:0 0 8px;font-size:13px;font-weight:500;color:#57534e}}
.push{{display:grid;gap:4px;padding:14px 16px;border-radius:16px;background:#fff}}
.push small{{display:flex;justify-content:space-between;font-size:12px;color:#57534e}}
.push b{{font-size:16px;line-height:1.4}}
.push span{{font-size:14px;line-height:1.5;color:#44403c}}
.card{{overflow:hidden;border-radius:12px;background:#fff}}
.card img{{display:block;width:100%;aspect-ratio:1.9;object-fit:cover}}
.card div{{padding:12px 14px 14px}}
.card b{{display:block;font-size:18px;line-height:1.45}}
.card p{{margin:6px 0 0;font-size:14px;line-height:1.55;color:#44403c}}
.card small{{display:block;margin-top:10px;font-size:12px;color:#57534e}}
</style></head><body><main>
<section aria-label="消息推送"><h2>消息推送</h2><div class="push"><small><span>{office}</span><span>现在</span></small>
<b>{title}</b><span>{summary}</span></div></section>
<section aria-label="列表"><h2>列表</h2><article class="card">{cover}<div><b>{title}</b><p>{summary}</p>
<small>{column}&ensp;{source}</small></div></article></section>
</main></body></html>
"""


def form(piece: Piece, site: Site) -> bytes:
    """What the App is told, and the text it will fetch: approvers sign both."""
    return canonical.encode(
        {
            "template": TEMPLATE,
            "title": piece.title,
            "summary": piece.summary,
            "cover": piece.cover or "",
            "body": dict(piece.body),
            "url": f"{site.base_url}/d/{piece.document}/",
        }
    ).encode()


def preview(piece: Piece, shown: Form, site: Site) -> Preview:
    """The message and the list as an App would make them of what it is told."""
    file = piece.rendition(piece.cover, OG) if piece.cover else None
    page = _PAGE.format(
        language=_safe(site.language),
        title=_safe(piece.title),
        summary=_safe(piece.summary),
        office=_safe(site.name),
        column=_safe(piece.column_name),
        source=_safe(piece.byline.source),
        cover="" if file is None else f'<img src="/a/{file.sha256}" alt="">',
    )
    return Preview("text/html; charset=utf-8", page.encode(), shown.width, shown.height)


def _safe(text: str) -> str:
    return html.escape(text, quote=True)
