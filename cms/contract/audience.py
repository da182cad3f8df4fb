"""Which devices a target reaches, and why: one pure function for the renderer, the desk and the API.

A rule has six lists. It reaches a subtree of the tree centre/institute/station/point, narrowed to tags; it leaves out
subtrees and tags; and it names single devices. What is named singly outranks both, and leaving out outranks reaching:

    left out by name > named > left out with its unit > left out by a tag > reached with its unit (and a wanted tag)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from cms.contract.pieces import Receiver, Target

SETTING: Final = "audience"
LISTS: Final = ("tags", "except_units", "except_tags", "screens", "except_screens")
MOST: Final = 200


class Why(StrEnum):
    """Which line of the rule decided; the value is a part of a message key."""

    NAMED = "named"
    UNIT = "unit"
    TAG = "tag"
    LEFT_OUT = "left_out"
    LEFT_UNIT = "left_unit"
    LEFT_TAG = "left_tag"
    NO_TAG = "no_tag"
    ELSEWHERE = "elsewhere"


_IN: Final = frozenset({Why.NAMED, Why.UNIT, Why.TAG})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a device is reached, by which kind of line, and what that line says (a path, a tag, an id)."""

    why: Why
    line: str = ""
    within: str = ""
    """Of a wanted tag: the subtree that was narrowed to it."""

    @property
    def is_in(self) -> bool:
        return self.why in _IN


@dataclass(frozen=True, slots=True)
class AudienceRule:
    """The rule of a target; `units` are paths of subtrees, `screens` ids of devices."""

    units: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    except_units: tuple[str, ...] = ()
    except_tags: tuple[str, ...] = ()
    screens: tuple[str, ...] = ()
    except_screens: tuple[str, ...] = ()

    @classmethod
    def of(cls, target: Target) -> "AudienceRule":
        return cls.read(target.units, target.settings)

    @classmethod
    def read(cls, units: Sequence[str], settings: Mapping[str, Any]) -> "AudienceRule":
        """The rule as it is kept: the subtrees of the target, and the other lists among its settings."""
        kept = settings.get(SETTING) or {}
        return cls(tuple(units), *(tuple(kept.get(name, ())) for name in LISTS))

    def kept(self) -> dict[str, list[str]]:
        """The lists beside the units, those that are empty left out; the value of the setting."""
        return {name: list(getattr(self, name)) for name in LISTS if getattr(self, name)}

    def decide(self, receiver: Receiver) -> Verdict:
        """Why a device gets the target, or why it does not."""
        if receiver.id in self.except_screens:
            return Verdict(Why.LEFT_OUT, receiver.id)
        if receiver.id in self.screens:
            return Verdict(Why.NAMED, receiver.id)
        return self._left_out(receiver) or self._reached(receiver)

    def reaches(self, receiver: Receiver) -> bool:
        return self.decide(receiver).is_in

    def _left_out(self, receiver: Receiver) -> Verdict | None:
        left = _subtree(self.except_units, receiver.unit)
        if left:
            return Verdict(Why.LEFT_UNIT, left)
        gone = next((tag for tag in self.except_tags if tag in receiver.tags), "")
        return Verdict(Why.LEFT_TAG, gone) if gone else None

    def _reached(self, receiver: Receiver) -> Verdict:
        unit = _subtree(self.units, receiver.unit)
        if not unit:
            return Verdict(Why.ELSEWHERE)
        if not self.tags:
            return Verdict(Why.UNIT, unit)
        wanted = next((tag for tag in self.tags if tag in receiver.tags), "")
        return Verdict(Why.TAG, wanted, unit) if wanted else Verdict(Why.NO_TAG, "", unit)


def covers(units: Sequence[str], unit: str) -> bool:
    """Whether `unit` lies in one of the subtrees; paths end in a slash, so a prefix is a subtree."""
    return unit.startswith(tuple(units))


def _subtree(units: Sequence[str], unit: str) -> str:
    """The narrowest of the subtrees that `unit` lies in; empty for none."""
    return max((one for one in units if unit.startswith(one)), key=len, default="")
