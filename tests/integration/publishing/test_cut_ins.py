"""What cuts into channels, from the two keys to the order a worker finds, and to the pages that listen."""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import functools
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from cms import contract
from cms.audit.models import AuditEvent
from cms.content.editing import create
from cms.content.kinds import Kind
from cms.contract import CutIn, Target
from cms.kernel.clock import to_ms
from cms.kernel.errors import Denied, DomainError
from cms.kernel.leases import Claim
from cms.kernel.metrics import CORE, Metrics
from cms.people.actor import Actor, Grant
from cms.people.roles import Role
from cms.planning.models import Target as TargetRow
from cms.planning.targets import add_target
from cms.publishing.context import read_context, take_turn
from cms.publishing.models import Delivery, Receipt
from cms.publishing.onair.board import Shown, orders
from cms.publishing.onair.budget import Rungs, cost_of
from cms.publishing.onair.cutting import USUAL, Wish, cut_in, end_cut_in, prepare_release
from cms.publishing.onair.jobs import READY, AirRoom, Tell, make_next, queued_texts
from cms.publishing.onair.models import AirJob, CutInKind, CutInRow
from cms.publishing.onair.showing import Message, messages
from cms.publishing.onair.waiting import show_made
from cms.publishing.publish import publish_now
from cms.publishing.recall import recall
from cms.publishing.refresh import request_refresh
from cms.publishing.urgent import bring_out
from cms.review.release import Press
from cms.review.submit import submit
from deploy.pushing import PortalPush
from media.errors import MediaRefused
from media.house import write_index
from media.store import Store
from renderers.tv import channel as tv_channel
from renderers.tv.plan import Plan, decode
from schedules.linear import slot_at
from tests.fakes.house_files import imagined
from tests.fakes.television import Recalled
from tests.integration.publishing import office
from tests.integration.publishing.conftest import Office
from tests.integration.publishing.office import HE, SUN, ZHAO, world

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PRESS = Press(world.DOMAIN, 1, dict.fromkeys(("screen", "web", "tv"), ()), lambda _kind, _piece: b"form")
CHANNELS = [Target(code, "tv", code) for code in ("channel-a", "channel-b")]
HOUR = dt.timedelta(hours=1)


@pytest.fixture
async def tv(place: Office) -> Office:
    """The office with two television channels."""
    async with place.database.write() as session:
        for one in CHANNELS:
            await add_target(session, None, code=one.code, kind="tv", name=one.name, unit=world.DISTRICT, now=place.now)
    return place


async def written(tv: Office, title: str, kind: Kind = Kind.NEWS) -> uuid.UUID:
    draft = office.draft(title, tv.now, not_after=tv.now + 48 * HOUR)
    whole = dataclasses.replace(draft, channels=("screen", "tv", "web"))
    async with tv.database.write() as session:
        unit = uuid.UUID(world.uuid_of("unit"))
        return (await create(session, ZHAO, kind=kind, unit=unit, draft=whole, now=tv.now)).id


async def emergency(tv: Office, title: str = "暴雨红色预警") -> uuid.UUID:
    """An urgent piece after both keys, brought out; its document."""
    edition = await written(tv, title)
    async with tv.database.write() as session:
        await submit(session, ZHAO, edition, press=PRESS, note="险情", urgent=True, now=tv.now)
    await office.signed_by(tv.database, SUN, edition, tv.now)
    await office.signed_by(tv.database, HE, edition, tv.now)
    async with tv.database.write() as session:
        await bring_out(session, HE, edition, now=tv.now)
    return (await office.document_of(tv.database, edition)).id


async def live(tv: Office, title: str, kind: Kind = Kind.NEWS) -> uuid.UUID:
    edition = await written(tv, title, kind)
    async with tv.database.write() as session:
        await submit(session, ZHAO, edition, press=PRESS, now=tv.now)
    await office.signed_by(tv.database, office.QIAN, edition, tv.now)
    await office.signed_by(tv.database, SUN, edition, tv.now)
    async with tv.database.write() as session:
        await publish_now(session, SUN, edition, targets=[one.code for one in CHANNELS], now=tv.now)
    return (await office.document_of(tv.database, edition)).id


async def on_air(tv: Office, channel: Target = CHANNELS[0]) -> tuple[CutIn, ...]:
    line_ups = tv.shop.services(channel).line_ups
    return (await line_ups.line_up(channel, start=tv.now, end=tv.now + HOUR)).cut_ins


async def refused(tv: Office, document: uuid.UUID, wish: Wish, who: Actor = SUN) -> str:
    with pytest.raises(DomainError) as raised:
        async with tv.database.write() as session:
            await cut_in(session, who, document, wish, now=tv.now)
    return raised.value.code


async def board(tv: Office) -> Sequence[Shown]:
    async with tv.database.read() as session:
        target = (await session.scalars(select(TargetRow).where(TargetRow.code == "channel-a"))).one()
        return await orders(session, target, now=tv.now)


async def test_second_key_puts_an_emergency_on_every_channel_with_one_picture(tv: Office) -> None:
    document = await emergency(tv)
    (cut,) = await on_air(tv)
    assert (cut.kind, cut.index, cut.until) == ("emergency", "", tv.now + USUAL)
    assert cut.piece is not None
    assert cut.piece.title == "暴雨红色预警"
    specs: list[Mapping[str, Any]] = []

    async def make(_kind: str, spec: Mapping[str, Any], _tell: Tell) -> str:
        specs.append(spec)
        return "ab" * 32

    room = AirRoom(tv.database, tv.clock, "w", make, show_made, Metrics(CORE))
    assert await make_next(room)
    assert not await make_next(room), "one picture for both channels"
    assert [spec["title"] for spec in specs] == ["暴雨红色预警"]
    assert [(await on_air(tv, one))[0].index for one in CHANNELS] == ["ab" * 32] * 2
    async with tv.database.read() as session:
        rows = (await session.scalars(select(Delivery).where(Delivery.document_id.is_(None)))).all()
        events = (await session.scalars(select(AuditEvent.action).where(AuditEvent.action.like("cut_in.%")))).all()
    assert {row.priority for row in rows} == {90}, "the lane of what takes off, behind recalls"
    assert sorted(events) == ["cut_in.begin"] * 2
    (told,) = await board(tv)
    assert (told.title, told.who, told.ready, told.is_on(tv.now)) == ("暴雨红色预警", "he", True, True)
    # Another channel later: the same words are there already.
    async with tv.database.write() as session:
        await cut_in(session, SUN, document, Wish(CutInKind.EMERGENCY, ("channel-a",)), now=tv.now)
    assert not await make_next(room)


class Drawer:
    """A studio and a maker without an encoder: pictures whose bytes nobody asks for."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def make(self, key: str, work: object, *, media_type: str) -> contract.Made:
        assert work
        assert media_type
        told = write_index(imagined(key, segments=1))
        return await self._kept(told + f"{len(told):08d}".encode())

    async def picture(self, _kind: str, spec: Mapping[str, Any], _tell: Tell) -> str:
        return (await self._kept(write_index(imagined(spec["title"], segments=1)))).sha256

    async def _kept(self, data: bytes) -> contract.Made:
        stored = await self.store.put(data, media_type="application/json")
        return contract.Made(stored.sha256, stored.size)


async def test_emergency_from_the_first_key_to_the_plan_is_on_air_at_the_next_slot(tv: Office) -> None:
    drawer = Drawer(tv.store)
    channels = await asyncio.to_thread(lambda: {**office.CHANNELS, "tv": tv_channel()})
    shop = office.shop_of(tv.database, tv.clock, tv.store, guard=tv.guard, channels=channels)
    plain = shop.services
    shop = dataclasses.replace(shop, services=lambda one: dataclasses.replace(plain(one), studio=drawer))
    worker = office.worker_of(shop)
    async with tv.database.write() as session:
        await request_refresh(session, kind="tv", reason="test", now=tv.now)
    await tv.work(worker)
    edition = await written(tv, "暴雨红色预警")
    async with tv.database.write() as session:
        row = await submit(session, ZHAO, edition, press=PRESS, note="险情", urgent=True, now=tv.now)
        await prepare_release(session, row.text, now=tv.now)
    room = AirRoom(tv.database, tv.clock, "w", drawer.picture, show_made)
    assert await make_next(room), "while the keys are asked for"
    await office.signed_by(tv.database, SUN, edition, tv.now)
    await office.signed_by(tv.database, HE, edition, tv.now)
    assert not [over for one in CHANNELS for over in (await plan_of(tv, one)).overrides]
    async with tv.database.write() as session:
        await bring_out(session, HE, edition, now=tv.now)
    await tv.work(worker)
    here = slot_at(to_ms(tv.now))
    plans = [await plan_of(tv, one) for one in CHANNELS]
    assert [[over.start for over in plan.overrides] for plan in plans] == [[here + 1]] * 2
    assert len({plan.items[plan.overrides[0].item].index for plan in plans}) == 1, "one file for both"
    async with tv.database.write() as session:
        key = (await session.scalars(select(CutInRow.id).order_by(CutInRow.id).limit(1))).one()
        tv.later(seconds=3.84 * 5)
        await end_cut_in(session, SUN, key, now=tv.now)
    await tv.work(worker)
    ends = sorted([(await plan_of(tv, one)).overrides[0].end for one in CHANNELS])
    assert ends[0] == here + 5 + 1
    assert ends[1] > here + 1000


async def plan_of(tv: Office, channel: Target) -> Plan:
    return decode((await tv.page(f"/tv/{channel.code}/plan.json") or "").encode())


async def test_order_plans_the_channel_anew_and_draws_no_page(tv: Office) -> None:
    await emergency(tv)
    async with tv.database.write() as session:
        row = (await session.scalars(select(Delivery).where(Delivery.document_id.is_(None)).limit(1))).one()
        row.fence = 1
        await session.flush()
        held = Claim(row.id, 1, 1, "w")
        turn = await take_turn(session, held)
        assert (await read_context(session, held, turn, tv.now)).order.full, "nothing was ever rendered"
        receipt = {"id": uuid.uuid4(), "delivery_id": row.id, "target_id": row.target_id, "state": "live"}
        session.add(Receipt(**receipt, at=tv.now, places=[], detail={}))
        await session.flush()
        order = (await read_context(session, held, turn, tv.now)).order
        assert (order.full, order.piece, order.removed) == (False, None, None)


async def test_only_what_is_live_and_right_for_it_may_cut_in(tv: Office) -> None:
    news = await live(tv, "一篇新闻")
    assert await refused(tv, news, Wish(CutInKind.EMERGENCY, ("channel-a",))) == "publishing.cut_in_not_urgent"
    assert await refused(tv, news, Wish(CutInKind.INSERT, ("channel-a",))) == "publishing.cut_in_no_video"
    assert await refused(tv, news, Wish(CutInKind.TEXT, ("channel-a",))) == "publishing.crawl_not_notice"
    assert await refused(tv, news, Wish(CutInKind.INSERT, ("site",))) == "publishing.cut_in_no_channel"
    draft = (await office.document_of(tv.database, await written(tv, "没有审过"))).id
    assert await refused(tv, draft, Wish(CutInKind.INSERT, ("channel-a",))) == "publishing.cut_in_not_live"
    late = Wish(CutInKind.EMERGENCY, ("channel-a",), until=tv.now + 25 * HOUR)
    assert await refused(tv, news, late) == "publishing.cut_in_times"
    past = Wish(CutInKind.INSERT, ("channel-a",), start=tv.now - HOUR)
    assert await refused(tv, news, past) == "publishing.cut_in_times"
    assert await refused(tv, news, Wish(CutInKind.INSERT, ("channel-a",)), ZHAO) == "people.denied.role"


async def test_crawl_is_paid_for_before_it_is_saved_and_shown_as_it_gets_ready(tv: Office) -> None:
    news = await live(tv, "停水通知", Kind.NOTICE)
    text = functools.partial(Wish, CutInKind.TEXT, ("channel-a",))
    assert await refused(tv, news, text(length=HOUR)) == "publishing.crawl_too_dear"
    assert await refused(tv, news, text(start=tv.now)) == "publishing.crawl_too_soon"
    minute = dt.timedelta(minutes=1)
    cost = cost_of(minute, Rungs.ALL)
    async with tv.database.write() as session:
        (row,) = await cut_in(session, SUN, news, text(length=minute, rungs=Rungs.ALL), now=tv.now)
    assert (row.start_at, row.until) == (tv.now + cost.ahead, tv.now + cost.ahead + minute)
    assert round(cost.core_seconds) == 84
    behind = dt.timedelta(seconds=30 + 30 * 0.55 + 84)
    assert await refused(tv, news, text(start=tv.now + behind - dt.timedelta(seconds=1))) == "publishing.crawl_too_soon"
    with contextlib.suppress(InterruptedError):
        async with tv.database.write() as session:
            (second,) = await cut_in(session, SUN, news, text(), now=tv.now)
            assert second.start_at == tv.now + behind, "what others ordered before is made before"
            raise InterruptedError
    seen: list[tuple[int, ...]] = []

    async def make(_kind: str, spec: Mapping[str, Any], tell: Tell) -> None:
        await tell(0, 8, None)
        await tell(4, 8, (100, 4, "1.1", 7, "ab" * 32))
        (cut,) = await on_air(tv)
        seen.append(tuple(laid.start for laid in cut.laid))
        if not spec[READY]:
            raise MediaRefused("media.store_failed")

    room = AirRoom(tv.database, tv.clock, "w", make, show_made)
    assert not await make_next(room, kinds=(CutInKind.EMERGENCY,))
    assert await make_next(room)
    async with tv.database.read() as session:
        assert await queued_texts(session) == pytest.approx(42), "half of it is made"
    tv.later(minutes=10)
    assert await make_next(room), "again, with what was ready"
    assert seen == [(100,), (100,)]
    async with tv.database.read() as session:
        job = (await session.scalars(select(AirJob))).one()
    assert (job.state, job.done, job.total, len(job.parts)) == ("ready", 4, 8, 1)


async def test_picture_that_cannot_be_made_is_said_to_people(tv: Office) -> None:
    await emergency(tv)

    async def make(_kind: str, _spec: Mapping[str, Any], _tell: Tell) -> str:
        raise ZeroDivisionError

    room = AirRoom(tv.database, tv.clock, "w", make, show_made, Metrics(CORE))
    while await make_next(room):
        assert not (await board(tv))[0].ready
        tv.later(minutes=15)
    (told,) = await board(tv)
    assert (told.failed, told.ready) == (True, False)


async def test_whoever_may_recall_may_end_it_and_an_editor_may_not(tv: Office) -> None:
    await emergency(tv)
    async with tv.database.read() as session:
        key = (await session.scalars(select(CutInRow.id).order_by(CutInRow.id))).first()
    assert key is not None
    with pytest.raises(Denied):
        async with tv.database.write() as session:
            await end_cut_in(session, ZHAO, key, now=tv.now)
    reviewer = Actor(office.QIAN.person, "qian", world.DISTRICT, (Grant(Role.REVIEWER, world.DISTRICT),))
    async with tv.database.write() as session:
        row = await end_cut_in(session, reviewer, key, now=tv.now)
        target = await session.get_one(TargetRow, row.target_id)
    (cut,) = await on_air(tv, Target(target.code, "tv", target.name))
    assert cut.ended


async def test_chief_of_another_unit_has_the_picture_made_and_seizes_no_channel(tv: Office) -> None:
    async with tv.database.write() as session:
        for row in (await session.scalars(select(TargetRow).where(TargetRow.kind == "tv"))).all():
            row.unit_path = "/elsewhere/"
    await emergency(tv)
    assert await on_air(tv) == ()
    async with tv.database.read() as session:
        assert len((await session.scalars(select(AirJob))).all()) == 1


async def test_page_hears_an_emergency_and_its_recall_over_one_socket(tv: Office) -> None:
    recalled = Recalled()
    metrics = Metrics(CORE)

    async def read(now: dt.datetime) -> Sequence[Message]:
        async with tv.database.read() as session:
            return await messages(session, now=now)

    push = PortalPush(
        read,
        tv.clock,
        recalled,
        metrics,
        known=lambda code: code.startswith("channel-"),
        base_url="http://tv.example",
        most=2,
    )
    app = web.Application()
    app.add_routes(push.routes())
    server = TestServer(app)
    await server.start_server()
    try:
        async with aiohttp.ClientSession() as client:
            await _heard(tv, push, client, server, recalled)
    finally:
        await server.close()
    assert "yunping_portal_listeners 0.0" in metrics.text().decode()


async def _heard(
    tv: Office, push: PortalPush, client: aiohttp.ClientSession, server: TestServer, recalled: Recalled
) -> None:
    url = server.make_url("/tv/channel-a/push")
    for origin, status in (("http://elsewhere.example", 403), (None, 404)):
        path = url if origin else server.make_url("/tv/nothing/push")
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await client.ws_connect(path, origin=origin)
        assert refusal.value.status == status
    async with client.ws_connect(url, origin="http://tv.example") as page, client.ws_connect(url) as box:
        assert [await one.receive_json() for one in (page, box)] == [{"alerts": []}] * 2
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await client.ws_connect(url)
        assert refusal.value.status == 503, "bounded"
        document = await emergency(tv)
        await push.look()
        for one in (page, box):
            (alert,) = (await one.receive_json())["alerts"]
            assert (alert["title"], alert["text"]) == ("暴雨红色预警", "一句话摘要")
        async with client.get(server.make_url("/tv/channel-b/alerts.json")) as polled:
            assert (await polled.json())["alerts"][0]["title"] == "暴雨红色预警"
        (cut,) = await on_air(tv)
        assert cut.piece is not None
        recalled.releases = frozenset({cut.piece.release})
        await push.look()
        assert await page.receive_json() == {"alerts": []}
        await box.send_str("words")
        assert (await box.receive()).type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.CLOSE}
    recalled.releases = frozenset()
    await recall(tv.database, tv.guard, SUN, document, reason="险情已解除", now=tv.later(minutes=1))
    await push.look()
    async with client.get(server.make_url("/tv/channel-a/alerts.json")) as polled:
        assert await polled.json() == {"alerts": []}
