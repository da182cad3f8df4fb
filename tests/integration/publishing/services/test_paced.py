"""Budgets of single calls: kept over a restart, each account and each path for itself, and shown when they run out."""

import datetime as dt
from collections.abc import Mapping

import pytest

from cms.contract import Channel, Piece, Prepared, Rate, Services, Spent, Target
from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.publishing.run import Again, Order, run_delivery
from cms.publishing.services.account import Account
from cms.publishing.services.budget import RowBudget
from cms.publishing.services.paced import PacedOutbound
from renderers.conformance.samples import make_piece
from renderers.conformance.world import World
from renderers.douyin import channel as douyin
from renderers.wechat import channel as wechat
from tests.contract.bulletin import BulletinPlatform, BulletinPost
from tests.unit.publishing.test_run import Dice, Notes, Shelf

T0 = dt.datetime(2026, 11, 23, 8, tzinfo=dt.UTC)
RATES = (
    Rate("/cgi-bin/draft/add", 2, dt.timedelta(days=1)),
    Rate("/cgi-bin/message/*", 1, dt.timedelta(minutes=1)),
)
BASE = "https://api.example.cn"


class Wire:
    """Answers everything."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.asked.append(url)
        return 200, {}, b"{}"


def opened(database: Database, clock: FixedClock, wire: Wire, account: str = "wx") -> PacedOutbound:
    """The client as a process makes it at its start."""
    return PacedOutbound(wire, RowBudget(Account(account, database, clock)), RATES, clock)


async def test_budget_of_a_path_survives_restarts_and_holds_no_other_path_or_account(sqlite: Database) -> None:
    clock, wire = FixedClock(T0), Wire()
    for _ in range(2):
        await opened(sqlite, clock, wire).request("POST", f"{BASE}/cgi-bin/draft/add?access_token=t", limit=10)
        clock.advance(dt.timedelta(hours=1))
    with pytest.raises(Spent, match="rate_spent") as spent:
        await opened(sqlite, clock, wire).request("POST", f"{BASE}/cgi-bin/draft/add", limit=10)
    assert spent.value.wait == dt.timedelta(hours=22)
    assert len(wire.asked) == 2
    await opened(sqlite, clock, wire).request("POST", f"{BASE}/cgi-bin/draft/batchget", limit=10)
    await opened(sqlite, clock, wire, "other").request("POST", f"{BASE}/cgi-bin/draft/add", limit=10)
    clock.advance(spent.value.wait)
    await opened(sqlite, clock, wire).request("POST", f"{BASE}/cgi-bin/draft/add", limit=10)


async def test_budget_of_a_family_of_paths_is_one(sqlite: Database) -> None:
    clock, wire = FixedClock(T0), Wire()
    await opened(sqlite, clock, wire).request("POST", f"{BASE}/cgi-bin/message/mass/sendall", limit=10)
    with pytest.raises(Spent):
        await opened(sqlite, clock, wire).request("POST", f"{BASE}/cgi-bin/message/mass/preview", limit=10)


async def test_delivery_whose_budget_is_spent_waits_as_long_and_loses_no_attempt() -> None:
    class Frugal(BulletinPost):
        async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared:
            raise Spent("publishing.rate_spent", wait=dt.timedelta(hours=3), path="/cgi-bin/draft/add", limit=2)

    order = Order("1", Target("wx", "bulletin", "公众号"), make_piece(1, at=T0))
    result = await run_delivery(
        order,
        Channel("bulletin", post=Frugal(BulletinPlatform())),
        World("bulletin").services,
        ledger=Notes(Dice(1, 0)),
        outputs=Shelf(),
        now=lambda: T0,
        seconds=5,
    )
    assert result == Again(
        "publishing.rate_spent", {"path": "/cgi-bin/draft/add", "limit": 2}, wait=dt.timedelta(hours=3)
    )


def test_calls_that_cannot_be_undone_have_a_budget_of_their_own() -> None:
    made = {rate.path for one in (wechat(), douyin()) for rate in one.rates}
    assert {"/cgi-bin/draft/add", "/cgi-bin/freepublish/submit", "/api/douyin/v1/video/create_video/"} <= made
