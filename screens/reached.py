"""How far a screen came, as its row keeps it: the highest version of each stage, under the newest epoch it spoke of."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import and_, bindparam, case

from screens.messages import Ack
from screens.tables import Screen

SAID: Final = frozenset({"epoch", "received", "cached", "shown", "refused", "refused_code"})
_REFUSAL: Final = frozenset({"refused", "refused_code"})


@dataclass(frozen=True, slots=True)
class Reached:
    """What a screen said of versions of one epoch; 0 where it said nothing."""

    epoch: int
    received: int = 0
    cached: int = 0
    shown: int = 0
    refused: int = 0
    refused_code: str | None = None


def reached(ack: Ack, epoch: int) -> Reached:
    said = {name: ack.version if ack.state == name else 0 for name in ("received", "cached", "shown", "refused")}
    return Reached(epoch, refused_code=ack.code if ack.state == "refused" else None, **said)


def joined(one: Reached | None, other: Reached | None) -> Reached:
    """Both together, `other` being the later: of two epochs only the newer counts. Raises ValueError for nothing."""
    if one is None or other is None:
        found = one or other
        if found is None:
            raise ValueError("nothing was said")
        return found
    if one.epoch != other.epoch:
        return max(one, other, key=lambda said: said.epoch)
    refusal = other if other.refused else one
    return Reached(
        one.epoch,
        received=max(one.received, other.received),
        cached=max(one.cached, other.cached),
        shown=max(one.shown, other.shown),
        refused=refusal.refused,
        refused_code=refusal.refused_code,
    )


def with_acks(
    facts: Mapping[uuid.UUID, Mapping[str, Any]], acks: Mapping[uuid.UUID, Reached]
) -> dict[uuid.UUID, Mapping[str, Any]]:
    """The facts of a flush with what was said of versions."""
    said = {screen: {name: getattr(one, name) for name in SAID} for screen, one in acks.items()}
    return {screen: {**facts.get(screen, {}), **said.get(screen, {})} for screen in facts.keys() | said.keys()}


def said_value(name: str, new: Any) -> Any:
    """The column after a flush: a late or repeated ack undoes nothing newer, and a newer epoch begins anew."""
    table = Screen.__table__
    column, epoch = table.c[name], table.c.epoch
    spoken = bindparam("new_epoch", type_=epoch.type)
    is_newer, is_same = epoch < spoken, epoch == spoken
    if name == "epoch":
        return case((is_newer, new), else_=column)
    takes = bindparam("new_refused", type_=table.c.refused.type) > 0 if name in _REFUSAL else column < new
    return case((is_newer, new), (and_(is_same, takes), new), else_=column)
