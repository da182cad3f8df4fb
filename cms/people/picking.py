"""One unit out of hundreds: found by a part of its name, its initials or its code, or read from what was typed."""

import functools
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.errors import Invalid
from cms.kernel.text import one_line, pinyin_key
from cms.people.models import Unit
from cms.people.units import in_tree_order

SHOWN: Final = 30
# What a field without scripts holds: the name for the reader, then the path, which alone is unambiguous.
_PATH: Final = re.compile(r"(?:^|\s)(/(?:[a-z0-9_-]{1,40}/)+)$")


@dataclass(frozen=True, slots=True)
class Place:
    """A unit as a choice; `above` are the names of what it hangs below, outermost first."""

    id: uuid.UUID
    path: str
    name: str
    position: int
    code: str
    above: tuple[str, ...] = ()

    @property
    def typed(self) -> str:
        """What a person could type to mean this one and no other."""
        return f"{self.name} {self.path}"


async def pick(session: AsyncSession, *, within: Sequence[str], words: str, limit: int = SHOWN) -> Sequence[Place]:
    """Those of the reach whose name, initials or code hold the words, the better the sooner; the first for no words."""
    places = await _places(session, within)
    names = {one.path: one.name for one in places}
    return [
        Place(one.id, one.path, one.name, one.position, one.code, _above(one.path, names))
        for one in matching(places, words)[:limit]
    ]


def matching(places: Sequence[Place], words: str) -> Sequence[Place]:
    """In tree order; what was typed at the beginning of a name comes first. Pure."""
    wanted = one_line(words).lower()
    if not wanted:
        return places
    found = [(where, number, one) for number, one in enumerate(places) if (where := _where(one, wanted)) >= 0]
    return [one for _, _, one in sorted(found, key=lambda one: one[:2])]


async def unit_typed(session: AsyncSession, typed: str, *, within: Sequence[str]) -> Place:
    """The unit somebody means by an id, a path, a name with its path, a code, or a name that is the only one in reach.

    Whether the person may do anything there is asked by whoever uses it.

    Raises Invalid `people.unit_unknown`, `people.unit_several`.
    """
    wanted = one_line(typed)[:300]
    path = path_typed(wanted)
    if path or _is_id(wanted):
        query = select(Unit).where(Unit.path == path if path else Unit.id == uuid.UUID(wanted))
        row = (await session.scalars(query)).one_or_none()
        if row is None:
            raise _unknown(wanted)
        return _place(row)
    found = [one for one in await _places(session, within) if wanted and wanted in {one.name, one.code}]
    if not found:
        raise _unknown(wanted)
    if len(found) > 1:
        raise Invalid("people.unit_several", fields={"unit": "people.unit_several"}, name=wanted, count=len(found))
    return found[0]


def path_typed(typed: str) -> str:
    """The path at the end of what was typed, empty where there is none."""
    found = _PATH.search(typed)
    return found[1] if found else ""


async def places_at(session: AsyncSession, paths: Sequence[str]) -> Mapping[str, Place]:
    """The units of these paths."""
    rows = (await session.scalars(select(Unit).where(Unit.path.in_(set(paths))))).all()
    return {row.path: _place(row) for row in rows}


async def _places(session: AsyncSession, within: Sequence[str]) -> Sequence[Place]:
    if not within:
        return []
    inside = or_(*(Unit.path.startswith(path, autoescape=True) for path in within))
    query = select(Unit.id, Unit.path, Unit.name, Unit.position, Unit.code).where(inside)
    return in_tree_order([Place(*row) for row in (await session.execute(query)).all()])


def _place(row: Unit) -> Place:
    return Place(row.id, row.path, row.name, row.position, row.code)


def _above(path: str, names: Mapping[str, str]) -> tuple[str, ...]:
    parts = path.strip("/").split("/")
    paths = ("/" + "/".join(parts[:depth]) + "/" for depth in range(1, len(parts)))
    return tuple(names[one] for one in paths if one in names)


def _where(one: Place, wanted: str) -> int:
    """How far into the name, the initials or the code the words stand; below 0 where they do not."""
    found = [place for text in (one.name.lower(), _initials(one.name), one.code) if (place := text.find(wanted)) >= 0]
    return min(found, default=-1)


@functools.lru_cache(maxsize=8192)
def _initials(name: str) -> str:
    return pinyin_key(name)


def _is_id(text: str) -> bool:
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return False


def _unknown(typed: str) -> Invalid:
    return Invalid("people.unit_unknown", fields={"unit": "people.unit_unknown"}, name=typed[:60])
