"""What anybody may know of a place 点位: its name, where it belongs, and what its screens are to show now."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.kernel.clock import to_ms
from cms.people.models import Unit
from cms.trust.manifest import read_manifest
from cms.trust.signed import Signed
from screens.states import AudienceMember, ScreenState
from screens.tables import Screen

# Codes are given anew below each unit, so that one may stand for several places.
MOST_PLACES: Final = 20
_MOST_AUDIENCES: Final = 8
MOST_SHOWN: Final = 24


@dataclass(frozen=True, slots=True)
class Place:
    """A unit as the public knows it; `above` are the names of the units it belongs to, the highest first."""

    path: str
    name: str
    above: tuple[str, ...]


async def places_of(session: AsyncSession, codes: Sequence[str]) -> Sequence[Place]:
    """The units with this code, or the one that a whole path of codes names."""
    query = select(Unit.path, Unit.name).order_by(Unit.path).limit(MOST_PLACES)
    query = query.where(Unit.code == codes[0] if len(codes) == 1 else Unit.path == f"/{'/'.join(codes)}/")
    found = (await session.execute(query)).all()
    wanted = {path for row in found for path in _above(row.path)}
    known = await session.execute(select(Unit.path, Unit.name).where(Unit.path.in_(wanted)))
    names = {row.path: row.name for row in known}
    return [Place(row.path, row.name, tuple(names[one] for one in _above(row.path) if one in names)) for row in found]


async def shown_at(session: AsyncSession, path: str, *, now: dt.datetime) -> tuple[str, ...]:
    """The releases that screens in this unit and below it have in their signed line-up of this moment, in its order."""
    of_screens = select(AudienceMember.audience).join(Screen, Screen.id == AudienceMember.screen)
    of_screens = of_screens.where(Screen.unit.startswith(path, autoescape=True), Screen.revoked_at.is_(None))
    query = select(ScreenState.signed).where(ScreenState.audience.in_(of_screens))
    found: list[str] = []
    for signed in await session.scalars(query.order_by(ScreenState.audience).limit(_MOST_AUDIENCES)):
        manifest = read_manifest(Signed.read(signed).text)
        for slot in manifest.timeline:
            if slot.from_ <= to_ms(now) < slot.to:
                found += [show.release for show in slot.loop]
    return tuple(dict.fromkeys(found))[:MOST_SHOWN]


def _above(path: str) -> list[str]:
    codes = path.strip("/").split("/")
    return [f"/{'/'.join(codes[:length])}/" for length in range(1, len(codes))]
