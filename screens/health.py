"""How a screen is: separate facts, each with the reason for what it says. Pure.

A screen can be linked and paint nothing, or paint for days without a link; no fact is guessed from another.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from screens.tables import Screen

# A beat comes every 20 s; two lost ones and some jitter are no alarm yet.
SEEN_WITHIN: Final = dt.timedelta(seconds=60)
PAINTED_WITHIN: Final = dt.timedelta(seconds=60)
CLOCK_MOST_MS: Final = 5_000
# After this time a version that is not shown is late, not under way.
SHOWN_WITHIN: Final = dt.timedelta(seconds=30)
# Of the room for files, in hundredths and in MB: below the larger of them the next issue may not fit.
STORAGE_LEAST: Final = 5
STORAGE_LEAST_MB: Final = 500
# Tenths of a degree: cheap boxes throttle their video from here on.
HOT: Final = 800
# The code of a screen that waits with something for its line's hours or volume: what people set is no trouble.
HELD: Final = "hands.held"
FACTS: Final = ("link", "version", "painted", "clock", "storage", "temperature")


class Level(StrEnum):
    """How one fact stands; `none` where there is nothing to say yet."""

    GOOD = "good"
    WARN = "warn"
    BAD = "bad"
    NONE = "none"


# What keeps a screen from the newest though nothing is wrong with it, by the code it said.
LACKS: Final[Mapping[str, tuple[Level, str]]] = {
    HELD: (Level.WARN, "screens.health.version.held"),
    "hands.full": (Level.BAD, "screens.health.version.full"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of health: its level, the key of its reason in the catalogue (`screens.health.…`), a number for it."""

    level: Level
    reason: str
    value: int | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """Facts of which none is derived from another; the last two only where the box tells."""

    link: Fact
    version: Fact
    painted: Fact
    clock: Fact
    storage: Fact
    temperature: Fact


def link_of(screen: Screen, now: dt.datetime) -> Fact:
    """Whether it is connected now. `value`: seconds since it was last heard."""
    if screen.revoked_at is not None:
        return Fact(Level.NONE, "screens.health.link.revoked")
    if screen.last_seen is None:
        return Fact(Level.NONE, "screens.health.link.never")
    age = max(0, int((now - screen.last_seen).total_seconds()))
    if screen.link is None:
        return Fact(Level.BAD, "screens.health.link.down", age)
    if now - screen.last_seen > SEEN_WITHIN:
        return Fact(Level.BAD, "screens.health.link.silent", age)
    return Fact(Level.GOOD, "screens.health.link.up", age)


def version_of(screen: Screen, wanted: int | None, wanted_at: dt.datetime | None, now: dt.datetime) -> Fact:
    """How far the newest version got. `value`: the version it shows."""
    if wanted is None or wanted_at is None:
        return Fact(Level.NONE, "screens.health.version.nothing")
    if screen.shown >= wanted:
        return Fact(Level.GOOD, "screens.health.version.shown", screen.shown)
    if screen.refused >= wanted:
        level, reason = LACKS.get(screen.refused_code or "", (Level.BAD, "screens.health.version.refused"))
        return Fact(level, reason, screen.shown)
    late = Level.BAD if now - wanted_at > SHOWN_WITHIN else Level.WARN
    for name in ("cached", "received"):
        if getattr(screen, name) >= wanted:
            return Fact(late, f"screens.health.version.{name}", screen.shown)
    return Fact(late, "screens.health.version.behind", screen.shown)


def painted_of(screen: Screen, now: dt.datetime) -> Fact:
    """Whether it drew lately, as far as it said. `value`: seconds between its last frame and when it was last heard."""
    if screen.painted_at is None or screen.last_seen is None:
        return Fact(Level.NONE, "screens.health.painted.never")
    if now - screen.last_seen > SEEN_WITHIN:
        return Fact(Level.NONE, "screens.health.painted.unknown")
    behind = max(0, int((screen.last_seen - screen.painted_at).total_seconds()))
    if now - screen.painted_at > PAINTED_WITHIN:
        return Fact(Level.BAD, "screens.health.painted.stuck", behind)
    return Fact(Level.GOOD, "screens.health.painted.lately", behind)


def clock_of(screen: Screen) -> Fact:
    """Its clock against the trusted time. `value`: milliseconds, positive when it is ahead."""
    if screen.clock_error is None:
        return Fact(Level.NONE, "screens.health.clock.unknown")
    if abs(screen.clock_error) > CLOCK_MOST_MS:
        return Fact(Level.WARN, "screens.health.clock.off", screen.clock_error)
    return Fact(Level.GOOD, "screens.health.clock.right", screen.clock_error)


def storage_of(screen: Screen) -> Fact:
    """Room for files. `value`: what is free, in MB."""
    if screen.storage_free_mb is None:
        return Fact(Level.NONE, "screens.health.storage.unknown")
    least = max(STORAGE_LEAST_MB, (screen.storage_mb or 0) * STORAGE_LEAST // 100)
    if screen.storage_free_mb < least:
        return Fact(Level.WARN, "screens.health.storage.low", screen.storage_free_mb)
    return Fact(Level.GOOD, "screens.health.storage.enough", screen.storage_free_mb)


def temperature_of(screen: Screen) -> Fact:
    """How warm the box is. `value`: whole degrees Celsius."""
    if screen.temperature is None:
        return Fact(Level.NONE, "screens.health.temperature.unknown")
    degrees = round(screen.temperature / 10)
    if screen.temperature > HOT:
        return Fact(Level.WARN, "screens.health.temperature.hot", degrees)
    return Fact(Level.GOOD, "screens.health.temperature.fine", degrees)


def health_of(screen: Screen, *, wanted: int | None, wanted_at: dt.datetime | None, now: dt.datetime) -> Health:
    """All facts of a screen."""
    return Health(
        link_of(screen, now),
        version_of(screen, wanted, wanted_at, now),
        painted_of(screen, now),
        clock_of(screen),
        storage_of(screen),
        temperature_of(screen),
    )
