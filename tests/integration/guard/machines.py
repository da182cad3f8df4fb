"""Short words for what machines' upkeep asks of the guard."""

from collections.abc import Mapping

from cms.guard import machines
from cms.guard.asks import SetMachines, SignFeed, SignSoftware
from cms.trust.signed import Signed
from tests.integration.guard.desk import Desk
from tests.integration.guard.office import password
from tests.vectors import world
from tests.vectors.world import HOUR, uuid_of


async def named(desk: Desk, *, feeds: tuple[str, ...]) -> None:
    asked = SetMachines(uuid_of("zheng"), password("zheng"), feeds, None)
    await machines.set_machines(desk.guard, asked)


async def feed_of(desk: Desk, values: Mapping[str, object], *, feed: str = "air") -> Signed:
    return await machines.sign_feed(desk.guard, SignFeed(feed, world.feed().schema, values, HOUR))


async def software_of(desk: Desk, *, second: str = "qian", wrong: bool = False) -> Signed:
    asked = SignSoftware(
        by=uuid_of("zheng"),
        password=password("zheng"),
        second=uuid_of(second),
        second_password="wrong wrong" if wrong else password(second),
        version="1.2.0",
        minimum="1.0.0",
        stage=10,
        days=30,
        files=world.software().files,
    )
    return await machines.sign_software(desk.guard, asked)
