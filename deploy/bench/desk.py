"""The desk over a large office: how long the server takes for the pages editors live in, on both databases.

    ./yunping bench desk --json [--option documents=1000 --option revisions=10000 --option databases=sqlite]

`--option kept=FOLDER` leaves the filled databases there and takes them again the next time: filling takes minutes.

Each page is asked for over a socket of this machine by one client, so that a figure is the server's time and what the
socket costs; before it is timed every kind of page was asked for a few times, as on a server that has been up a while.
The reference is one indexed row read through the same database in the same run.
"""

import asyncio
import contextlib
import dataclasses
import shutil
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
_WARM: Final = 12
_KINDS: Final = ("sqlite", "postgres")


def run(
    *,
    documents: int = 100_000,
    revisions: int = 1_000_000,
    units: int = 801,
    rounds: int = 60,
    databases: Sequence[str] = _KINDS,
    kept: str = "",
) -> dict[str, Any]:
    """The figure is the list's time on the first database; `detail` has every page on each, with what was promised."""
    size = Size(documents, revisions, units, rounds)
    detail: dict[str, Any] = {"size": dataclasses.asdict(size)}
    for kind in databases:
        with _database(kind, size, kept) as (url, filled):
            detail[kind] = _measure(kind, url, size, filled)
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
def _database(kind: str, size: Size, kept: str) -> Iterator[tuple[str, Path]]:
    """The address of a database, and the file that is there once an office of this size is in it."""
    with contextlib.ExitStack() as stack:
        name = f"{kind}-{size.documents}-{size.revisions}-{size.units}"
        if kept:
            folder = Path(kept).resolve() / name
        else:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yunping-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        filled = folder / "filled"
        if not filled.exists():
            for part in folder.iterdir():  # what an interrupted run left
                shutil.rmtree(part) if part.is_dir() else part.unlink()
        if kind == "postgres":
            url = stack.enter_context(postgres.server(folder / "data" if kept else None))
        else:
            url = f"sqlite+aiosqlite:///{folder / 'desk.sqlite'}"
        yield url, filled


def _measure(kind: str, url: str, size: Size, filled: Path) -> dict[str, Any]:
    migrate.upgrade(url)
    began = time.monotonic()
    if filled.exists():
        office = fill.read(url)
    else:
        office = fill.fill(url, documents=size.documents, revisions=size.revisions, units=size.units)
        filled.touch()
    seconds = time.monotonic() - began
    indexed = filled.with_name("indexed")
    began = time.monotonic()
    if not indexed.exists():
        asyncio.run(_index(url))
        fill.analyse(url)
        indexed.touch()
    index_seconds = time.monotonic() - began
    found = asyncio.run(_pages(kind, url, office, size))
    return {**found, "seconds to fill": round(seconds), "seconds to index": round(index_seconds)}


async def _index(url: str) -> None:
    db = Database(url)
    await rebuild(db)
    await db.close()


async def _pages(kind: str, url: str, office: fill.Office, size: Size) -> dict[str, Any]:
    async with opened(url, [office.chief, office.reviewer, office.editor]) as desk:
        found: dict[str, Any] = {"round trip": await _round_trip(desk.db, size)}
        for name, ask in (("list", _list), ("open", _open), ("save", _save)):
            async for _ in ask(desk, dataclasses.replace(size, rounds=_WARM)):
                pass
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
    """The month, which the limit is about, and beside it the other two views."""
    shown: dict[str, Any] = {}
    for view in ("month", "week", "timeline"):
        path = f"/desk/calendar/?view={view}"
        for number in range(_WARM):
            await desk.timed(desk.clients[number % 2], path)
        times = [await desk.timed(desk.clients[number % 2], path) for number in range(size.rounds)]
        shown[view] = _summary(times, LIMITS["calendar"])
    return {**shown.pop("month"), **shown}


async def _search(desk: Desk, size: Size, limit: float) -> dict[str, Any]:
    """The page of a search, highlights and counts included, over the stated mix; each word as often as any other."""
    by_class: dict[str, list[Time]] = {}
    every: list[Time] = []
    mix = Language().queries()
    for word in (word for words in mix.values() for word in words):
        for client in desk.clients:
            await desk.timed(client, f"/desk/documents/?q={word}")
    for name, words in mix.items():
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
    pages = {"home": "/desk/", "list": "/desk/documents/", "review": "/desk/review/", "calendar": "/desk/calendar/"}
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
