"""A table of leased rows and a process that works on it; the kill test starts eight and kills them."""

import asyncio
import datetime as dt
import random
import sys
import uuid
from pathlib import Path

from sqlalchemy import MetaData, String, Uuid, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from cms.kernel import leases
from cms.kernel.base import Base
from cms.kernel.clock import SystemClock
from cms.kernel.db import Database
from tests.integration.publishing.forks import launch

RULES = leases.LeaseRules(
    ready=frozenset({"due", "retry"}),
    held="working",
    retry="retry",
    poisoned="poisoned",
    lease=dt.timedelta(seconds=0.8),
    max_lost=1000,
)


class Rows(DeclarativeBase):
    """Apart from the house's tables."""

    metadata = MetaData()
    type_annotation_map = Base.type_annotation_map


class Job(leases.Leased, Rows):
    __tablename__ = "job"
    id: Mapped[uuid.UUID] = mapped_column(Uuid(), primary_key=True)
    state: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(8), default="")


class Effect(Rows):
    """One row for each time a job's work was done and accepted."""

    __tablename__ = "effect"
    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[uuid.UUID] = mapped_column(Uuid())
    owner: Mapped[str]


async def work(url: str, owner: str, stop: Path) -> None:
    """Claims and finishes until the stop file appears; the effect and the end of the lease are one transaction."""
    database, clock = Database(url), SystemClock()
    while not await asyncio.to_thread(stop.exists):
        async with database.read() as session:
            due = await leases.is_due(session, Job, RULES, now=clock.now())
        if not due:
            await asyncio.sleep(0.02)
            continue
        async with database.write() as session:
            held = await leases.claim(session, Job, RULES, owner=owner, now=clock.now(), limit=5)
        for one in held:
            await asyncio.sleep(random.uniform(0, 0.01))
            async with database.write() as session:
                if await leases.finish(session, Job, RULES, one, state="done"):
                    await session.execute(insert(Effect).values(job=one.id, owner=owner))
    await database.close()


async def tables(database: Database) -> None:
    async with database.writer.begin() as connection:
        await connection.run_sync(Rows.metadata.create_all)


__all__ = ["RULES", "Effect", "Job", "select", "tables", "update", "work"]

if __name__ == "__main__":
    sys.exit(launch(lambda owner: work(sys.argv[1], owner, Path(sys.argv[2]))))
