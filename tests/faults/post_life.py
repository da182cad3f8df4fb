"""The worker of a post as a process of its own, started a life at a time by a process that has loaded everything."""

import asyncio
import dataclasses
import gc
import json
import os
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any, Final

from cms.contract import Outbound, Services, Target
from cms.kernel import leases
from cms.kernel.clock import Clock
from cms.kernel.db import Database
from cms.publishing.models import Delivery
from cms.publishing.sending import Sending
from cms.publishing.services.account import Account
from cms.publishing.services.addresses import Policy
from cms.publishing.services.outbound import GuardedOutbound
from cms.publishing.services.studio import StoreStudio
from cms.publishing.states import DELIVERY
from cms.publishing.worker import POISON
from cms.publishing.workshop import Workshop
from media.sandbox import Grade, Sandbox
from media.store import Store
from tests.faults.channels import CHANNELS
from tests.faults.mortal import Fate, MortalDatabase, MortalWire, Slate, SlateClock
from tests.integration.publishing import office

HOST: Final = "127.0.0.1"


def client_of(port: int) -> GuardedOutbound:
    """The house's own client, allowed to reach the platforms of a run."""
    return GuardedOutbound(Policy(exceptions=frozenset({(HOST, port)})))


def shop_of(database: Database, studio: Database, clock: Clock, store: Store, wire: Outbound) -> Workshop:
    """A worker's room. Films are made through a connection of their own: making them is no step of a post."""
    shop = office.shop_of(database, clock, store, guard=office.PaperGuard(), channels=CHANNELS)
    folder = Path(tempfile.gettempdir())
    made = StoreStudio(Account("studio", studio, clock), store, Sandbox(Grade.limits_only), folder)

    def services(target: Target) -> Services:
        plain = office.services_of(database, clock, store, target)
        return dataclasses.replace(plain, outbound=wire, studio=made, now=clock.now)

    return dataclasses.replace(shop, services=services)


async def live(asked: dict[str, Any], url: str, store: Store, slate: Slate) -> None:
    """Takes the post of one account if it is due, and works until it is done or killed."""
    fate, clock = Fate(asked["at"]), SlateClock(slate, office.T0)
    database, studio = MortalDatabase(url, fate), Database(url)
    wire = MortalWire(client_of(asked["port"]), fate, slate)
    shop = shop_of(database, studio, clock, store, wire)
    async with database.write() as session:
        here = (Delivery.target_id == uuid.UUID(asked["target"]),)
        held = await leases.claim(session, Delivery, DELIVERY, owner="w", now=clock.now(), poison=POISON, where=here)
    for one in held:
        await Sending(shop, one, DELIVERY).run()
    await database.close()
    await studio.close()


def launch(url: str, folder: str, page: str) -> None:
    """For each line on stdin one life in a process of its own; says how it ended, as a process ends."""
    slate = Slate.at(Path(page))
    # What is loaded stays shared with every child.
    gc.freeze()
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.close(0)
            store = Store.open(f"file://{folder}", min_free_bytes=0)
            asyncio.run(live(json.loads(line), url, store, slate))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    launch(*sys.argv[1:])
