"""What approvers allowed: a schedule, a placement and a publication must lie inside it. Pure."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from cms.kernel.clock import from_ms
from cms.kernel.errors import Refused
from cms.planning.models import Target
from cms.trust.release import Envelope
from schedules.clashes import said


@dataclass(frozen=True, slots=True)
class Allowed:
    """An envelope in the core's types: unit subtrees, channel kinds, and the half-open time."""

    units: tuple[str, ...]
    channels: tuple[str, ...]
    not_before: dt.datetime
    not_after: dt.datetime | None

    @classmethod
    def of(cls, envelope: Envelope) -> "Allowed":
        end = None if envelope.not_after is None else from_ms(envelope.not_after)
        return cls(envelope.units, envelope.channels, from_ms(envelope.not_before), end)

    def check_time(self, at: dt.datetime) -> None:
        """Raises Refused `planning.too_early` or `planning.too_late`."""
        if at < self.not_before:
            raise Refused("planning.too_early", not_before=said(self.not_before))
        if self.not_after is not None and at >= self.not_after:
            raise Refused("planning.too_late", not_after=said(self.not_after))

    def check_targets(self, targets: Sequence[Target]) -> None:
        """Raises Refused `planning.channel_not_approved` or `planning.unit_not_approved`."""
        for target in targets:
            if target.kind not in self.channels:
                raise Refused("planning.channel_not_approved", target=target.name)
            if target.units and not _meet(self.units, target.units):
                raise Refused("planning.unit_not_approved", target=target.name)


def _meet(allowed: Sequence[str], reached: Sequence[str]) -> bool:
    """Whether some place lies in both; a screen outside of the envelope leaves the piece out by itself."""
    return any(one.startswith(two) or two.startswith(one) for one in allowed for two in reached)
