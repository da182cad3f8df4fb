"""Slots made ahead of their time: each kind of stream once, however many wires it goes to."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cms.contract import Assets, Published
from media.errors import MediaRefused
from media.threads import in_thread
from renderers.tv import paths
from renderers.tv.live import with_live
from renderers.tv.plan import Plan, decode
from renderers.tv.ts import mux
from renderers.tv.ts.events import events
from renderers.tv.ts.mux import DoesNotFit
from renderers.tv.ts.source import Choice, choices, read
from renderers.tv.ts.tables import Events, Service

# The slot on air and the next: an emergency that comes now is in the next one.
AHEAD: Final = 1


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of stream: of a channel, at a rate, with a rung's pictures, under a service number."""

    code: str
    rung: str
    rate: int
    service: int = 1


@dataclass(frozen=True, slots=True)
class Made:
    """A slot's bytes; `short` when they are not what was planned in the rung that was asked for."""

    data: bytes
    short: bool


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Everything the bytes of a slot depend on besides its number."""

    choices: tuple[Choice, ...]
    service: Service
    events: Events


class Maker:
    """Makes slots, remembers the newest, and makes them again when the plan has changed before they were sent."""

    def __init__(self, published: Published, assets: Assets, clean: Callable[[Plan, Published], Plan]) -> None:
        self._published = published
        self._assets = assets
        self._clean = clean
        self._made: dict[tuple[Stream, int], tuple[_Wanted, Made]] = {}

    async def plan(self, code: str) -> Plan | None:
        """The channel's plan without what was recalled; None before there is one, or where it cannot be read."""
        data = await self._published.read(paths.plan(code))
        try:
            return (
                None if data is None else await with_live(self._clean(decode(data), self._published), self._published)
            )
        except ValueError:
            return None

    async def slot(self, stream: Stream, slot: int) -> Made | None:
        """A slot at its rate; None when there is no plan, or not even a slate that fits."""
        plan = await self.plan(stream.code)
        if plan is None:
            return None
        wanted = _Wanted(
            tuple(choices(plan.on(slot), stream.rung)), Service(stream.service, plan.name), events(plan, slot)
        )
        known = self._made.get((stream, slot))
        if known is not None and known[0] == wanted:
            return known[1]
        made = await self._make(stream, slot, wanted)
        if made is not None:
            self._made[stream, slot] = (wanted, made)
        return made

    async def segment(self, code: str, rung: str, slot: int) -> bytes | None:
        """A slot as short as it is, for a program that asks for no rate; None as above."""
        plan = await self.plan(code)
        for choice in () if plan is None else choices(plan.on(slot), rung):
            found = await read(choice, self._assets)
            if found is not None and plan is not None:
                with contextlib.suppress(MediaRefused):
                    return await in_thread(mux.segment, found.stored, slot, Service(1, plan.name))
        return None

    def forget(self, before: int) -> None:
        """Drops slots whose time is over."""
        self._made = {key: value for key, value in self._made.items() if key[1] >= before}

    async def _make(self, stream: Stream, slot: int, wanted: _Wanted) -> Made | None:
        """The first choice that is there and fits the rate."""
        size = mux.size_of(stream.rate)
        for number, choice in enumerate(wanted.choices):
            found = await read(choice, self._assets)
            if found is None:
                continue
            try:
                data = await in_thread(mux.constant, found.stored, slot, size, wanted.service, wanted.events)
            except (DoesNotFit, MediaRefused):
                continue
            return Made(data, short=number > 0)
        return None
