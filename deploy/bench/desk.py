"""The desk over a large office: how long the server takes for the pages editors live in, on both databases.

    ./yunping bench desk --json [--option documents=1000 --option revisions=10000 --option databases=sqlite]

Each page is asked for over a socket of this machine by one client, so that a figure is the server's time and what the
socket costs. The reference is one indexed row read through the same database in the same run.
"""

import asyncio
import contextlib
import dataclasses
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from cms.content.models import Document
from cms.content.search import rebuild
from cms.desk.views.documents import TABS
from cms.kernel.db import Database
from deploy import migrate
from deploy.bench import checking, fill, postgres
from deploy.bench.client import Desk, Time, opened
from deploy.bench.texts import Language
from deploy.bench.weights import weight

# Milliseconds at the 95th percentile that the desk promises.
LIMITS: Final = {"list": 60.0, "open": 60.0, "save": 40.0, "calendar": 80.0, "checks": 20.0}
SEARCH_LIMITS: Final = {"sqlite": 50.0, "postgres": 100.0}
PAGE_LIMIT: Final = 150_000
_KINDS: Final = ("sqlite", "postgres")


def run(
    *,
    documents: int = 100_000,
    revisions: int = 1_000_000,
    units: int = 801,
    rounds: int = 60,
    databases: Sequence[str] = _KINDS,
) -> dict[str, Any]:
    """The figure is the list's time on the first database; `detail` has every page on each, with what was promised."""
    size = Size(documents, revisions, units, rounds)
    detail: dict[str, Any] = {"size": dataclasses.asdict(size)}
    for kind in databases:
        with _database(kind) as url:
            detail[kind] = _measure(kind, url, size)
    checks = checking.run()
    detail["checks"] = {**checks, "limit": LIMITS["checks"], "within": checks["p95"] <= LIMITS["checks"]}
    first = detail[databases[0]]
    return {
        "bench": "desk",
        "figure": first["list"]["p95"],
        "unit": "ms p95",
        "reference": first["round trip"]["p95"],
        "ratio": round(first["list"]["p95"] / first["round trip"]["p95"], 2),
        "detail": detail,
    }


@dataclasses.dataclass(frozen=True, slots=True)
class Size:
    """How large the office is, and how often each page is asked for."""

    documents: int
    revisions: int
    units: int
    rounds: int


@contextlib.contextmanager
def _database(kind: str) -> Iterator[str]:
    if kind == "postgres":
        with postgres.server() as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="yunping-bench-") as folder:
        yield f"sqlite+aiosqlite:///{Path(folder) / 'desk.sqlite'}"


def _measure(kind: str, url: str, size: Size) -> dict[str, Any]:
    migrate.upgrade(url)
    began = time.monotonic()
    office = fill.fill(url, documents=size.documents, revisions=size.revisions, units=size.units)
    filled = time.monotonic() - began
    indexed = asyncio.run(_index(url))
    fill.analyse(url)
    found = asyncio.run(_pages(kind, url, office, size))
    return {**found, "seconds to fill": round(filled), "seconds to index": round(indexed)}


async def _index(url: str) -> float:
    db = Database(url)
    began = time.monotonic()
    async with db.write() as session:
        await rebuild(session)
    await db.close()
    return time.monotonic() - began


async def _pages(kind: str, url: str, office: fill.Office, size: Size) -> dict[str, Any]:
    async with opened(url, [office.chief, office.reviewer, office.editor]) as desk:
        found: dict[str, Any] = {"round trip": await _round_trip(desk.db, size)}
        for name, ask in (("list", _list), ("open", _open), ("save", _save)):
            times = [one async for one in ask(desk, size)]
            found[name] = _summary(times, LIMITS[name])
        found["calendar"] = await _calendar(desk, size)
        found["search"] = await _search(desk, size, SEARCH_LIMITS[kind])
        found["pages"] = await _weights(desk)
    return found


async def _round_trip(db: Database, size: Size) -> dict[str, Any]:
    """One row by its key: what anything costs at least here."""
    times = []
    for number in range(max(100, size.rounds)):
        query = select(Document.id, Document.title).where(
            Document.public_id == fill.public(number * 7 % size.documents)
        )
        began = Time.now()
        async with db.read() as session:
            (await session.execute(query)).all()
        times.append(Time.now() - began)
    return _summary(times, None)


async def _list(desk: Desk, size: Size) -> AsyncIterator[Time]:
    """Every tab, a later page, and filters, as somebody of the district, of an institute and of a point."""
    queries = [f"?tab={tab}" for tab in TABS]
    queries += ["?column=news", "?kind=notice&column=party", "?author=人员7", "?since=2026-11-01&until=2026-11-20"]
    for number in range(size.rounds):
        for client in desk.clients:
            yield await desk.timed(client, f"/desk/documents/{queries[number % len(queries)]}")


async def _open(desk: Desk, size: Size) -> AsyncIterator[Time]:
    for number in range(size.rounds):
        yield await desk.timed(desk.clients[0], f"/desk/documents/{desk.drafts[number % len(desk.drafts)]}/edit")


async def _save(desk: Desk, size: Size) -> AsyncIterator[Time]:
    """A revision: what was typed, its hash, the index of search, the record. Answered by a redirect."""
    for number in range(size.rounds):
        public = desk.drafts[number % len(desk.drafts)]
        yield await desk.save(desk.clients[0], public, f"改过的标题第{number}号")


async def _calendar(desk: Desk, size: Size) -> dict[str, Any]:
    if not await desk.has("/desk/calendar/"):
        return {"absent": True}
    times = [await desk.timed(desk.clients[number % 2], "/desk/calendar/") for number in range(size.rounds)]
    return _summary(times, LIMITS["calendar"])


async def _search(desk: Desk, size: Size, limit: float) -> dict[str, Any]:
    """The page of a search, highlights and counts included, over the stated mix; each word as often as any other."""
    by_class: dict[str, list[Time]] = {}
    every: list[Time] = []
    for name, words in Language().queries().items():
        for number in range(max(len(words), size.rounds)):
            client = desk.clients[number % len(desk.clients)]
            path = f"/desk/documents/?q={words[number % len(words)]}"
            by_class.setdefault(name, []).append(await desk.timed(client, path))
        every += by_class[name]
    parts = {name: _summary(times, limit) for name, times in by_class.items()}
    return {**_summary(every, limit), "mix": parts}


async def _weights(desk: Desk) -> dict[str, Any]:
    """Bytes on the wire, by gzip; fonts are what a browser has or fetches by the character, and are left out."""
    client = desk.clients[0]
    pages = {"home": "/desk/", "list": "/desk/documents/", "review": "/desk/review/"}
    pages["open"] = f"/desk/documents/{desk.drafts[0]}/edit"
    found = {name: await weight(client.session, path) for name, path in pages.items()}
    return {name: {**one, "within": one["total"] <= PAGE_LIMIT} for name, one in found.items()}


def _summary(times: Sequence[Time], limit: float | None) -> dict[str, Any]:
    """Milliseconds; `cpu` is of this process alone, client included, and without what a database server works."""
    wall, cpu = (
        sorted(1000 * value for value in values) for values in zip(*((one.wall, one.cpu) for one in times), strict=True)
    )
    p95 = _at(wall, 0.95)
    found = {"p50": _at(wall, 0.5), "p95": p95, "cpu": {"p50": _at(cpu, 0.5), "p95": _at(cpu, 0.95)}, "n": len(wall)}
    return found if limit is None else {**found, "limit": limit, "within": p95 <= limit}


def _at(ordered: Sequence[float], share: float) -> float:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 2)
