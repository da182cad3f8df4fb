"""Rates and quotas of one account: exact over any window, and remembered over restarts."""

import datetime as dt

from sqlalchemy import select

from cms.kernel.clock import from_ms, to_ms
from cms.publishing.services.account import Account
from cms.publishing.services.models import AccountBudget


class RowBudget:
    """Implements `cms.contract.Budget` with the instants of the last period; limits here are thousands at most."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def take(self, name: str, *, limit: int, per: dt.timedelta, now: dt.datetime) -> dt.timedelta | None:
        here = (AccountBudget.account == self._account.name, AccountBudget.name == name)
        async with self._account.database.write() as session:
            row = await session.scalar(select(AccountBudget).where(*here).with_for_update())
            if row is None:
                row = AccountBudget(account=self._account.name, name=name, taken=[])
                session.add(row)
            taken = [ms for ms in row.taken if from_ms(ms) > now - per]
            if len(taken) >= limit:
                return from_ms(taken[-limit]) + per - now if limit else per
            row.taken = [*taken, to_ms(now)]
            return None
