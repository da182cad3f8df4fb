"""The journal of an account: every call to a platform, secrets masked before they reach a row."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import insert, select

from cms.kernel.ids import uuid7
from cms.publishing.services.account import Account
from cms.publishing.services.models import AccountEvent

MASK: Final = "***"
_LONGEST: Final = 2000
_SECRET_NAME = re.compile(r"(?i)secret|token|passw|authorization|cookie|api_?key|private|credential|ticket")
# The same words where they stand inside an address, a form body or a JSON text.
_SECRET_VALUE = re.compile(
    r"""(?ix)
    ( ["']? [a-z_-]* (?:secret|token|password|api_?key|credential|ticket) [a-z_-]* ["']? \s* [=:] \s* ["']? )
    [^\s"'&,;}<>]+
    """
)
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+[a-z0-9._~+/=-]{6,}")


class RowJournal:
    """Implements `cms.contract.Journal`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def record(self, event: str, **fields: object) -> None:
        now = self._account.clock.now()
        row = {"id": uuid7(now), "account": self._account.name, "at": now, "event": event[:80]}
        async with self._account.database.write() as session:
            await session.execute(insert(AccountEvent).values(**row, fields=masked(fields)))

    async def newest(self, limit: int = 100) -> Sequence[AccountEvent]:
        query = select(AccountEvent).where(AccountEvent.account == self._account.name)
        async with self._account.database.read() as session:
            return (await session.scalars(query.order_by(AccountEvent.at.desc()).limit(limit))).all()


def masked(fields: Mapping[str, object]) -> dict[str, Any]:
    """The fields as JSON values without secrets, wherever they hide: in a name, nested, in a text."""
    return {str(name): MASK if _SECRET_NAME.search(str(name)) else _value(value) for name, value in fields.items()}


def _value(value: object) -> Any:
    if isinstance(value, Mapping):
        return masked(value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_value(one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return _BEARER.sub(rf"\1 {MASK}", _SECRET_VALUE.sub(rf"\1{MASK}", text))[:_LONGEST]
