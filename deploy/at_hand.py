"""Commands that need the database say in one sentence that it is not there, instead of showing where we noticed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cms.kernel.errors import Unavailable

_SHOWN: Final = 200


@contextmanager
def database_at_hand() -> Iterator[None]:
    """Raises Unavailable `deploy.database_away` when it cannot be read: no server, no tables, no file."""
    try:
        yield
    except (SQLAlchemyError, OSError) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        # The driver's own words, on one line: an address of ours with its password is never among them.
        detail = " ".join(str(cause).split())[:_SHOWN] or type(cause).__name__
        raise Unavailable("deploy.database_away", detail=detail) from error
