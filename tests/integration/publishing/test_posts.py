"""Posts over hours: platforms that review, accounts that wait to be mended, tasks of people, recalls amid it all."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import select, update

from cms.contract import (
    Accepted,
    Channel,
    Correction,
    Manual,
    NotSent,
    OutboundRefused,
    Outcome,
    Prepared,
    Receipt,
    Services,
    Target,
)
from cms.kernel.errors import Denied, Invalid, NotFound, Refused
from cms.people.actor import Actor, Grant
from cms.people.roles import Role
from cms.planning.models import Target as TargetRow
from cms.publishing.accounts import resume
from cms.publishing.deliveries import panel, retry, troubled
from cms.publishing.hints import look_now
from cms.publishing.models import Delivery, Receipt as Proof
from cms.publishing.states import DeliveryState
from cms.publishing.tasks import confirm, count_tasks, open_tasks, pack_of
from cms.publishing.worker import Worker, WorkerSettings
from tests.integration.publishing import office
from tests.integration.publishing.conftest import Office
from tests.integration.publishing.office import SUN, ZHAO
from tests.integration.publishing.test_worker import Account, publish
from tests.schema import on_both, sqlite_by_default

database_url = sqlite_by_default

OPERATOR = Actor(SUN.person, "sun", office.world.DISTRICT, (Grant(Role.OPERATOR, office.world.DISTRICT),))
PACK = "a" * 64


class Platform(Account):
    """An account whose platform says what the test wants, to sending, asking and taking back."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Outcome | Exception] = []
        self.taken: list[Receipt] = []
        self.asked: list[str] = []
        self.before_send: Callable[[], Awaitable[None]] | None = None
        self.calls = 0

    async def prepare(self, piece: office.contract.Piece, target: Target, services: Services) -> Prepared:
        if self.before_send is not None:
            await self.before_send()
        return await super().prepare(piece, target, services)

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        self.calls += 1
        if self.answers and isinstance(self.answers[0], Accepted):
            await super(Account, self).send(prepared, attempt, target, services)
        return await super().send(prepared, attempt, target, services)

    async def reconcile(self, attempt: str, target: Target, services: Services) -> Outcome:
        self.asked.append(attempt)
        answer = self.told.pop(0) if self.told else await super().reconcile(attempt, target, services)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def recall(self, post: str, target: Target, services: Services) -> Receipt:
        return self.taken.pop(0) if self.taken else await super().recall(post, target, services)


@pytest.fixture
async def platform(place: Office, monkeypatch: pytest.MonkeyPatch) -> Platform:
    made = Platform()
    place.shop = office.with_channel(place.shop, "wechat", Channel("wechat", post=made))
    monkeypatch.setattr("cms.planning.envelope.Allowed.check_targets", lambda _self, _targets: None)
    async with place.database.write() as session:
        unit = office.world.DISTRICT
        await office.add_target(session, None, code="wx", kind="wechat", name="公众号", unit=unit, now=place.now)
    return made


async def newest(place: Office) -> Delivery:
    async with place.database.read() as session:
        query = select(Delivery).order_by(Delivery.created_at.desc(), Delivery.priority.desc()).limit(1)
        return (await session.scalars(query)).one()


async def recall_it(place: Office, edition: uuid.UUID) -> None:
    document = await office.document_of(place.database, edition)
    await office.recall(place.database, place.guard, SUN, document.id, reason="误", now=place.now)


async def test_a_post_under_review_is_asked_about_ever_more_slowly_and_never_given_up(
    place: Office, platform: Platform
) -> None:
    edition = await office.approved(place.database)
    platform.answers = [Accepted("review")]
    platform.told = [Accepted("review") for _ in range(80)]
    await publish(place, edition, "wx")
    await place.work()
    row = await newest(place)
    waits = []
    for _ in range(80):
        assert (row.state, row.error_code, row.post) == (DeliveryState.REVIEWING, None, None)
        waits.append(row.not_before - place.now)
        place.clock.advance(waits[-1])
        await place.work()
        row = await newest(place)
    assert waits[0] == dt.timedelta(seconds=5)
    assert waits == sorted(waits)
    assert waits[-1] == dt.timedelta(minutes=10)
    async with place.database.read() as session:
        (line,) = await panel(session, edition)
        assert (line.detail["why"], line.may_retry) == ("review", True)
        assert line.since is not None
        assert await troubled(session, SUN) == []
    place.later(minutes=10)
    await place.work()
    row = await newest(place)
    assert (row.state, row.post, row.accepted_at, len(platform.posts)) == ("live", "post-0", None, 1)


async def test_trouble_while_asking_leaves_a_post_in_review_and_open(place: Office, platform: Platform) -> None:
    platform.answers = [Accepted("converting")]
    await publish(place, await office.approved(place.database), "wx")
    await place.work()
    platform.told = [OutboundRefused("publishing.outbound_too_slow")] * 25
    for _ in range(25):
        place.later(minutes=20)
        await place.work()
    row = await newest(place)
    assert (row.state, row.error_code) == ("reviewing", "publishing.outbound_too_slow")
    assert row.call is not None
    place.later(minutes=20)
    await place.work()
    row = await newest(place)
    assert (row.state, row.error_code, platform.calls) == ("live", None, 1)


async def test_a_hint_has_what_is_open_asked_about_at_once(place: Office, platform: Platform) -> None:
    platform.answers = [Accepted("review")]
    platform.told = [Accepted("review")]
    await publish(place, await office.approved(place.database), "wx", "site")
    await place.work()
    place.later(hours=2)
    await place.work()
    async with place.database.write() as session:
        assert await look_now(session, "site", now=place.now) == 0
        assert await look_now(session, "wx", now=place.now) == 1
    await place.work()
    assert {row.state for row in await rows(place)} == {"live"}


async def rows(place: Office) -> list[Delivery]:
    async with place.database.read() as session:
        return list((await session.scalars(select(Delivery).order_by(Delivery.created_at))).all())


async def test_asking_again_by_hand_stays_in_review(place: Office, platform: Platform) -> None:
    platform.answers = [Accepted("review")]
    await publish(place, await office.approved(place.database), "wx")
    await place.work()
    async with place.database.write() as session:
        row = await retry(session, SUN, (await newest(place)).id, now=place.now)
        assert row.state == "reviewing"
    await place.work()
    assert (await newest(place)).state == "live"


@on_both
async def test_a_recall_waits_for_the_platform_and_then_takes_back_what_went_live(
    place: Office, platform: Platform
) -> None:
    edition = await office.approved(place.database)
    platform.answers, platform.told = [Accepted("review")], [Accepted("review")]
    await publish(place, edition, "wx")
    await place.work()
    place.later(minutes=1)
    await recall_it(place, edition)
    await place.work()
    row = await newest(place)
    assert (row.kind, row.state, row.error_code) == ("recall", "retry", "publishing.platform_has_it")
    async with place.database.write() as session:
        assert await look_now(session, "wx", now=place.now) == 1
    await place.work()
    assert ((await newest(place)).state, platform.posts) == ("gone", {})
    assert all(row.call is None for row in await rows(place))


async def test_a_correction_settles_the_earlier_call_before_anything_is_sent(place: Office, platform: Platform) -> None:
    edition = await office.approved(place.database)
    platform.answers, platform.told = [Accepted("review")], [Accepted("review")]
    await publish(place, edition, "wx")
    await place.work()
    second = await office.corrected(place.database, edition, "新的标题", place.now)
    place.later(minutes=1)
    await publish(place, second, "wx")
    await place.work()
    assert ((await newest(place)).error_code, platform.calls) == ("publishing.platform_has_it", 1)
    place.later(minutes=20)
    await place.work()
    assert ((await newest(place)).state, list(platform.posts)) == ("live", ["post-0"])
    assert platform.calls == 1


@on_both
async def test_a_piece_recalled_while_it_is_made_is_never_sent(place: Office, platform: Platform) -> None:
    edition = await office.approved(place.database)

    async def recalled() -> None:
        platform.before_send = None
        place.later(seconds=1)
        await recall_it(place, edition)

    platform.before_send = recalled
    await publish(place, edition, "wx")
    await place.work()
    first, last = await rows(place)
    assert (first.state, first.error_code, last.state) == ("cancelled", "publishing.recalled", "gone")
    assert platform.calls == 0


@pytest.mark.parametrize("lease", [0.3])
async def test_minutes_of_making_end_when_a_recall_comes(place: Office, platform: Platform, lease: float) -> None:
    edition = await office.approved(place.database)
    inside, ended = asyncio.Event(), asyncio.Event()

    async def encodes() -> None:
        inside.set()
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    platform.before_send = encodes
    await publish(place, edition, "wx")
    rules = office.dataclasses.replace(office.DELIVERY, lease=dt.timedelta(seconds=lease))
    worker = Worker(place.shop, WorkerSettings("w", at_once=1, deliveries=rules))
    working = asyncio.create_task(worker.step())
    await inside.wait()
    place.later(seconds=lease / 4)
    await recall_it(place, edition)
    await asyncio.wait_for(ended.wait(), 10)
    await working
    assert [row.state for row in await rows(place)] == ["cancelled", "gone"]


@on_both
async def test_long_deliveries_leave_places_to_short_ones_and_recalls(place: Office, platform: Platform) -> None:
    gate, inside = asyncio.Event(), []

    async def encodes() -> None:
        inside.append(1)
        await gate.wait()

    platform.before_send = encodes
    long = Channel("wechat", post=platform, seconds=600)
    shop = office.with_channel(place.shop, "wechat", long)
    async with place.database.write() as session:
        unit = office.world.DISTRICT
        await office.add_target(session, None, code="wx2", kind="wechat", name="二号", unit=unit, now=place.now)
    gone = await office.approved(place.database)
    await publish(place, gone, "site")
    await place.work()
    await publish(place, await office.approved(place.database), "wx", "wx2", "site")
    place.later(seconds=1)
    worker = Worker(shop, WorkerSettings("w", at_once=2))
    working = asyncio.create_task(worker.run())
    async with asyncio.timeout(20):
        await until(lambda: live_at(place, "site", 2))
        # One place is held by minutes of work, and so is no other.
        await recall_it(place, gone)
        await until(lambda: is_any(place, "gone"))
    assert len(inside) == 1
    gate.set()
    async with asyncio.timeout(20):
        await until(lambda: live_at(place, "wx2", 1))
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)


async def live_at(place: Office, code: str, count: int) -> bool:
    async with place.database.read() as session:
        query = select(Delivery.id).join(TargetRow, TargetRow.id == Delivery.target_id)
        found = await session.scalars(query.where(TargetRow.code == code, Delivery.state == "live"))
        return len(found.all()) >= count


async def is_any(place: Office, state: str) -> bool:
    return state in {row.state for row in await rows(place)}


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    while not await true():  # noqa: ASYNC110 - rows of another task
        await asyncio.sleep(0.05)


async def test_what_only_an_administrator_can_mend_pauses_the_account_until_resumed(
    place: Office, platform: Platform
) -> None:
    shown = await office.approved(place.database)
    await publish(place, shown, "wx")
    await place.work()
    platform.answers = [NotSent("wechat.setup_address", retry=False, params={"address": "203.0.113.9"})]
    await publish(place, await office.approved(place.database), "wx")
    last = await office.approved(place.database)
    place.later(seconds=1)
    await publish(place, last, "wx")
    await place.work()
    for _ in range(5):
        place.later(minutes=30)
        await place.work()
    assert sorted(row.state for row in await rows(place)) == ["due", "failed", "live"]
    assert platform.calls == 2
    async with place.database.read() as session:
        target = (await session.scalars(select(TargetRow).where(TargetRow.code == "wx"))).one()
        trouble = {line.state.value: line for line in await troubled(session, SUN)}
        (waits,) = await panel(session, last)
    assert (target.paused_code, target.paused_params) == ("wechat.setup_address", {"address": "203.0.113.9"})
    assert (waits.paused, waits.may_retry, trouble["failed"].error_code) == (True, False, "wechat.setup_address")
    await recall_it(place, shown)
    await place.work()
    assert "gone" in {row.state for row in await rows(place)}
    async with place.database.write() as session:
        assert await resume(session, OPERATOR, "wx", now=place.now) == 2
    await place.work()
    assert sorted(row.state for row in await rows(place)) == ["gone", "live", "live", "live"]


async def test_an_account_is_resumed_only_by_who_manages_targets(place: Office, platform: Platform) -> None:
    async with place.database.write() as session:
        with pytest.raises(Denied):
            await resume(session, ZHAO, "wx", now=place.now)
        with pytest.raises(NotFound):
            await resume(session, OPERATOR, "nowhere", now=place.now)


def by_hand(**detail: object) -> Manual:
    return Manual(
        {"task": "wechat.task.post", "pack": PACK, "link": "https://mp.weixin.qq.com/", "ask": "url", **detail}
    )


@on_both
async def test_a_task_waits_for_a_person_and_their_address_settles_it(place: Office, platform: Platform) -> None:
    edition = await office.approved(place.database, title="要手动发的稿件")
    platform.answers = [by_hand()]
    await publish(place, edition, "wx")
    await place.work()
    row = await newest(place)
    async with place.database.read() as session:
        (task,) = await open_tasks(session, SUN, now=place.now)
        assert (task.title, task.is_late, task.line.state) == ("要手动发的稿件", False, "manual")
        assert await pack_of(session, SUN, row.id) == (PACK, f"wx-{str(row.id)[-8:]}")
        assert (await count_tasks(session, now=place.now))[0]["publish"] == 1
        with pytest.raises(Denied):
            await pack_of(session, ZHAO, row.id)
    wrong = {"": "post_url_missing", "http://mp.weixin.qq.com/s/1": "bad_post_url", "https://a b.cn/": "bad_post_url"}
    for url, code in wrong.items():
        async with place.database.write() as session:
            with pytest.raises(Invalid, match=code):
                await confirm(session, SUN, row.id, url=url, now=place.now)
    place.later(seconds=1)
    async with place.database.write() as session:
        await confirm(session, SUN, row.id, url=" https://mp.weixin.qq.com/s/1 ", now=place.now)
    async with place.database.read() as session:
        (line,) = await panel(session, edition)
        proofs = (await session.scalars(select(Proof).order_by(Proof.at, Proof.id))).all()
        assert await open_tasks(session, SUN, now=place.now) == []
        with pytest.raises(NotFound):
            await pack_of(session, SUN, row.id)
    assert (line.state, line.url, line.detail["by_name"]) == ("live", "https://mp.weixin.qq.com/s/1", "sun")
    assert [proof.state for proof in proofs] == ["manual", "live"]


async def test_what_a_person_posted_is_taken_down_by_a_person_and_late_after_a_day(
    place: Office, platform: Platform
) -> None:
    edition = await office.approved(place.database)
    platform.answers = [by_hand()]
    await publish(place, edition, "wx")
    await place.work()
    async with place.database.write() as session:
        await confirm(session, SUN, (await newest(place)).id, url="https://mp.weixin.qq.com/s/1", now=place.now)
    place.later(minutes=1)
    await recall_it(place, edition)
    await place.work()
    row = await newest(place)
    assert (row.kind, row.state) == ("recall", "manual")
    async with place.database.read() as session:
        (task,) = await open_tasks(session, SUN, now=place.now)
        assert task.line.detail["link"] == "https://mp.weixin.qq.com/s/1"
        late = place.now + dt.timedelta(days=1, seconds=1)
        assert (await open_tasks(session, SUN, now=late))[0].is_late
        assert await count_tasks(session, now=late) == ({**dict.fromkeys(_KINDS, 0), "recall": 1}, 1)
    async with place.database.write() as session:
        await confirm(session, SUN, row.id, now=place.now)
    assert (await newest(place)).state == "gone"


_KINDS = ("publish", "correct", "unpublish", "recall", "refresh")


async def test_a_task_that_was_recalled_before_it_was_done_still_asks_for_a_look(
    place: Office, platform: Platform
) -> None:
    edition = await office.approved(place.database)
    platform.answers = [by_hand()]
    await publish(place, edition, "wx")
    await place.work()
    first = await newest(place)
    place.later(minutes=1)
    await recall_it(place, edition)
    await place.work()
    async with place.database.read() as session:
        (task,) = await open_tasks(session, SUN, now=place.now)
        with pytest.raises(NotFound):
            await pack_of(session, SUN, first.id)
    assert task.line.kind == "recall"
    async with place.database.write() as session:
        with pytest.raises(Refused, match="replaced"):
            await confirm(session, SUN, first.id, url="https://mp.weixin.qq.com/s/1", now=place.now)


async def test_a_repost_goes_out_once_a_person_said_the_old_one_is_gone(place: Office, platform: Platform) -> None:
    platform.correction = Correction.REPOST
    edition = await office.approved(place.database)
    await publish(place, edition, "wx")
    await place.work()
    second = await office.corrected(place.database, edition, "新的标题", place.now)
    place.later(minutes=1)
    platform.taken = [Receipt("manual", place.now, ("post-0",), detail={"task": "wechat.task.delete", "ask": "none"})]
    await publish(place, second, "wx")
    await place.work()
    row = await newest(place)
    assert (row.state, platform.calls) == ("manual", 1)
    platform.posts.clear()
    async with place.database.write() as session:
        await confirm(session, SUN, row.id, now=place.now)
    await place.work()
    row = await newest(place)
    assert (row.state, platform.calls, len(platform.posts)) == ("live", 2, 1)


async def test_a_form_that_changed_since_it_was_signed_stops_for_a_person(place: Office, platform: Platform) -> None:
    edition = await office.approved(place.database)
    web = place.shop.channels["web"]
    other = office.dataclasses.replace(web, form=lambda piece, site: b"another form")
    shop = office.with_channel(place.shop, "web", other)
    await publish(place, edition, "site")
    await place.work(office.worker_of(shop))
    row = await newest(place)
    assert (row.state, row.error_code) == ("failed", "publishing.form_changed")
    async with place.database.write() as session:
        await session.execute(update(Delivery).values(state="retry", not_before=place.now))
    await place.work()
    assert (await newest(place)).state == "live"


async def test_a_switched_off_account_still_gets_recalls(place: Office, platform: Platform) -> None:
    edition = await office.approved(place.database)
    await publish(place, edition, "wx")
    await place.work()
    async with place.database.write() as session:
        await session.execute(update(TargetRow).where(TargetRow.code == "wx").values(active=False))
    place.later(minutes=1)
    await recall_it(place, edition)
    await place.work()
    assert ((await newest(place)).state, platform.posts) == ("gone", {})
