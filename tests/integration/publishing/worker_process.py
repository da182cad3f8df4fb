"""Workers for the kill test."""

import dataclasses
import datetime as dt
import sys

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.planning.occurrences import RULES
from cms.publishing.states import DELIVERY
from cms.publishing.worker import Worker, WorkerSettings
from media.store import Store
from tests.integration.publishing import office
from tests.integration.publishing.forks import launch

# Short leases, because a killed worker's work is waited for, but long enough for a worker that waits for its core: one
# that loses each lease before it can renew it never ends. No row is poison here, it is the test that kills.
LEASE = dt.timedelta(seconds=1.2)
DELIVERIES = dataclasses.replace(DELIVERY, lease=LEASE, max_lost=10**6, max_attempts=10**6)
OCCURRENCES = dataclasses.replace(RULES, lease=LEASE, max_lost=10**6, max_attempts=10**6)


async def work(url: str, store: Store, owner: str) -> None:
    clock = SystemClock()
    shop = office.shop_of(Database(url), clock, store, guard=office.PaperGuard())
    settings = WorkerSettings(owner=owner, poll=0.02, occurrences=OCCURRENCES, deliveries=DELIVERIES)
    await Worker(shop, settings).run()


if __name__ == "__main__":
    url, folder = sys.argv[1:]
    sys.exit(launch(lambda owner: work(url, Store.open(f"file://{folder}", min_free_bytes=0), owner)))
