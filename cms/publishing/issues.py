"""Issues of newspapers among the pieces of a target: the newest of each paper, and what their zones link. Pure."""

from collections.abc import Iterable

from cms.contract import Piece


def issue_of(piece: Piece) -> tuple[str, str] | None:
    """Paper and date of an issue, None for any other piece."""
    block = next((one for one in piece.body.get("blocks", ()) if one["type"] == "issue"), None)
    return None if block is None else (str(block["paper"]), str(block["date"]))


def latest(found: Iterable[Piece], most: int) -> list[Piece]:
    """The `most` newest issues of each paper by their dates, in the order given."""
    every = [(issue, piece) for piece in found if (issue := issue_of(piece)) is not None]
    papers = {paper for (paper, _), _ in every}
    chosen: set[str] = set()
    for paper in papers:
        of = [(date, piece.published_at, piece.release) for (name, date), piece in every if name == paper]
        chosen |= {release for _, _, release in sorted(of, reverse=True)[:most]}
    return [piece for _, piece in every if piece.release in chosen]


def outdated(found: Iterable[Piece]) -> frozenset[str]:
    """Documents of issues that a newer one of the same paper has followed: they turn no more by themselves."""
    every = [piece for piece in found if issue_of(piece) is not None]
    newest = {piece.release for piece in latest(every, 1)}
    return frozenset(piece.document for piece in every if piece.release not in newest)


def linked_by(found: Iterable[Piece]) -> frozenset[str]:
    """The documents that zones of these issues open."""
    zones = (zone for piece in found for block in piece.body.get("blocks", ()) for zone in block.get("zones", ()))
    return frozenset(zone["document"] for zone in zones if "document" in zone)
