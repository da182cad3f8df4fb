"""`./yunping simulate screens N`: simulated screens against this installation, told in the terminal."""

import asyncio
import contextlib
import ssl
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import or_, select

from cms.kernel.db import Database
from cms.kernel.errors import NotFound
from cms.kernel.messages import catalogue
from cms.people.actor import Actor
from cms.people.models import Person
from cms.people.sessions import actor_of
from deploy.at_hand import database_at_hand
from deploy.settings import Settings
from screens import drill
from screens.simulator import CLOCK, Fleet, SimulatedScreen

FILE: Final = "simulated-screens.json"
EVERY: Final = 2.0
# Of a release's hash: enough to tell pieces apart on a terminal.
SHOWN: Final = 10
Tell = Callable[[str], None]


async def simulate_screens(
    settings: Settings, count: int, *, person: str, unit: str, seconds: float | None, each: bool, tell: Tell
) -> None:
    """Pairs what is missing, connects all, and says until it is stopped what they have and how fast it came."""
    path = settings.data / FILE
    kept = await asyncio.to_thread(drill.kept, path, count)
    names = [one.name for one in kept]
    screens = drill.simulated(settings.gateway, kept, tls=await asyncio.to_thread(_trusting, settings))
    words = await asyncio.to_thread(_words, settings.language)
    if any(one.screen is None for one in kept):
        await _pair(settings, screens, names, person=person, unit=unit, told=lambda n: tell(words("paired", count=n)))
        known = [replace(one, screen=screen.screen) for one, screen in zip(kept, screens, strict=True)]
        await asyncio.to_thread(drill.keep, path, known)
    async with Fleet(screens):
        with contextlib.suppress(TimeoutError, asyncio.CancelledError):
            async with asyncio.timeout(seconds):
                await _watch(screens, tell=tell, words=words)
    for text in report(screens, names, each=each, words=words):
        tell(text)


async def _pair(
    settings: Settings,
    screens: Sequence[SimulatedScreen],
    names: Sequence[str],
    *,
    person: str,
    unit: str,
    told: Callable[[int], None],
) -> None:
    db = Database(settings.database_url)
    try:
        with database_at_hand():
            actor = await _operator(db, person)
        await drill.pair(screens, names, database=db, actor=actor, unit=unit or actor.unit, told=told)
    except ExceptionGroup as problems:
        raise problems.exceptions[0] from problems
    finally:
        await db.close()


async def _operator(db: Database, person: str) -> Actor:
    """Who pairs them, for the record. Raises NotFound `people.no_person`."""
    async with db.read() as session:
        query = select(Person.id).where(or_(Person.name == person, Person.login == person), Person.active)
        found = (await session.scalars(query.limit(2))).all()
        if len(found) != 1:
            with contextlib.suppress(ValueError):
                return await actor_of(session, uuid.UUID(person))
            raise NotFound("people.no_person")
        return await actor_of(session, found[0])


async def _watch(screens: Sequence[SimulatedScreen], *, tell: Tell, words: "Words") -> None:
    """A line whenever something is different, for ever."""
    last = ""
    while True:
        live = sum(screen.is_live.is_set() for screen in screens)
        newest = max((screen.heard.newest for screen in screens), default=0)
        current = sum(screen.heard.newest == newest for screen in screens)
        text = words("status", live=live, count=len(screens), version=newest, current=current)
        if text != last:
            tell(text)
        last = text
        await asyncio.sleep(EVERY)


def report(screens: Sequence[SimulatedScreen], names: Sequence[str], *, each: bool, words: "Words") -> list[str]:
    """What they have now, and percentiles from signing to arrival."""
    found = drill.holdings(screens, names, now=CLOCK.now())
    lines = []
    for (audience, version, loop), count in drill.by_state(found):
        shows = " ".join(one[:SHOWN] for one in loop) or words("slate")
        lines.append(words("state", count=count, audience=audience or "—", version=version, loop=shows))
    if each:
        for one in found:
            shows = " ".join(item[:SHOWN] for item in one.loop) or words("slate")
            link = words("up" if one.is_live else "down")
            lines.append(words("each", name=one.name, link=link, version=one.version, loop=shows))
    delays = [delay for screen in screens for delay in screen.heard.delays]
    told = "  ".join(f"p{part} {value:.0f} ms" for part, value in drill.percentiles(delays).items())
    lines.append(words("delays", count=len(delays), told=told) if delays else words("no_delays"))
    return lines


Words = Callable[..., str]


def _words(language: str) -> Words:
    texts = catalogue()
    return lambda key, /, **params: texts.text(language, f"deploy.simulate.{key}", **params)


def _trusting(settings: Settings) -> ssl.SSLContext | None:
    """Believes this installation's own authority, where it has one, and else what the machine believes."""
    if not settings.gateway.startswith("wss://"):
        return None
    context = ssl.create_default_context()
    own = settings.data / "tls" / "ca.pem"
    if own.exists():
        context.load_verify_locations(own)
    return context
