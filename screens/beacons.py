"""Keeps every audience's newest state signed: a fresh beacon at each change and at least every ten seconds.

While the guard is away the last signed frames go on being served: screens grow stale, they do not go dark.
"""

import asyncio
import contextlib
import random
from collections.abc import Iterable, Sequence
from typing import Final

from cms.kernel.errors import DomainError
from cms.kernel.log import logger
from cms.trust.root import read_root
from cms.trust.signed import Signed
from screens.fanout import Fanout, Group
from screens.frames import AudienceFrames, Parts
from screens.registry import Registry
from screens.signer import BeaconBody, Signer, Trust
from screens.source import StoredStates

# A recall that only the guard knows of (its database down) is seen within this.
EVERY: Final = 0.25
# Spread, so that eight hundred audiences are not signed in one moment for ever; looked at within EVERY, ten at most.
OLDEST: Final = (8.5, 9.5)
BATCH: Final = 64
# Questions to the guard under way: it signs the next audiences while these are written.
AT_ONCE: Final = 2
UNKNOWN_AGAIN: Final = 2.0

log = logger("screens")


class Beacons:
    """Signs and publishes; `run` must be running for anything to be renewed."""

    def __init__(self, signer: Signer, source: StoredStates, registry: Registry, fanout: Fanout) -> None:
        self._signer = signer
        self._source = source
        self._registry = registry
        self._fanout = fanout
        self._parts: Parts | None = None
        self._guards: frozenset[str] = frozenset()
        self._due_at: dict[str, float] = {}
        self._bell = asyncio.Event()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self.is_guarded = False
        self.guarded = asyncio.Event()

    @property
    def trust(self) -> Trust | None:
        """The guard's objects as last seen."""
        return self._parts.trust if self._parts else None

    @property
    def epoch(self) -> int:
        """The guard's present epoch; 0 before it answered once."""
        return self._parts.trust.epoch if self._parts else 0

    def is_fresh(self, group: Group) -> bool:
        """Whether the group's frames are the newest state with a beacon that is not due yet."""
        state = self._source.state_of(group.audience)
        if group.frames is None or state is None or group.frames.state.version != state.version:
            return False
        return self._due_at.get(group.audience, 0.0) > asyncio.get_running_loop().time()

    def vouches(self, facts: Signed) -> bool:
        """Whether a guard of the present root and epoch signed these facts; True while no guard has answered."""
        if self._parts is None:
            return True
        is_ours = any(one.key in self._guards for one in facts.signatures)
        # The text is canonical and no string in it can hold a quote, so this is the field and nothing else.
        return is_ours and f'"epoch":{self.epoch},' in facts.text

    def changed(self, audiences: Iterable[str]) -> None:
        """These have a newer state, or a member that waits for one: sign at once."""
        for audience in audiences:
            self._due_at[audience] = 0.0
        self._bell.set()

    async def run(self) -> None:
        """Renews until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await self._look()
            await self._sign_due(loop.time())
            self._bell.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._bell.wait()

    async def _look(self) -> None:
        """Asks the guard for its root, delegations and recalls; all audiences are due when one of them is new."""
        try:
            trust = await self._signer.trust()
        except (DomainError, OSError) as problem:
            self._away(problem)
            return
        self._answered()
        if self._parts is None or trust != self._parts.trust:
            if self._parts is not None and trust.epoch != self._parts.trust.epoch:
                for group in self._registry.groups.values():
                    group.forget()  # counting begins again: what a screen has of the old epoch says nothing
            self._parts = Parts.of(trust)
            self._guards = frozenset(read_root(trust.root.text).roles.guard.keys)
            self.changed(self._registry.groups)
        self.guarded.set()

    async def _sign_due(self, now: float) -> None:
        due_at = self._due_at
        due = [group for name, group in self._registry.groups.items() if group.members and due_at.get(name, 0.0) <= now]
        if due and self._parts is not None:
            batches = [due[start : start + BATCH] for start in range(0, len(due), BATCH)]
            await asyncio.gather(*(self._renew(batch, self._parts) for batch in batches))

    async def _renew(self, groups: Sequence[Group], parts: Parts) -> None:
        """Beacons of some audiences with one question to the guard; they go out while it signs the next ones."""
        async with self._slots:
            wanted = self._wanted(groups)
            try:
                made = await self._signer.sign_beacons(list(wanted.values())) if wanted else {}
            except (DomainError, OSError) as problem:
                self._away(problem)
                self._keep_serving(wanted, again=0.0)
                return
        for group, body in wanted.items():
            state, beacon = self._source.state_of(body.audience), made.get(body.audience)
            if state is not None and beacon is not None:
                self._fanout.publish(group, AudienceFrames(state, beacon, parts))
        # What the guard knows no manifest of: asked again, but not in every turn.
        unknown = [group for group in wanted if group.audience not in made]
        self._keep_serving(unknown, again=asyncio.get_running_loop().time() + UNKNOWN_AGAIN)

    def _wanted(self, groups: Iterable[Group]) -> dict[Group, BeaconBody]:
        # Set before the call: a change that arrives during it makes the audience due again.
        now, (least, most) = asyncio.get_running_loop().time(), OLDEST
        wanted = {}
        for group in groups:
            self._due_at[group.audience] = now + least + (most - least) * random.random()  # noqa: S311
            state = self._source.state_of(group.audience)
            if state is not None:
                wanted[group] = BeaconBody(state.audience, state.version, state.digest, state.file)
        return wanted

    def _keep_serving(self, groups: Iterable[Group], *, again: float) -> None:
        """The last signed frames, for members that came meanwhile."""
        for group in groups:
            self._due_at[group.audience] = again
            if group.frames is not None:
                self._fanout.publish(group, group.frames)

    def _answered(self) -> None:
        if not self.is_guarded:
            log.info("guard answers")
        self.is_guarded = True

    def _away(self, problem: Exception) -> None:
        if self.is_guarded:
            log.warning("guard away, serving the last signed states", error=str(problem))
        self.is_guarded = False
