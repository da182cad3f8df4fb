"""An operator's order through the core's own ledger: told, waited for, noticed at once, and taken back on its word."""

import dataclasses
import uuid
from collections.abc import Mapping

import pytest
from sqlalchemy import select

from cms import contract
from cms.contract import Ask, Channel, Services
from cms.planning.models import Target
from cms.planning.targets import as_contract
from cms.publishing.deliveries import panel
from cms.publishing.hints import look_now
from cms.publishing.states import DeliveryState
from renderers.conformance.world import Faults, World
from renderers.iptv.callback import callback
from tests.contract.iptv_world import BASE, STREAM, Dialled, FilmedPost, QuickStudio
from tests.fakes.iptv.operator import SERVICE, Operator
from tests.integration.publishing import office
from tests.integration.publishing.conftest import Office
from tests.integration.publishing.test_posts import newest, recall_it
from tests.integration.publishing.test_worker import publish

# Its SQL is the ledger's own, which other tests run on both.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Hub:
    """The web role's callback over the office's own rows, with the hint that it gives to the deliveries."""

    def __init__(self, place: Office) -> None:
        self.place = place

    async def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        place = self.place
        async with place.database.read() as session:
            row = (await session.scalars(select(Target).where(Target.code == "box"))).one()
        path = url.partition("/hooks/iptv/box/")[2]
        ask = Ask(method, path, {}, {name.lower(): value for name, value in headers.items()}, body, place.now)
        reply = await callback(ask, as_contract(row), place.shop.services(as_contract(row)))
        if reply.hint:
            async with place.database.write() as session:
                await look_now(session, "box", now=place.now)
        return reply.status, b"".join(part if isinstance(part, bytes) else STREAM for part in reply.parts)


@pytest.fixture
async def operator(place: Office, monkeypatch: pytest.MonkeyPatch) -> Operator:
    made, plain = Operator(), place.shop.services
    studio = QuickStudio(World("iptv"))
    made.callback = "https://www.example.cn/hooks/iptv/box/notify"
    made.wire = Hub(place)

    def services(target: contract.Target) -> Services:
        return dataclasses.replace(plain(target), outbound=Dialled(made, Faults()), studio=studio)

    shop = office.with_channel(place.shop, "iptv", Channel("iptv", post=FilmedPost(), callback=callback))
    place.shop = dataclasses.replace(shop, services=services)
    monkeypatch.setattr("cms.planning.envelope.Allowed.check_targets", lambda _self, _targets: None)
    set_to = {"csp": made.csp, "lsp": made.lsp, "service": BASE + SERVICE, "film": "720"}
    async with place.database.write() as session:
        unit = office.world.DISTRICT
        await office.add_target(
            session, None, code="box", kind="iptv", name="有线", unit=unit, settings=set_to, now=place.now
        )
    return made


async def told(operator: Operator, seconds: float) -> None:
    """Time passes at the operator, and what it has to say arrives."""
    operator.advance(seconds)
    assert operator.wire is not None
    await operator.outbox.deliver(operator.clock.now(), operator.wire)


async def test_order_waits_on_the_panel_is_live_by_its_notice_and_gone_by_the_next(
    place: Office, operator: Operator
) -> None:
    edition = await office.approved(place.database)
    operator.manners.delay = 60.0
    await publish(place, edition, "box")
    await place.work()
    assert await _shown(place, edition) == (DeliveryState.REVIEWING, "taken")
    # Hours later still nothing is sent twice, and a notice has it looked at in the same moment.
    place.later(minutes=30)
    await place.work()
    assert operator.journal.counters["exec"] == 1
    await told(operator, 61)
    await place.work()
    row = await newest(place)
    assert (row.state, row.post is not None) == (DeliveryState.LIVE, True)
    await recall_it(place, edition)
    await place.work()
    row = await newest(place)
    assert (row.state, row.error_code) == (DeliveryState.RETRY, "publishing.platform_has_it")
    await told(operator, 61)
    await place.work()
    assert (await newest(place)).state == DeliveryState.GONE
    assert operator.library.things == {}
    assert operator.journal.counters["exec"] == 2


async def _shown(place: Office, edition: uuid.UUID) -> tuple[DeliveryState, str]:
    async with place.database.read() as session:
        (line,) = await panel(session, edition)
    return line.state, str(line.detail.get("why"))
