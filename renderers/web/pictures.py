"""Pictures on pages: WebP at three widths with a JPEG for old browsers, sized so that nothing jumps."""

from markupsafe import Markup

from cms.contract import Piece

_WIDTHS = ("web-480", "web-960", "web-1440")
FALLBACK = "web-960-jpeg"
THUMB = "thumb"
SHARE = "og"
_LAZY = Markup('loading="lazy" decoding="async"')
_FIRST = Markup('fetchpriority="high" decoding="async"')
RENDITIONS = frozenset({*_WIDTHS, FALLBACK, THUMB, SHARE})


def picture(piece: Piece, of: str, *, alt: str, sizes: str, lazy: bool, media: str = "") -> Markup:
    """A `<picture>` of the master `of`; nothing when the release lists no file for it.

    Addresses begin at the page's own host, which the content policy allows alone; `media` is for feeds.
    """
    fallback = piece.rendition(of, FALLBACK)
    if fallback is None:
        return Markup("")
    found = [f for f in (piece.rendition(of, name) for name in _WIDTHS) if f is not None]
    srcset = ", ".join(f"{media}/a/{f.sha256} {f.width}w" for f in sorted(found, key=lambda f: f.width))
    source = Markup('<source type="image/webp" srcset="{}" sizes="{}">').format(srcset, sizes) if srcset else Markup("")
    loading = _LAZY if lazy else _FIRST
    return Markup('<picture>{}<img src="{}/a/{}" width="{}" height="{}" alt="{}" {}></picture>').format(
        source, media, fallback.sha256, fallback.width, fallback.height, alt, loading
    )


def thumb(piece: Piece) -> Markup:
    """The small picture of a list item; decorative, because the title beside it says the same."""
    file = piece.rendition(piece.cover, THUMB) if piece.cover else None
    if file is None:
        return Markup("")
    return Markup(
        '<img class="thumb" src="/a/{}" width="{}" height="{}" alt="" loading="lazy" decoding="async">'
    ).format(file.sha256, file.width, file.height)


def cover(piece: Piece, *, sizes: str, lazy: bool = False) -> Markup:
    """The cover in its wide form."""
    return picture(piece, piece.cover, alt="", sizes=sizes, lazy=lazy) if piece.cover else Markup("")
