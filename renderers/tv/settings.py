"""What an office sets of a channel; field by field the form on the desk, named in the catalogue."""

import re
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, field_validator

from cms.contract import Target
from renderers.tv.tokens import PASS_MINUTES, PORTAL
from schedules.linear import SLOT_MS

_MOST: Final = 50
_OPERATOR: Final = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]{0,31})(?:[ \t]+(?P<number>[1-9][0-9]{0,5}))?")


class ChannelSettings(BaseModel):
    """`Target.settings` of a target of kind ``tv``.

    Attributes:
        filler: columns (by name or code) and pieces (by number) whose videos fill holes; they take no turns.
        bumper_before: the same, for what leads a programme in.
        bumper_after: the same, for what leads it out.
        freeze_minutes: how far ahead of the clock the plan stays as it was promised; 0 is two slots.
        signed: whether lists and segments are only answered to an address that somebody signed.
        operators: who may sign; a number behind the name is that of the key. ``portal`` is the portal itself.
        entry_only: whether the portal shows the channel only to who was sent there by a signed address.
        pass_minutes: how long an address lasts that the portal gives its own player; it asks for the next one in time.
        epoch_ms: the instant at which the channel's timestamps begin.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    filler: tuple[str, ...] = Field((), max_length=_MOST)
    bumper_before: tuple[str, ...] = Field((), max_length=_MOST)
    bumper_after: tuple[str, ...] = Field((), max_length=_MOST)
    freeze_minutes: int = Field(0, ge=0, le=1_440)
    signed: bool = False
    operators: tuple[str, ...] = Field((), max_length=_MOST)
    entry_only: bool = False
    pass_minutes: int = Field(PASS_MINUTES, ge=5, le=1_440)
    epoch_ms: int = Field(0, ge=0, le=4_102_444_800_000)

    @field_validator("operators")
    @classmethod
    def _operators(cls, lines: tuple[str, ...]) -> tuple[str, ...]:
        names = [match["name"] for line in lines if (match := _OPERATOR.fullmatch(line)) is not None]
        reserved = any(name.startswith(PORTAL) for name in names)
        if len(names) != len(lines) or len(set(names)) != len(names) or reserved:
            raise ValueError("operators")
        return lines

    @property
    def keys(self) -> dict[str, int]:
        """The number of each operator's key."""
        found = [match for line in self.operators if (match := _OPERATOR.fullmatch(line)) is not None]
        return {match["name"]: int(match["number"] or 1) for match in found}

    @property
    def frozen(self) -> int:
        """Slots ahead of the one on air that are promised."""
        return self.freeze_minutes * 60_000 // SLOT_MS

    @property
    def epoch(self) -> int:
        """The slot at which timestamps begin."""
        return self.epoch_ms // SLOT_MS


def settings_of(target: Target) -> ChannelSettings:
    """The settings of a target; raises pydantic's ValidationError for what the desk would not have taken."""
    return ChannelSettings.model_validate(dict(target.settings))
