"""The display of the street screens: one manifest an audience, concrete for the next days."""

import datetime as dt
from zoneinfo import ZoneInfo

from cms.contract import Delta, Manifests, Services
from renderers.screen.audiences import drafts

# Long enough that a screen which hears nothing for a long weekend still has a timeline to look up.
BEIJING = ZoneInfo("Asia/Shanghai")
HORIZON = dt.timedelta(days=8)


class ScreenDisplay:
    """Computes every audience of the channel anew: a manifest is small, and a screen may be reached by many targets."""

    async def render(self, delta: Delta, services: Services, now: dt.datetime) -> Manifests:
        targets = await services.line_ups.targets(delta.target.kind)
        receivers = await services.line_ups.receivers(delta.target.kind)
        start = day_start(now)
        end = start + HORIZON
        lines = [await services.line_ups.line_up(target, start=start, end=end) for target in targets]
        return Manifests(drafts(receivers, lines, start=start, end=end))


def day_start(now: dt.datetime) -> dt.datetime:
    """Beijing midnight before `now`: all renders of a day then agree, and nothing unchanged is signed again."""
    return now.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(dt.UTC)
