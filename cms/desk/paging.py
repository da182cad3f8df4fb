"""Pages of a long list by their number: which one was asked for, and the addresses of its neighbours."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from cms.desk.visit import Visit

_DIGITS: Final = 6


def page_of(visit: Visit) -> int:
    """The number of the page asked for, from 0; 0 for anything that is no number."""
    given = visit.query("page")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= _DIGITS else 0


def pager_of(
    path: str, asked: Mapping[str, str], *, skip: int, shown: int, total: int, size: int
) -> dict[str, Any] | None:
    """What the component `pager` shows; None where everything is on one page."""
    if total <= size:
        return None
    at = skip // size
    kept = {name: value for name, value in asked.items() if value}

    def address(page: int) -> str:
        return f"{path}?{urlencode({**kept, 'page': page})}"

    return {
        "first": skip + 1,
        "last": skip + shown,
        "total": total,
        "earlier": address(at - 1) if at else "",
        "later": address(at + 1) if skip + shown < total else "",
    }
