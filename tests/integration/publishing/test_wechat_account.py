"""The WeChat channel with the core's own services, over real sockets: tokens, notes and journal are rows."""

import asyncio
import dataclasses
import datetime as dt
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from yarl import URL

from cms.contract import AssetFile, Piece, Sent, Services, Target
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.publishing.services.account import Account
from cms.publishing.services.addresses import Policy
from cms.publishing.services.assets import StoreAssets
from cms.publishing.services.budget import RowBudget
from cms.publishing.services.journal import RowJournal
from cms.publishing.services.lease import RowLease
from cms.publishing.services.outbound import GuardedOutbound
from cms.publishing.services.state import RowState
from cms.publishing.services.studio import StoreStudio
from cms.publishing.services.vault import SealedVault
from media.sandbox import Sandbox
from media.store import Store
from renderers.conformance.samples import make_piece
from renderers.conformance.world import SITE, World
from renderers.wechat.post import WeChatPost
from tests.fakes.stage.clock import RunningClock
from tests.fakes.stage.faults import Kind
from tests.fakes.stage.serving import serving
from tests.fakes.wechat.simulator import WeChat

NOW = dt.datetime(2026, 11, 26, 1, 0, tzinfo=dt.UTC)
KEY = bytes(range(32))
POST = WeChatPost()


@dataclass
class Bureau:
    simulator: WeChat
    services: Services
    target: Target
    journal: RowJournal
    store: Store

    async def piece(self, number: int, folder: Path) -> Piece:
        """A piece whose picture really lies in the store."""
        plain = make_piece(number, at=NOW)
        made = io.BytesIO()
        Image.linear_gradient("L").resize((1200, 630 + number)).convert("RGB").save(made, "JPEG")
        path = folder / f"{number}.jpg"
        path.write_bytes(made.getvalue())
        stored = await self.store.put(path, media_type="image/jpeg")
        assets = tuple(
            AssetFile(stored.sha256, stored.size, "image/jpeg", 1200, 630, plain.cover or "", name)
            for name in ("web-960-jpeg", "og")
        )
        return dataclasses.replace(plain, assets=assets)


@pytest.fixture
async def bureau(database: Database, tmp_path: Path) -> AsyncIterator[Bureau]:
    simulator = WeChat(RunningClock())
    simulator.publishing.plan.delay = 0.0
    async with serving(simulator) as base:
        url = URL(base)
        account = Account("t-wechat", database, SystemClock())
        store = await asyncio.to_thread(Store.open, (tmp_path / "store").as_uri())
        work = tmp_path / "work"
        work.mkdir()
        vault, journal = SealedVault(account, KEY), RowJournal(account)
        await vault.put("app_secret", simulator.account.secret)
        world = World("wechat")
        services = Services(
            site=SITE,
            line_ups=world,
            assets=StoreAssets(store, lambda _: False),
            search=world,
            vault=vault,
            state=RowState(account),
            lease=RowLease(account),
            budget=RowBudget(account),
            journal=journal,
            outbound=GuardedOutbound(Policy(exceptions=frozenset({(url.host or "", url.port or 0)}))),
            studio=StoreStudio(account, store, await Sandbox.detect(allow_unsandboxed=True), work),
            now=account.clock.now,
        )
        settings = {"appid": simulator.account.appid, "base_url": base}
        yield Bureau(simulator, services, Target("t-wechat", "wechat", "微信", settings=settings), journal, store)


async def test_two_pieces_at_once_share_a_token_and_are_published_once_each(bureau: Bureau, tmp_path: Path) -> None:
    pieces = [await bureau.piece(number, tmp_path) for number in (1, 2)]

    async def publish(number: int, piece: Piece) -> object:
        prepared = await POST.prepare(piece, bureau.target, bureau.services)
        return await POST.send(prepared, f"{number:032x}", bureau.target, bureau.services)

    outcomes = await asyncio.gather(*(publish(number, piece) for number, piece in enumerate(pieces)))
    assert all(isinstance(outcome, Sent) for outcome in outcomes), outcomes
    assert [bureau.simulator.visible(piece.title) for piece in pieces] == [1, 1]
    paths = [entry.path for entry in bureau.simulator.journal.entries]
    assert paths.count("/cgi-bin/stable_token") == 1
    assert bureau.simulator.journal.defects == []


async def test_lost_answers_over_sockets_end_in_one_article_and_a_recall(bureau: Bureau, tmp_path: Path) -> None:
    piece = await bureau.piece(3, tmp_path)
    prepared = await POST.prepare(piece, bureau.target, bureau.services)
    bureau.simulator.faults.plan("/cgi-bin/draft/add", Kind.CUT_AFTER)
    bureau.simulator.faults.plan("/cgi-bin/freepublish/submit", Kind.REDIRECT, after=True)
    outcome: object = await POST.send(prepared, "a" * 32, bureau.target, bureau.services)
    for number in range(8):
        if isinstance(outcome, Sent):
            break
        outcome = await POST.reconcile("a" * 32, bureau.target, bureau.services)
        if not isinstance(outcome, Sent):
            outcome = await POST.send(prepared, f"{number:032x}", bureau.target, bureau.services)
    assert isinstance(outcome, Sent), outcome
    counters = bureau.simulator.journal.counters
    assert (counters["drafts"], counters["publications"]) == (1, 1)
    receipt = await POST.recall(outcome.post, bureau.target, bureau.services)
    assert receipt.state == "gone"
    assert bureau.simulator.visible(piece.title) == 0
    rows = await bureau.journal.newest()
    shown = repr([row.fields for row in rows])
    assert bureau.simulator.account.secret not in shown
    assert bureau.simulator.tokens.stable[-1].value not in shown
    assert {"/cgi-bin/draft/add", "/cgi-bin/freepublish/submit", "/cgi-bin/freepublish/delete"} <= {
        row.fields["path"] for row in rows
    }
