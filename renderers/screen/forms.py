"""The screen form of a piece, whose hash is signed: the content and which files of each picture are drawn."""

from cms.contract import Form, Piece, Site
from cms.trust import canonical
from media.house import PLAY, POSTER
from media.newspaper import LARGEST, THUMB

FORMS = (Form("portrait", "阅读屏 1080×1920", 1080, 1920),)
RENDITIONS = frozenset({"screen-1080", "screen-cover"})
VIDEO_RENDITIONS = frozenset({PLAY, POSTER})
PAGE_RENDITIONS = frozenset({"page-1080", LARGEST, THUMB})
# Raised when the player's templates draw other parts of a piece than before.
TEMPLATE = 2
NEWSPAPER_TEMPLATE = 1


def form(piece: Piece, site: Site) -> bytes:  # noqa: ARG001 - the screen shows nothing of the site
    """Canonical JSON of what the player draws; its templates are part of the installed player."""
    drawn = {
        "template": NEWSPAPER_TEMPLATE if piece.kind == "newspaper" else TEMPLATE,
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
        "files": sorted(
            [asset.of, asset.rendition, asset.sha256]
            for asset in piece.assets
            if asset.rendition in RENDITIONS | VIDEO_RENDITIONS | PAGE_RENDITIONS
        ),
    }
    return canonical.encode(drawn).encode()
