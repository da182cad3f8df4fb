"""Which deliveries wait for which places of a worker: what takes off, what is short, what encodes for minutes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, select

from cms.contract import Channel
from cms.planning.models import Target
from cms.publishing.models import Delivery
from cms.publishing.states import PRIORITY, PublicationKind

LONG: Final = 60.0
RECALLS: Final = "recalls"
SHORTS: Final = "short"
LONGS: Final = "long:"


@dataclass(frozen=True, slots=True)
class Lane:
    """Deliveries that are claimed together."""

    name: str
    where: tuple[ColumnElement[bool], ...]


def lanes(channels: Mapping[str, Channel]) -> tuple[Lane, ...]:
    """The lanes in the order in which they are served; a paused account is sent nothing, but asked to take off."""
    kinds = sorted(kind for kind, channel in channels.items() if channel.seconds > LONG)
    paused = Delivery.target_id.in_(select(Target.id).where(Target.paused_at.is_not(None)))
    takes_off = Delivery.priority >= PRIORITY[PublicationKind.UNPUBLISH]
    sends = (~takes_off, ~paused)
    slow = [Lane(f"{LONGS}{kind}", (*sends, _of(kind))) for kind in kinds]
    return (Lane(RECALLS, (takes_off,)), Lane(SHORTS, (*sends, ~_of(*kinds))), *slow)


def _of(*kinds: str) -> ColumnElement[bool]:
    return Delivery.target_id.in_(select(Target.id).where(Target.kind.in_(kinds)))
