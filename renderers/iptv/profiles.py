"""What differs from operator to operator, as tables beside this file: names, values, the namespace, the lengths."""

import datetime as dt
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from renderers.iptv.settings import AccountSettings

_FOLDER: Final = Path(__file__).parent / "profiles"
_ZONE: Final = ZoneInfo("Asia/Shanghai")
_FRAMES: Final = 25


@dataclass(frozen=True, slots=True)
class Profile:
    """One operator's dialect.

    Attributes:
        namespace: of the document; empty for none.
        date: as `strftime` writes an instant, in Beijing's time.
        duration: the form of a length: ``HHMMSSFF`` or ``HHMMSS``.
        actions: their words for regist, update and delete.
        names: by kind of element, what a property is called there; an empty name leaves it out.
        fixed: by kind of element, what is the same for every one.
        longest: characters of a property's value.
        values: tables of numbers for words: heights of pictures, kinds of pictures.
        words: how a platform says that something is there or gone already.
        certainty: by table, where it is from: ``paper``, ``code`` or ``guess``.
    """

    namespace: str
    date: str
    duration: str
    actions: Mapping[str, str]
    names: Mapping[str, Mapping[str, str]]
    fixed: Mapping[str, Mapping[str, str]]
    longest: Mapping[str, int]
    values: Mapping[str, Mapping[str, str]]
    words: Mapping[str, Sequence[str]]
    certainty: Mapping[str, str]

    def says(self, what: str, text: str) -> bool:
        """Whether a reason says that something is ``there`` or ``gone`` already."""
        plain = text.casefold()
        return any(word in plain for word in self.words.get(what, ()))

    def properties(self, kind: str, given: Mapping[str, str]) -> dict[str, str]:
        """What is said of an element, in their words and lengths, in a fixed order."""
        return self.named(kind, {**self.fixed.get(kind, {}), **given})

    def named(self, kind: str, given: Mapping[str, str]) -> dict[str, str]:
        """The same without what is the same for every element of the kind."""
        names = self.names.get(kind, {})
        return {
            names.get(name, name): value[: self.longest.get(name, len(value))]
            for name, value in sorted(given.items())
            if names.get(name, name)
        }

    def instant(self, at: dt.datetime) -> str:
        return at.astimezone(_ZONE).strftime(self.date)

    def length(self, milliseconds: int) -> str:
        seconds, rest = divmod(max(0, milliseconds), 1000)
        hours, minutes = divmod(seconds // 60, 60)
        told = f"{min(hours, 99):02}{minutes:02}{seconds % 60:02}"
        return told + (f"{rest * _FRAMES // 1000:02}" if self.duration.endswith("FF") else "")

    def value(self, table: str, word: str) -> str:
        return self.values.get(table, {}).get(word, "")


# Read with the module, like its code: the loop must not wait for a disk.
_TABLES: Final[Mapping[str, Mapping[str, Any]]] = {
    path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(_FOLDER.glob("*.toml"))
}


def certainties() -> Mapping[str, Mapping[str, str]]:
    """By profile and table, how sure it is."""
    return {name: dict(table["certainty"]) for name, table in _TABLES.items()}


def profile(settings: AccountSettings) -> Profile:
    """The account's table, with what its operator says otherwise laid over it."""
    told = dict(_TABLES[settings.profile])
    for part, kinds in settings.dialect.items():
        told[part] = {**told[part], **{kind: {**told[part].get(kind, {}), **more} for kind, more in kinds.items()}}
    return Profile(**told)
