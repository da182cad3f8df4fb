"""The worker in trouble: channels that break, hang or are missing, leases that are lost, and what a person sees."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import uuid

import pytest
from sqlalchemy import select, update

from cms.contract import Channel, Delta, Files, NotSent, Outcome, Prepared, Services, Target
from cms.kernel.errors import Denied, NotFound, Refused
from cms.kernel.messages import catalogue
from cms.kernel.wake import Wake
from cms.people.actor import Grant
from cms.publishing.deliveries import panel, retry, troubled, waiting
from cms.publishing.models import Delivery, Receipt
from cms.publishing.publish import publish_now
from cms.publishing.refresh import request_refresh
from cms.publishing.states import DeliveryState
from cms.publishing.tasks import confirm
from cms.publishing.worker import Worker, WorkerSettings
from renderers.web.render import WebDisplay
from tests.integration.publishing import office
from tests.integration.publishing.conftest import Office
from tests.integration.publishing.office import SUN, ZHAO, with_channel
from tests.unit.publishing.test_run import Dice, Platform


class Moody(WebDisplay):
    """The site's display, which breaks, hangs, or waits to be told to go on."""

    def __init__(self) -> None:
        self.breaks = 0
        self.hangs = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.inside = asyncio.Event()
        self.renders = 0

    async def render(self, delta: Delta, services: Services, now: dt.datetime) -> Files:
        self.renders += 1
        self.inside.set()
        if self.breaks:
            self.breaks -= 1
            raise KeyError("a defect")
        if self.hangs:
            self.hangs -= 1
            await asyncio.sleep(60)
        await self.gate.wait()
        return await super().render(delta, services, now)


async def publish(place: Office, edition: uuid.UUID, *targets: str) -> None:
    async with place.database.write() as session:
        await publish_now(session, SUN, edition, targets=targets or ("site",), now=place.now)


async def only(place: Office) -> Delivery:
    async with place.database.read() as session:
        return (await session.scalars(select(Delivery))).one()


async def test_a_channel_that_breaks_is_tried_again_and_others_go_on(place: Office) -> None:
    display = Moody()
    display.breaks = 2
    shop = with_channel(place.shop, "web", Channel("web", display=display))
    await publish(place, await office.approved(place.database), "site", "street")
    await place.work(office.worker_of(shop))
    async with place.database.read() as session:
        lines = {line.target: line for line in await panel(session, (await only_edition(place)))}
        assert await waiting(session) == 1
        (trouble,) = await troubled(session, SUN)
        elsewhere = dataclasses.replace(SUN, grants=tuple(Grant(one.role, "/999999/") for one in SUN.grants))
        assert await troubled(session, elsewhere) == []
    assert lines["street"].state == "live"
    assert (lines["site"].state, lines["site"].error_code) == ("retry", "publishing.channel_defect")
    assert lines["site"].next_at is not None
    assert trouble.target == "site"
    for _ in range(2):
        place.later(minutes=1)
        await place.work(office.worker_of(shop))
    async with place.database.read() as session:
        lines = {line.target: line for line in await panel(session, (await only_edition(place)))}
    assert (lines["site"].state, lines["site"].attempts, lines["site"].error_code) == ("live", 3, None)


async def only_edition(place: Office) -> uuid.UUID:
    async with place.database.read() as session:
        found = (await session.scalars(select(Delivery.edition_id).limit(1))).one()
    assert found is not None
    return found


async def test_every_trouble_on_a_delivery_has_a_sentence_and_a_next_step(place: Office) -> None:
    display = Moody()
    display.hangs = 1
    shop = with_channel(place.shop, "web", Channel("web", display=display))
    await publish(place, await office.approved(place.database))
    await place.work(office.worker_of(shop, seconds=0.1))
    row = await only(place)
    assert row.error_code == "publishing.too_slow"
    texts = await asyncio.to_thread(catalogue)
    for language in ("zh-CN", "en"):
        said = texts.error(language, row.error_code, row.error_params)
        assert said.text
        assert said.next


async def test_a_missing_channel_fails_until_it_is_installed_and_retried(place: Office) -> None:
    edition = await office.approved(place.database)
    await publish(place, edition)
    without = {kind: channel for kind, channel in place.shop.channels.items() if kind != "web"}
    bare = office.dataclasses.replace(place.shop, channels=without)
    await place.work(office.worker_of(bare))
    row = await only(place)
    assert (row.state, row.error_code) == ("failed", "publishing.no_channel")
    with pytest.raises(Denied):
        async with place.database.write() as session:
            await retry(session, ZHAO, row.id, now=place.now)
    with pytest.raises(NotFound):
        async with place.database.write() as session:
            await retry(session, SUN, uuid.uuid4(), now=place.now)
    async with place.database.write() as session:
        await retry(session, SUN, row.id, now=place.now)
    await place.work()
    assert (await only(place)).state == "live"
    with pytest.raises(Refused, match="not_stuck"):
        async with place.database.write() as session:
            await retry(session, SUN, row.id, now=place.now)


async def test_a_worker_that_lost_its_lease_writes_nothing(place: Office) -> None:
    display = Moody()
    display.gate.clear()
    shop = with_channel(place.shop, "web", Channel("web", display=display))
    await publish(place, await office.approved(place.database))
    slow = asyncio.create_task(office.worker_of(shop, "slow").step())
    await display.inside.wait()
    place.later(seconds=30)
    display.gate.set()
    fast = office.worker_of(place.shop, "fast")
    await place.work(fast)
    await slow
    async with place.database.read() as session:
        receipts = (await session.scalars(select(Receipt))).all()
    assert len(receipts) == 1
    assert (await only(place)).state == "live"


async def test_a_delivery_that_keeps_killing_its_workers_is_put_away_and_others_go_on(place: Office) -> None:
    poison, good = await office.approved(place.database), await office.approved(place.database)
    await publish(place, poison, "site")
    claims = []
    for _ in range(5):
        async with place.database.write() as session:
            claims = await office.leases.claim(session, Delivery, office.DELIVERY, owner="x", now=place.now)
        place.later(seconds=21)
    await publish(place, good, "site")
    await place.work()
    async with place.database.read() as session:
        (bad,) = await panel(session, poison)
        (fine,) = await panel(session, good)
    assert len(claims) == 1
    assert (bad.state, bad.error_code) == ("failed", "publishing.poisoned")
    assert fine.state == "live"


async def test_a_worker_that_runs_is_woken_by_a_commit(place: Office) -> None:
    wake = Wake(place.database)
    place.clock.advance(dt.timedelta(seconds=1))
    worker = Worker(place.shop, WorkerSettings(owner="w", poll=30), wake)
    tasks = [asyncio.create_task(wake.run()), asyncio.create_task(worker.run())]
    await asyncio.sleep(0.3)
    await publish(place, await office.approved(place.database))
    rung = 0
    async with asyncio.timeout(10):
        while (await only(place)).state != "live":
            rung = await wake.after(rung)
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_refresh_is_asked_for_once_until_it_is_done(place: Office) -> None:
    await publish(place, await office.approved(place.database), "street")
    await place.work()
    async with place.database.write() as session:
        assert await request_refresh(session, kind="screen", reason="paired", now=place.now) is not None
        assert await request_refresh(session, kind="screen", reason="moved", now=place.now) is None
    assert await place.work() == 1
    async with place.database.write() as session:
        assert await request_refresh(session, kind="screen", reason="paired", now=place.now) is not None


async def test_each_day_timelines_are_made_anew_and_the_next_day_is_planned(place: Office) -> None:
    await publish(place, await office.approved(place.database), "site", "street")
    await office.worker_of(place.shop).plan()
    await place.work()
    for _ in range(3):
        place.later(days=1)
        await place.work()
    async with place.database.read() as session:
        rows = (await session.scalars(select(Delivery).where(Delivery.kind == "refresh"))).all()
    assert [row.state for row in rows] == ["live"] * 3
    assert len({row.target_id for row in rows}) == 1


class Account(Platform):
    """A platform account as a channel."""

    def __init__(self, *answers: Outcome) -> None:
        super().__init__(Dice(0, 0))
        self.answers = list(answers)

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        if self.answers:
            return self.answers.pop(0)
        return await super().send(prepared, attempt, target, services)


@pytest.fixture
async def account(place: Office, monkeypatch: pytest.MonkeyPatch) -> Account:
    """A target of a post channel that pieces for the web may go to."""
    made = Account()
    shown = {**place.shop.channels, "wechat": Channel("wechat", post=made)}
    place.shop = office.dataclasses.replace(place.shop, channels=shown)
    monkeypatch.setattr("cms.planning.envelope.Allowed.check_targets", lambda _self, _targets: None)
    async with place.database.write() as session:
        unit = office.world.DISTRICT
        await office.add_target(session, None, code="wx", kind="wechat", name="公众号", unit=unit, now=place.now)
    return made


async def test_a_post_reaches_its_account_once_and_is_recalled_by_its_id(place: Office, account: Account) -> None:
    edition = await office.approved(place.database)
    await publish(place, edition, "wx")
    await place.work()
    row = await only(place)
    assert (row.state, row.post, len(account.posts)) == ("live", "post-0", 1)
    second = await office.corrected(place.database, edition, "新的标题", place.now)
    place.later(minutes=1)
    await publish(place, second, "wx")
    await place.work()
    assert list(account.posts) == ["post-0"]
    place.later(minutes=1)
    document = await office.document_of(place.database, edition)
    await office.recall(place.database, place.guard, SUN, document.id, reason="误", now=place.now)
    await place.work()
    assert account.posts == {}


async def test_a_post_past_its_hour_waits_for_a_person(place: Office, account: Account) -> None:
    await publish(place, await office.approved(place.database), "wx")
    place.later(minutes=61)
    await place.work()
    row = await only(place)
    assert (row.state, row.error_code, account.posts) == (DeliveryState.MISSED, "publishing.too_late", {})
    async with place.database.write() as session:
        await retry(session, SUN, row.id, now=place.now)
    await place.work()
    assert (await only(place)).state == "live"


async def test_a_refused_post_fails_and_may_be_done_by_hand(place: Office, account: Account) -> None:
    account.answers = [NotSent("wechat.content", retry=False)]
    await publish(place, await office.approved(place.database), "wx")
    await place.work()
    row = await only(place)
    assert (row.state, row.error_code) == ("failed", "wechat.content")
    async with place.database.write() as session:
        await confirm(session, SUN, row.id, url="https://mp.example/1", now=place.now)
    async with place.database.read() as session:
        (line,) = await panel(session, row.edition_id)  # type: ignore[arg-type]
    assert (line.state, line.url) == ("live", "https://mp.example/1")


async def test_a_lost_answer_is_settled_by_asking_and_never_by_sending_again(place: Office, account: Account) -> None:
    class Lossy(Account):
        async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
            await super().send(prepared, attempt, target, services)
            return office.contract.Unknown("reset")

    lossy = Lossy()
    shop = with_channel(place.shop, "wechat", Channel("wechat", post=lossy))
    await publish(place, await office.approved(place.database), "wx")
    await place.work(office.worker_of(shop))
    assert (await only(place)).state == "unknown"
    place.later(minutes=1)
    await place.work(office.worker_of(shop))
    assert ((await only(place)).state, len(lossy.posts)) == ("live", 1)


async def test_the_frozen_payload_of_a_post_is_what_a_retry_sends(place: Office, account: Account) -> None:
    account.answers = [NotSent("wechat.busy", retry=True)]
    await publish(place, await office.approved(place.database), "wx")
    await place.work()
    async with place.database.write() as session:
        await session.execute(update(Delivery).values(not_before=place.now))
    await place.work()
    row = await only(place)
    assert row.payload is not None
    assert account.made == 1
    assert b"prepared 1" in next(iter(account.posts.values()))[1]
