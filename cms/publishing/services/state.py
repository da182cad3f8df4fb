"""Small typed values of one account with compare-and-set: what a renderer must remember over a restart."""

from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.exc import IntegrityError

from cms.publishing.services.account import Account
from cms.publishing.services.models import AccountValue


class RowState:
    """Implements `cms.contract.AccountState`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def get(self, name: str) -> tuple[Any, int]:
        async with self._account.database.read() as session:
            row = await session.get(AccountValue, (self._account.name, name))
        return (None, 0) if row is None else (row.value, row.version)

    async def put(self, name: str, value: Any, *, version: int) -> bool:
        if version == 0:
            return await self._first(name, value)
        changed = (
            update(AccountValue)
            .where(
                AccountValue.account == self._account.name, AccountValue.name == name, AccountValue.version == version
            )
            .values(value=value, version=version + 1)
        )
        async with self._account.database.write() as session:
            result = await session.execute(changed)
        return isinstance(result, CursorResult) and result.rowcount == 1

    async def _first(self, name: str, value: Any) -> bool:
        row = {"account": self._account.name, "name": name, "value": value, "version": 1}
        here = (AccountValue.account == self._account.name, AccountValue.name == name)
        try:
            async with self._account.database.write() as session:
                if await session.scalar(select(AccountValue.version).where(*here)) is not None:
                    return False
                await session.execute(insert(AccountValue).values(**row))
        except IntegrityError:  # somebody else was faster between the two statements
            return False
        return True
