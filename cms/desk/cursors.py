"""Where a list of pieces goes on, as a word of an address."""

import datetime as dt

from cms.content.queries import Cursor
from cms.desk.visit import as_uuid
from cms.kernel.errors import NotFound


def read_cursor(value: str) -> Cursor | None:
    """None for none. Raises NotFound `kernel.not_found` for what no list gave."""
    if not value:
        return None
    at, _, rest = value.partition("_")
    document, _, seq = rest.partition("_")
    try:
        return Cursor(dt.datetime.fromisoformat(at).astimezone(dt.UTC), as_uuid(document), int(seq or "0"))
    except (ValueError, OverflowError):
        raise NotFound("kernel.not_found") from None


def write_cursor(after: Cursor | None) -> str:
    """Empty at the end."""
    return f"{after.updated_at.isoformat()}_{after.document}_{after.seq}" if after else ""
