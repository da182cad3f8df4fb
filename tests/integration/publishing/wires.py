"""The way to platform simulators without sockets, and a worker who does what is due at accounts."""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import func, select

from cms.contract import OutboundRefused
from cms.kernel import leases
from cms.publishing.models import Delivery
from cms.publishing.sending import Sending
from cms.publishing.states import DELIVERY, OPEN
from cms.publishing.worker import POISON
from cms.publishing.workshop import Workshop
from tests.fakes.stage.simulator import Simulator

_OPEN = [state.value for state in OPEN]


@dataclass(slots=True)
class Wire:
    """Implements `cms.contract.Outbound` over simulators, each at a port of the loopback."""

    platforms: Mapping[int, Simulator]

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        try:
            status, named, data = await self.platforms[urlsplit(url).port or 0].handle(method, url, headers, body)
        except ConnectionError as problem:
            raise OutboundRefused("publishing.outbound_unreachable") from problem
        assert len(data) <= limit
        return status, named, data


async def work(shop: Workshop, accounts: Collection[UUID]) -> None:
    """Does all that is due at these accounts now."""
    mine = Delivery.target_id.in_(accounts)
    while True:
        async with shop.database.write() as session:
            now = shop.clock.now()
            held = await leases.claim(session, Delivery, DELIVERY, owner="w", now=now, poison=POISON, where=(mine,))
        if not held:
            return
        for one in held:
            await Sending(shop, one, DELIVERY).run()


async def next_at(shop: Workshop, accounts: Collection[UUID]) -> dt.datetime | None:
    """When the next delivery at these accounts falls due."""
    query = select(func.min(Delivery.not_before)).where(Delivery.state.in_(_OPEN), Delivery.target_id.in_(accounts))
    async with shop.database.read() as session:
        return await session.scalar(query)
