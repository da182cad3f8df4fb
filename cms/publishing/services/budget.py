"""Rates and quotas of one account: exact over any window, and remembered over restarts."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

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
            # First the row, then its lock: two that begin a budget at once must wait for each other, not fail.
            insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
            await session.execute(
                insert(AccountBudget)
                .values(account=self._account.name, name=name, taken=[])
                .on_conflict_do_nothing(index_elements=["account", "name"])
            )
            row = (await session.scalars(select(AccountBudget).where(*here).with_for_update())).one()
            taken = [ms for ms in row.taken if from_ms(ms) > now - per]
            if len(taken) >= limit:
                return from_ms(taken[-limit]) + per - now if limit else per
            row.taken = [*taken, to_ms(now)]
            return None
