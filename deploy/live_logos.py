"""The logos that live signals wear: read from the store as they change, so that no signal waits for one."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from cms.contract import AssetGone, Assets
from cms.kernel.log import logger
from cms.live.holding import HeldLogo
from media.errors import MediaRefused
from media.logo import Worn, reader

log = logger("live-in")


@dataclass(slots=True)
class Logos:
    """By source; one whose picture cannot be read is tried again at each `read`, and meanwhile there is none."""

    assets: Assets
    worn: Mapping[uuid.UUID, Worn] = field(default_factory=dict)
    _held: Mapping[uuid.UUID, HeldLogo] = field(default_factory=dict)

    async def read(self, logos: Mapping[uuid.UUID, HeldLogo]) -> None:
        """Makes `worn` what the rows say."""
        found = {}
        for source, held in logos.items():
            same = self._held.get(source) == held and source in self.worn
            worn = self.worn[source] if same else await self._one(held, is_new=self._held.get(source) != held)
            if worn is not None:
                found[source] = worn
        self.worn, self._held = found, dict(logos)

    async def _one(self, held: HeldLogo, *, is_new: bool) -> Worn | None:
        try:
            return Worn(await self.assets.read(held.sha256), reader(held.media_type), held.place)
        except (AssetGone, MediaRefused) as gone:
            if is_new:
                log.warning("the logo of a live source cannot be read", code=gone.code)
            return None
