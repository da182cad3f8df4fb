"""Two hundred days of a Douyin account in virtual time, with a platform that fails: no renewal is ever missed.

The platform's own clock and its own rules judge. Whoever answers for the account consents again when the countdown
says seven days, or never; then every mark is told once, and at the end the account waits with one alert.
"""

import dataclasses
import datetime as dt
import random
from collections.abc import Callable

import pytest
from sqlalchemy import select

from cms.contract import ContractError, Services, Target
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.notices.models import Alarm
from cms.people.actor import Actor, Grant
from cms.people.roles import Role
from cms.planning.models import Target as TargetRow
from cms.planning.targets import as_contract
from cms.publishing.accounts import resume
from cms.publishing.upkeep import REMEMBERED, keep_due, mark_of
from media.store import Store
from renderers.conformance.world import Faults
from renderers.douyin import channel, consent
from renderers.douyin.standing import keep_up, standing
from tests.contract.douyin_world import BASE, Dialled, dialled
from tests.fakes.douyin.simulator import Douyin
from tests.fakes.stage.faults import Kind
from tests.integration.publishing import office

DAYS = 200
HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
OPERATOR = Actor(office.SUN.person, "sun", office.world.DISTRICT, (Grant(Role.OPERATOR, office.world.DISTRICT),))
REFRESH, RENEW = "/oauth/refresh_token/", "/oauth/renew_refresh_token/"
# A renewal that is lost after its effect takes the old token along: then a person must consent again.
BEFORE = (Kind.CUT_BEFORE, Kind.CODE)
ANY = (*BEFORE, Kind.CUT_AFTER, Kind.HTTP, Kind.MALFORMED, Kind.STRINGS, Kind.REDIRECT, Kind.GZIP)


@pytest.fixture
def consent_link(monkeypatch: pytest.MonkeyPatch) -> str:
    """The secret part of every link that is made for a person."""
    monkeypatch.setattr("renderers.douyin.consent.secrets.token_urlsafe", lambda _: "s" * 43)
    return "s" * 43


async def consents(platform: Douyin, target: Target, services: Services, link: str) -> None:
    """A person opens the link of the desk and agrees."""
    await consent.begin(target, services)
    code = platform.oauth.consent(",".join(sorted(platform.app.scopes)))
    assert await consent.finish(target, services, code=code, state=link, now=platform.clock.now()) is None


def weather(platform: Douyin, dice: random.Random) -> None:
    """How the platform answers today."""
    platform.faults.planned.clear()
    for path, kinds in ((REFRESH, ANY), (RENEW, BEFORE)):
        if dice.random() < 0.6:
            platform.faults.plan(path, dice.choice(kinds), times=dice.randint(1, 8), code=2100004)


@pytest.mark.parametrize("seed", range(5))
async def test_renewals_over_two_hundred_days_of_faults_are_never_missed(seed: int, consent_link: str) -> None:
    dice, platform = random.Random(seed), Douyin(seed=str(seed))
    world = await dialled(platform, kills=False)
    marks, lost, missed, again = list[int](), 0, 0, 0
    for _ in range(DAYS):
        weather(platform, dice)
        for _ in range(12):  # by the hour while the platform does not answer, as the core asks
            try:
                await keep_up(world.target, world.services)
                break
            except ContractError:
                lost += 1
                platform.advance(HOUR)
        mark = mark_of(await standing(world.target, world.services.state), platform.clock.now())
        if mark is not None and mark not in marks[-1:]:
            marks.append(mark)
        if mark is not None and mark <= 7:
            await consents(platform, world.target, world.services, consent_link)
            again += 1
        grant = platform.oauth.grants[-1]
        missed += min(grant.access_ends, grant.refresh_ends) <= platform.clock.now()
        platform.advance(DAY)
    renewals = sum(grant.renewals for grant in platform.oauth.grants)
    print(f"{DAYS} days: {lost} lost looks, {renewals} renewals, {again} new consent, {missed} missed")  # noqa: T201
    assert (missed, again, marks[:3]) == (0, 1, [30, 14, 7])
    assert platform.oauth.grants[0].renewals == 5
    assert lost > 20


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store.open(f"file://{tmp_path_factory.mktemp('store')}", min_free_bytes=0)


class PlatformClock(SystemClock):
    """The office lives in the platform's time."""

    def __init__(self, now: Callable[[], dt.datetime]) -> None:
        self.now = now  # type: ignore[method-assign]


async def test_countdown_when_nobody_consents_is_told_at_each_mark_once_and_then_the_account_waits(
    sqlite: Database, store: Store, consent_link: str
) -> None:
    platform = Douyin()
    clock = PlatformClock(platform.clock.now)
    async with sqlite.write() as session:
        await office.furnish(session)
        unit, key = office.world.DISTRICT, platform.app.client_key
        await office.add_target(session, None, code="dy", kind="douyin", name="抖音号", unit=unit, now=clock.now())
    async with sqlite.write() as session:
        row = (await session.scalars(select(TargetRow).where(TargetRow.code == "dy"))).one()
        row.settings = {"client_key": key, "base_url": BASE}
        target = as_contract(row)

    def services(of: Target) -> Services:
        made = office.services_of(sqlite, clock, store, of)
        return dataclasses.replace(made, outbound=Dialled(platform, Faults()), now=clock.now)

    shop = office.shop_of(sqlite, clock, store, guard=office.PaperGuard(), channels={"douyin": channel()})
    shop = dataclasses.replace(shop, services=services)
    account = services(target)
    await account.vault.put("client_secret", platform.app.client_secret)
    await consents(platform, target, account, consent_link)
    # All five renewals are behind it, and one month is left.
    platform.oauth.grants[0].renewals = 5
    tokens, version = await account.state.get("tokens")
    ends = {"renewals": 5, "consent_ends": tokens["refresh_ends"]}
    await account.state.put("tokens", {**tokens, **ends}, version=version)

    told: list[int] = []
    for days in (1, 12, 3, 6, 3, 2, 2, 1, 3, 10, 1):  # from one look to the next
        await keep_due(shop)
        remembered, _ = await account.state.get(REMEMBERED)
        told += [remembered["told"]] if remembered["told"] not in {None, *told[-1:]} else []
        platform.advance(days * DAY)
    assert told == [30, 14, 7, 3, 1, 0]
    async with sqlite.read() as session:
        row = (await session.scalars(select(TargetRow).where(TargetRow.code == "dy"))).one()
        alarm = (await session.scalars(select(Alarm).where(Alarm.cause == "consent:dy"))).one()
    assert (row.paused_code, alarm.times) == ("douyin.setup.consent_over", 6)
    await consents(platform, target, account, consent_link)
    async with sqlite.write() as session:
        await resume(session, OPERATOR, "dy", now=clock.now())
    await keep_due(shop)
    remembered, _ = await account.state.get(REMEMBERED)
    assert (remembered["told"], "error" in remembered) == (None, False)
