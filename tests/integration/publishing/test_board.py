"""Accounts over weeks: what the board says of them, another try of everything, upkeep once a day, own words sent."""

import dataclasses
import datetime as dt
import uuid
from typing import Any

import pytest
from sqlalchemy import select

from cms.content.editing import create
from cms.content.kinds import Kind
from cms.contract import Channel, ContractError, NotSent, Piece, Prepared, Quota, Services, Standing, Target
from cms.kernel.errors import Denied, Refused
from cms.notices.models import Alarm, Notice
from cms.people.actor import Actor, Grant
from cms.people.roles import Role
from cms.planning.models import Target as TargetRow
from cms.planning.targets import target_of
from cms.publishing.accounts import retry_account
from cms.publishing.board import AccountLine, account_lines
from cms.publishing.line_ups import RowLineUps
from cms.publishing.services.account import Account as Named
from cms.publishing.services.journal import RowJournal
from cms.publishing.upkeep import keep_due
from tests.integration.publishing import office
from tests.integration.publishing.conftest import Office
from tests.integration.publishing.office import HE, SUN, ZHAO
from tests.integration.publishing.test_worker import Account, publish

WEB_BODY = {"schema": 1, "blocks": [{"id": "b_aaaaaaaaaaaa", "type": "paragraph", "text": [{"t": "网站读者的正文。"}]}]}
OPERATOR = Actor(SUN.person, "sun", office.world.DISTRICT, (Grant(Role.OPERATOR, office.world.DISTRICT),))


class Remembering(Account):
    """An account that keeps the pieces it was to prepare."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Piece] = []

    async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared:
        self.given.append(piece)
        return await super().prepare(piece, target, services)


@pytest.fixture
async def account(place: Office, monkeypatch: pytest.MonkeyPatch) -> Remembering:
    made = Remembering()
    place.shop = office.with_channel(place.shop, "wechat", Channel("wechat", post=made))
    monkeypatch.setattr("cms.planning.envelope.Allowed.check_targets", lambda _self, _targets: None)
    async with place.database.write() as session:
        unit = office.world.DISTRICT
        await office.add_target(session, None, code="wx", kind="wechat", name="公众号", unit=unit, now=place.now)
    return made


async def line(place: Office) -> AccountLine:
    async with place.database.read() as session:
        (found,) = await account_lines(session, OPERATOR, ["wechat"], now=place.now)
    return found


async def test_piece_when_channels_have_their_own_words_reaches_each_target_with_them(
    place: Office, account: Remembering
) -> None:
    overrides: dict[str, dict[str, Any]] = {
        "web": {"title": "网站的标题", "body": WEB_BODY},
        "screen": {"title": "屏上的标题"},
        "wechat": {"title": "微信的标题", "summary": "微信的摘要"},
    }
    draft = dataclasses.replace(office.draft("主稿的标题"), overrides=overrides)
    async with place.database.write() as session:
        unit = uuid.UUID(office.world.uuid_of("unit"))
        edition = (await create(session, ZHAO, kind=Kind.NEWS, unit=unit, draft=draft, now=place.now)).id
    await office.reviewed(place.database, edition, place.now)
    await publish(place, edition, "site", "street", "wx")
    await place.work()
    document = await office.document_of(place.database, edition)
    page = await place.page(f"/d/{document.public_id}/")
    assert page is not None
    assert "网站的标题" in page
    assert "网站读者的正文" in page
    assert "主稿的标题" not in page
    assert [(one.title, one.summary) for one in account.given] == [("微信的标题", "微信的摘要")]
    line_ups = RowLineUps(place.database, place.clock)
    (shown,) = await line_ups.newest(Target("street", "screen", "街面"))
    assert shown.title == "屏上的标题"
    assert await place.street.shown() == {shown.release}


async def test_account_when_silent_and_stuck_says_so_and_is_tried_again_at_once(
    place: Office, account: Remembering
) -> None:
    edition = await office.approved(place.database)
    await publish(place, edition, "wx")
    await place.work()
    assert ((await line(place)).posts_day, (await line(place)).silent_days(place.now)) == (1, 0)
    place.later(days=11)
    account.answers = [NotSent("wechat.refused", retry=False) for _ in range(2)]
    for _ in range(2):
        await publish(place, await office.approved(place.database, place.now), "wx")
    await place.work()
    stuck = await line(place)
    assert (stuck.silent_days(place.now), stuck.posts_week, stuck.troubled) == (11, 0, 2)

    async with place.database.write() as session:
        with pytest.raises(Denied):
            await retry_account(session, ZHAO, "wx", now=place.now)
        assert await retry_account(session, SUN, "wx", now=place.now) == 2
    await place.work()
    mended = await line(place)
    assert (mended.troubled, mended.posts_day, mended.silent_days(place.now)) == (0, 2, 0)
    assert account.made == 3  # what was prepared once is sent as it was


async def test_account_when_looked_after_is_looked_after_once_a_day(place: Office, account: Remembering) -> None:
    asked: list[dt.datetime] = []
    fault: list[ContractError] = []

    async def upkeep(_target: Target, services: Services) -> None:
        asked.append(services.now())
        if fault:
            raise fault[0]

    async def standing(_target: Target, _state: Any) -> Standing:
        ends = office.T0 + dt.timedelta(days=15)
        return Standing(consent_ends=ends, marks=(30, 14, 0), quotas=(Quota("posts", 5, dt.timedelta(days=1)),))

    channel = Channel("wechat", post=account, upkeep=upkeep, standing=standing)
    shop = office.with_channel(place.shop, "wechat", channel)
    assert [await keep_due(shop), await keep_due(shop)] == [1, 0]
    place.later(days=1, minutes=1)
    assert await keep_due(shop) == 1
    events = await RowJournal(Named("wx", place.database, place.clock)).newest(10)
    assert [one.fields["days"] for one in events if one.event == "publishing.consent_ends"] == [14, 30]

    async with place.database.read() as session:
        alarms = (await session.scalars(select(Alarm).order_by(Alarm.cause))).all()
        told = (await session.scalars(select(Notice))).all()
    assert [(one.cause, one.times, one.params["days"]) for one in alarms] == [("consent:wx", 2, 14)]
    assert {one.person_id for one in told} == {SUN.person, HE.person}

    # A platform that is away is asked again within the day; what only an administrator mends pauses the account.
    place.later(days=1, minutes=1)
    fault.append(ContractError("wechat.no_answer"))
    assert await keep_due(shop) == 1
    place.later(hours=1, minutes=1)
    fault[0] = ContractError("wechat.setup.no_secret")
    assert await keep_due(shop) == 1
    assert (await line(place)).upkeep["error"] == "wechat.setup.no_secret"
    async with place.database.read() as session:
        row: TargetRow = await target_of(session, OPERATOR, "wx")
    assert row.paused_code == "wechat.setup.no_secret"
    async with place.database.write() as session:
        with pytest.raises(Refused) as refused:
            await retry_account(session, SUN, "wx", now=place.now)
    assert refused.value.code == "publishing.account_paused"
    assert len(asked) == 4
    place.later(days=10)
    await keep_due(shop)
    async with place.database.read() as session:
        causes = (await session.scalars(select(Alarm.cause).order_by(Alarm.cause))).all()
    assert list(causes) == ["consent:wx", "silent:wx"]
