"""A process that starts workers as fast as they can be killed: it loads everything once and forks."""

import asyncio
import dataclasses
import datetime as dt
import os
import signal
import sys

from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from cms.planning.occurrences import RULES
from cms.publishing.states import DELIVERY
from cms.publishing.worker import Worker, WorkerSettings
from media.store import Store
from tests.integration.publishing import office

# Short leases, because a killed worker's work is waited for; no row is poison here, it is the test that kills.
LEASE = dt.timedelta(seconds=0.6)
DELIVERIES = dataclasses.replace(DELIVERY, lease=LEASE, max_lost=10**6, max_attempts=10**6)
OCCURRENCES = dataclasses.replace(RULES, lease=LEASE, max_lost=10**6, max_attempts=10**6)


async def work(url: str, store: Store, owner: str) -> None:
    clock = SystemClock()
    shop = office.shop_of(Database(url), clock, store, guard=office.PaperGuard())
    settings = WorkerSettings(owner=owner, poll=0.02, occurrences=OCCURRENCES, deliveries=DELIVERIES)
    await Worker(shop, settings).run()


def main(url: str, folder: str) -> None:
    """For each line on stdin starts a worker of that name and says its process id; ends with stdin."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            # The parent's stdin is not the worker's: it would hold the pipe open for ever.
            os.close(0)
            store = Store.open(f"file://{folder}", min_free_bytes=0)
            asyncio.run(work(url, store, line.strip()))
        print(child, flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
