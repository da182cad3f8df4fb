"""The addresses of the public site; an article's is stable over its editions (formats.md §4)."""

from cms.contract import Piece

HOME = "/"
NOTICES = "/notices/"
RSS = "/feed.xml"
JSON_FEED = "/feed.json"


def article(document: str) -> str:
    return f"/d/{document}/"


def article_of(piece: Piece) -> str:
    return article(piece.document)


def playlist(document: str, number: int, track: str = "") -> str:
    """A playlist of the document's film `number`: of one track, or the one that names them all."""
    return f"/d/{document}/video/{number}{'-' if track else ''}{track}.m3u8"


def column(code: str) -> str:
    return f"/c/{code}/"


def month(code: str, name: str) -> str:
    """A month's page of a column; `name` is ``2026-11``."""
    return f"/c/{code}/{name}/"


def column_feed(code: str) -> str:
    return f"/c/{code}/feed.xml"
