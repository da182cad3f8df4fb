"""Many simulated screens as a drill: kept keys, pairing through the front door, and what each of them holds.

`./yunping simulate screens N` runs it against this installation. The screens are real to the server: paired by a code
an operator typed, proving their keys, acknowledging what they get. They draw nothing and say `shown` of nothing.
"""

import asyncio
import datetime as dt
import json
import math
import os
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cms.kernel.clock import to_ms
from cms.kernel.db import Database
from cms.kernel.errors import TooMany
from cms.people.actor import Actor
from cms.trust.keys import SigningKey
from cms.trust.manifest import read_manifest
from screens.pairing import claim
from screens.simulator import CLOCK, SimulatedScreen

# The gateway gives out twenty codes a second to everybody; whoever asks faster is told to wait ten seconds.
AT_ONCE: Final = 8
CODE_SECONDS: Final = 120.0
PERCENTILES: Final = (50, 90, 99, 100)


@dataclass(frozen=True, slots=True)
class Kept:
    """A simulated screen's key and name; `screen` is its id once it is paired."""

    name: str
    seed: str
    screen: str | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """What one screen has: the audience and version of its manifest and the releases of its loop now."""

    name: str
    is_live: bool
    audience: str
    version: int
    loop: tuple[str, ...]


def kept(path: Path, count: int) -> list[Kept]:
    """The first `count` simulated screens of this installation; new ones are added unpaired. Blocking."""
    found = [Kept(**one) for one in json.loads(path.read_text("utf-8"))] if path.exists() else []
    found += [Kept(f"模拟屏 {place + 1:04}", os.urandom(32).hex()) for place in range(len(found), count)]
    keep(path, found)
    return found[:count]


def keep(path: Path, screens: Sequence[Kept]) -> None:
    """Writes them, keeping those the file has beyond `screens`; for the owner's eyes: they are keys. Blocking."""
    before = json.loads(path.read_text("utf-8")) if path.exists() else []
    rows = [{"name": one.name, "seed": one.seed, "screen": one.screen} for one in screens] + before[len(screens) :]
    part = path.with_suffix(".new")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(rows, file, ensure_ascii=False)
    part.replace(path)


def simulated(url: str, screens: Sequence[Kept], *, tls: ssl.SSLContext | None) -> list[SimulatedScreen]:
    return [
        SimulatedScreen(url, key=SigningKey(bytes.fromhex(one.seed)), screen=one.screen, tls=tls) for one in screens
    ]


async def pair(
    screens: Sequence[SimulatedScreen],
    names: Sequence[str],
    *,
    database: Database,
    actor: Actor,
    unit: str,
    told: Callable[[int], None],
) -> None:
    """Pairs what has no id yet, a few at a time, each by the code it shows.

    Raises an ExceptionGroup of what `claim` raises, or of TimeoutError.
    """
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(screen: SimulatedScreen, name: str) -> None:
        async with turn:
            running = asyncio.create_task(screen.run())
            try:
                async with asyncio.timeout(CODE_SECONDS):
                    await _claimed(screen, name, database=database, actor=actor, unit=unit)
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
        told(sum(each.screen is not None for each in screens))

    missing = [(screen, name) for screen, name in zip(screens, names, strict=True) if screen.screen is None]
    async with asyncio.TaskGroup() as group:
        for screen, name in missing:
            group.create_task(one(screen, name))


async def _claimed(screen: SimulatedScreen, name: str, *, database: Database, actor: Actor, unit: str) -> None:
    """Returns when the code the screen shows was typed and the screen was told."""
    async with screen.changed:
        await screen.changed.wait_for(lambda: screen.heard.code or screen.screen)
    if screen.screen is None:
        try:
            await claim(database, actor, code=screen.heard.code, unit=unit, name=name, now=CLOCK.now())
        except TooMany as locked:
            raise TimeoutError(str(locked)) from locked
        async with screen.changed:
            await screen.changed.wait_for(lambda: screen.screen)


def holdings(screens: Sequence[SimulatedScreen], names: Sequence[str], *, now: dt.datetime) -> list[Holding]:
    """What each has, in the order of the screens."""
    found = []
    for screen, name in zip(screens, names, strict=True):
        audience = ""
        loop: tuple[str, ...] = ()
        if screen.heard.manifest is not None:
            manifest = read_manifest(screen.heard.manifest.text)
            audience, loop = manifest.audience, tuple(show.release for show in manifest.loop_at(to_ms(now)))
        found.append(Holding(name, screen.is_live.is_set(), audience, screen.heard.newest, loop))
    return found


def by_state(found: Sequence[Holding]) -> list[tuple[tuple[str, int, tuple[str, ...]], int]]:
    """How many screens have the same audience, version and loop, the most frequent first."""
    return Counter((one.audience, one.version, one.loop) for one in found).most_common()


def percentiles(values: Sequence[float]) -> dict[int, float]:
    """By nearest rank; empty for no values.

    >>> percentiles([4, 1, 3, 2])
    {50: 2, 90: 4, 99: 4, 100: 4}
    """
    ranked = sorted(values)
    if not ranked:
        return {}
    return {part: ranked[max(1, math.ceil(part * len(ranked) / 100)) - 1] for part in PERCENTILES}
