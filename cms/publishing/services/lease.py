"""One holder at a time of something of an account, across processes: refreshing a token, sending to a platform."""

import contextlib
import datetime as dt
import secrets
from collections.abc import AsyncIterator

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from cms.contract import Busy
from cms.publishing.services.account import Account
from cms.publishing.services.models import AccountLease


class RowLease:
    """Implements `cms.contract.Lease`."""

    def __init__(self, account: Account) -> None:
        self._account = account

    @contextlib.asynccontextmanager
    async def hold(self, name: str, seconds: float) -> AsyncIterator[int]:
        """Yields the fence number.

        Raises:
            Busy: `publishing.lease_busy` when it is held elsewhere.
        """
        owner = secrets.token_hex(16)
        try:
            fence = await self._take(name, owner, dt.timedelta(seconds=seconds))
        except IntegrityError:
            fence = None
        if fence is None:
            raise Busy("publishing.lease_busy", account=self._account.name, name=name)
        try:
            yield fence
        finally:
            await self._give_back(name, owner)

    async def _take(self, name: str, owner: str, length: dt.timedelta) -> int | None:
        now = self._account.clock.now()
        here = (AccountLease.account == self._account.name, AccountLease.name == name)
        async with self._account.database.write() as session:
            row = await session.scalar(select(AccountLease).where(*here).with_for_update())
            if row is None:
                row = AccountLease(account=self._account.name, name=name, owner=owner, until=now + length, fence=1)
                session.add(row)
            elif row.owner is not None and row.until > now:
                return None
            else:
                row.owner, row.until, row.fence = owner, now + length, row.fence + 1
            return row.fence

    async def _give_back(self, name: str, owner: str) -> None:
        async with self._account.database.write() as session:
            mine = (
                AccountLease.account == self._account.name,
                AccountLease.name == name,
                AccountLease.owner == owner,
            )
            await session.execute(update(AccountLease).where(*mine).values(owner=None))
