"""The television form of a piece, whose hash is signed, and the previews of a draft."""

from typing import Final

from cms.contract import Form, Piece, Preview, Site, Target
from cms.trust import canonical
from renderers.tv import pages
from renderers.tv.items import VIDEO_RENDITIONS, masters
from renderers.tv.portal import Portal

FORMS: Final = (
    Form("portal", "机顶盒门户 1280×720", 1280, 720),
    Form("picture", "电视画面 1920×1080", 1920, 1080),
)
# Raised when the portal draws other parts of a piece than before.
TEMPLATE: Final = 1
_PREVIEWED: Final = Target("preview", "tv", "频道")


def form(piece: Piece, site: Site) -> bytes:  # noqa: ARG001 - the portal's frame is not the piece's
    """Canonical JSON of what television shows of a piece: its words, who answers for it, and its files."""
    drawn = VIDEO_RENDITIONS | pages.RENDITIONS
    shown = {
        "template": TEMPLATE,
        "kind": piece.kind,
        "title": piece.title,
        "subtitle": piece.subtitle,
        "summary": piece.summary,
        "column": piece.column_name,
        "byline": {
            "source": piece.byline.source,
            "reporter": piece.byline.reporter,
            "editor": piece.byline.editor,
            "sponsor": piece.byline.sponsor,
        },
        "cover": piece.cover,
        "body": dict(piece.body),
        "durations": {of: piece.durations[of] for of in masters(piece) if of in piece.durations},
        "files": sorted([a.of, a.rendition, a.sha256] for a in piece.assets if a.rendition in drawn),
    }
    return canonical.encode(shown).encode()


def preview(piece: Piece, shown: Form, site: Site) -> Preview:
    """The portal's page of the piece, or the picture a channel would show while it is on."""
    if shown.key == "picture":
        data = pages.page("picture.html", piece=piece, site=site)
    else:
        portal = Portal(site, _PREVIEWED, ())
        data = portal.previewed(piece)
    return Preview(pages.HTML, _alone(data), shown.width, shown.height)


def _alone(page: bytes) -> bytes:
    """The page with its stylesheet inside and without scripts: before the first publication nobody serves them."""
    css = pages.static_files()[0]
    page = page.replace(f'<link rel="stylesheet" href="{css.path}">'.encode(), b"<style>" + css.data + b"</style>")
    for file in pages.static_files()[1:]:
        page = page.replace(f'<script src="{file.path}"></script>'.encode(), b"")
    # Nobody gives pictures their address there.
    return page.replace(b"<img data-src=", b"<img src=")
