"""The display of the street screens: one manifest an audience, concrete for the next days."""

import datetime as dt

from cms.contract import Delta, Manifests, Services
from renderers.screen.audiences import drafts

# Long enough that a screen which hears nothing for a long weekend still has a timeline to look up.
HORIZON = dt.timedelta(days=8)


class ScreenDisplay:
    """Computes every audience of the channel anew: a manifest is small, and a screen may be reached by many targets."""

    async def render(self, delta: Delta, services: Services, now: dt.datetime) -> Manifests:
        targets = await services.line_ups.targets(delta.target.kind)
        receivers = await services.line_ups.receivers(delta.target.kind)
        end = now + HORIZON
        lines = [await services.line_ups.line_up(target, start=now, end=end) for target in targets]
        return Manifests(drafts(receivers, lines, start=now, end=end))
