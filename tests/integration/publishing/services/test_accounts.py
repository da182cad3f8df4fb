"""Services of an account on both databases: they survive restarts, keep accounts apart, and settle races."""

import asyncio
import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import update

from cms.contract import AssetGone, Busy
from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.kernel.errors import Unavailable
from cms.publishing.services.account import Account
from cms.publishing.services.assets import StoreAssets
from cms.publishing.services.budget import RowBudget
from cms.publishing.services.journal import RowJournal
from cms.publishing.services.lease import RowLease
from cms.publishing.services.models import AccountSecret
from cms.publishing.services.state import RowState
from cms.publishing.services.vault import SealedVault
from media.store import Store

T0 = dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)
KEY = bytes(range(32))
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def account(database: Database) -> Account:
    return Account("wechat-main", database, FixedClock(T0))


async def test_a_secret_comes_back_and_is_not_in_the_row(account: Account) -> None:
    vault = SealedVault(account, KEY)
    assert await vault.get("app") is None
    await vault.put("app", "秘密one")
    await vault.put("app", "秘密two")
    assert await vault.get("app") == "秘密two"
    async with account.database.read() as session:
        row = await session.get(AccountSecret, ("wechat-main", "app"))
    assert row is not None
    assert b"two" not in row.sealed
    await vault.forget("app")
    assert await vault.get("app") is None


async def test_a_secret_moved_to_another_account_or_key_does_not_open(account: Account) -> None:
    await SealedVault(account, KEY).put("app", "one")
    with pytest.raises(Unavailable, match="vault_closed"):
        await SealedVault(account, bytes(32)).get("app")
    async with account.database.write() as session:
        await session.execute(update(AccountSecret).values(account="thief"))
    with pytest.raises(Unavailable, match="vault_closed"):
        await SealedVault(Account("thief", account.database, account.clock), KEY).get("app")


async def test_a_value_is_set_by_the_one_who_saw_the_last_version(account: Account) -> None:
    state = RowState(account)
    assert await state.get("token") == (None, 0)
    assert await state.put("token", {"v": 1}, version=0)
    assert not await state.put("token", {"v": 2}, version=0)
    assert await state.put("token", {"v": 3}, version=1)
    assert not await state.put("token", {"v": 4}, version=1)
    assert await RowState(account).get("token") == ({"v": 3}, 2)
    assert await RowState(Account("other", account.database, account.clock)).get("token") == (None, 0)


async def test_of_many_writers_of_one_version_exactly_one_wins(account: Account) -> None:
    state = RowState(account)
    for version in range(3):
        won = await asyncio.gather(*(state.put("n", i, version=version) for i in range(8)))
        assert sum(won) == 1


async def test_a_lease_is_held_by_one_until_it_is_given_back_or_runs_out(account: Account) -> None:
    clock = account.clock
    assert isinstance(clock, FixedClock)
    lease = RowLease(account)
    async with lease.hold("refresh", 30) as first:
        with pytest.raises(Busy):
            async with lease.hold("refresh", 30):
                pass
        clock.advance(dt.timedelta(seconds=31))
        async with lease.hold("refresh", 30) as second:
            assert second > first
    async with lease.hold("refresh", 30) as third:
        assert third > second


async def test_of_many_who_want_a_lease_one_gets_it(account: Account) -> None:
    inside = 0

    async def one() -> int:
        nonlocal inside
        try:
            async with RowLease(account).hold("x", 30):
                inside += 1
                assert inside == 1
                await asyncio.sleep(0.3)
                inside -= 1
                return 1
        except Busy:
            return 0

    assert sum(await asyncio.gather(*(one() for _ in range(5)))) == 1


async def test_a_budget_gives_its_limit_in_any_window_and_then_the_wait(account: Account) -> None:
    budget = RowBudget(account)
    for second in range(3):
        assert await budget.take("send", limit=3, per=MINUTE, now=T0 + dt.timedelta(seconds=second)) is None
    wait = await RowBudget(account).take("send", limit=3, per=MINUTE, now=T0 + dt.timedelta(seconds=10))
    assert wait == dt.timedelta(seconds=50)
    assert await budget.take("send", limit=3, per=MINUTE, now=T0 + MINUTE) is None
    assert await budget.take("send", limit=3, per=MINUTE, now=T0 + MINUTE) == dt.timedelta(seconds=1)


async def test_a_journal_line_is_kept_without_its_secret(account: Account) -> None:
    journal = RowJournal(account)
    await journal.record("call", url="https://x/?access_token=abcdef123456", status=200)
    (line,) = await journal.newest()
    assert line.event == "call"
    assert line.fields == {"url": "https://x/?access_token=***", "status": 200}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(f"file://{tmp_path}", min_free_bytes=0)


async def test_a_recalled_or_missing_file_is_gone_for_renderers(store: Store) -> None:
    recalled: set[str] = set()
    stored = await store.put(b"picture", media_type="image/webp")
    assets = StoreAssets(store, lambda sha: sha in recalled)
    assert await assets.read(stored.sha256) == b"picture"
    recalled.add(stored.sha256)
    for sha256 in (stored.sha256, "0" * 64, "../etc/passwd"):
        with pytest.raises(AssetGone):
            await assets.read(sha256)
