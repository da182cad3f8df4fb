"""The page of a place 点位, which is drawn when somebody asks: printed codes lead to it for years."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cms.contract import Columns, Piece, Site
from renderers.web import pages


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A place as its page shows it; `above` are the names it belongs to, the highest first."""

    address: str
    name: str
    above: tuple[str, ...]


def place(
    site: Site,
    columns: Columns,
    view: PlaceView,
    *,
    showing: Sequence[Piece],
    newest: Sequence[Piece],
    readable: Collection[str],
) -> bytes:
    """What its screens show now and the site's newest; documents that are not in `readable` have no page to lead to."""
    seen = {piece.document for piece in showing}
    fresh = [piece for piece in newest if piece.document not in seen]
    return pages.page(
        "place.html", site=site, columns=columns, view=view, showing=showing, newest=fresh, readable=readable
    )


def choice(site: Site, columns: Columns, views: Sequence[PlaceView]) -> bytes:
    """Several places have this code: whoever asks chooses theirs."""
    return pages.page("places.html", site=site, columns=columns, views=views)
