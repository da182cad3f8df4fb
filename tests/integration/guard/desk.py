"""A guard in this process, without its socket, and screens that hear what it signs."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from cms.guard.authority import Grant
from cms.guard.core import Core, GuardSettings
from cms.guard.errors import GuardRefused
from cms.guard.recalling import Item
from cms.guard.service import Guard
from cms.trust.approval import Bundle, bundle
from cms.trust.keys import SigningKey
from cms.trust.recalls import Recalls
from cms.trust.signed import Signed, sign, text_of
from cms.trust.verify import verify_root
from screens import viewer
from screens.viewer import Incoming
from tests.integration.guard.office import ALL, Clock, draft, password, settings_in
from tests.vectors import world
from tests.vectors.world import AUDIENCE, key_of, uuid_of

RIGHTS = {"zheng": ("delegate", "recall"), "qian": ("approve", "recall"), "sun": ("approve", "recall")}


@dataclass
class Desk:
    """The guard, and what has been published through it."""

    settings: GuardSettings
    clock: Clock
    core: Core
    bundles: dict[str, Bundle] = field(default_factory=dict)
    manifest: Signed | None = None

    def __post_init__(self) -> None:
        self.guard = Guard(self.core)

    async def restarted(self) -> None:
        await asyncio.to_thread(self.core.close)
        self.core = await asyncio.to_thread(Core, self.settings, self.clock)
        self.guard = Guard(self.core)

    async def approved(self, name: str, **changes: Any) -> Bundle:
        changes = {"epoch": self.core.root.value.epoch, **changes}
        text = text_of(world.release(name, **changes))
        made = bundle(text, [await self.guard.approve(uuid_of(who), password(who), text) for who in ("qian", "sun")])
        self.bundles[made.file] = made
        return made

    async def publish(self, name: str, *, keep: Sequence[Bundle] = ()) -> Bundle:
        """A new piece behind those that stay."""
        made = await self.approved(name)
        await self.show(*keep, made)
        return made

    async def show(self, *bundles: Bundle) -> Signed:
        wanted = [draft(*bundles, audience=AUDIENCE)]
        try:
            signed = await self.guard.sign_manifests(wanted)
        except GuardRefused as refused:
            if refused.code != "guard.bundles_wanted":
                raise
            await self.guard.take_bundles({one.file: one.wire() for one in bundles})
            signed = await self.guard.sign_manifests(wanted)
        self.manifest = signed[0]
        return signed[0]

    async def recall(self, one: Bundle) -> None:
        await self.guard.recall(uuid_of("qian"), [Item(one.release, None, None)], "撤回")

    def signed_by(self, body: Recalls, key: SigningKey) -> Signed:
        return sign(body, [key])

    def screen(self, name: str = "screen", *, root: int = 1) -> "Street":
        """A screen installed under the first root of this guard (or `root`)."""
        pinned = None
        for one in self.core.state.roots[:root]:
            pinned = verify_root(Signed.of(one), pinned)
        assert pinned is not None
        key = key_of(name).public.text
        return Street(viewer.State(pinned, uuid_of(name), key, AUDIENCE), self.clock)


@dataclass
class Street:
    """One screen: what it believes, and what it was told that it refused."""

    state: viewer.State
    clock: Clock

    async def hear(self, desk: Desk) -> dict[str, str | None]:
        """All that a gateway would send it now; the verdicts."""
        facts = await desk.guard.sign_screen(self.state.screen, key=self.state.key, unit=world.POINT, tags=())
        beacons = await desk.guard.sign_beacons()
        roots = tuple(map(Signed.of, desk.core.state.roots))[self.state.root.value.version :]
        return self.take(
            roots=roots,
            delegations=Signed.of(desk.core.state.delegations),
            recalls=desk.core.recalls_signed,
            screen=facts,
            beacon=beacons.get(AUDIENCE),
            manifest=desk.manifest,
            bundles={name: one.wire().encode() for name, one in desk.bundles.items()},
        )

    def take(self, **incoming: Any) -> dict[str, str | None]:
        self.state, verdicts = viewer.accept(self.state, Incoming(**incoming), self.now)
        return {one.what: one.code for one in verdicts}

    def refuses(self, **incoming: Any) -> str | None:
        """The code of the one object; nothing it remembers changes."""
        state, verdicts = viewer.accept(self.state, Incoming(**incoming), self.now)
        assert replace(state, releases=self.state.releases) == self.state
        return verdicts[0].code

    def shows(self) -> list[str]:
        return [one.release for one in viewer.loop(self.state, self.now)]

    @property
    def now(self) -> int:
        return self.clock.at


async def opened_guard(directory: Path) -> Desk:
    """zheng administers; qian and sun approve and recall."""
    settings, clock = settings_in(directory), Clock()
    desk = Desk(settings, clock, await asyncio.to_thread(Core, settings, clock))
    secret = await asyncio.to_thread(desk.core.first_run_file.read_text, "utf-8")
    keys = {name: await desk.guard.enrol(uuid_of(name), password(name)) for name in RIGHTS}
    grants = [
        Grant(uuid_of(name), name, world.DISTRICT, ALL if "approve" in rights else (), rights, (keys[name],))
        for name, rights in RIGHTS.items()
    ]
    await desk.guard.delegate(grants, secret=secret)
    return desk
