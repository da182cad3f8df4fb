"""A new player for the screens: its files into the store, its three shares signed by two people, and a row that waits.

Whoever signs does not start it: the rollout stands ready on the desk until an operator lets it go.
"""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select

from cms.guard.asks import SignSoftware
from cms.kernel.errors import NotFound
from cms.kernel.metrics import Metrics
from cms.people.login import normal_login
from cms.people.models import Person
from cms.people.sessions import actor_of
from cms.signals.software import STAGES, SoftwareFile
from cms.trust.keys import sha256
from deploy.guarding import refusals
from deploy.installation import Installation, opened
from deploy.settings import Settings
from screens.hands.rollout import register
from screens.kiosk.box import TYPES

PLAYER: Final = Path(__file__).parents[1] / "screens" / "player"
DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Signer:
    """A person who signs, with their password."""

    login: str
    password: str


async def release_player(
    settings: Settings, *, version: str, minimum: str, first: Signer, second: Signer, folder: Path = PLAYER
) -> int:
    """Signs the player in `folder` as `version`; how many files it has.

    Raises NotFound `deploy.unknown_login`, Conflict `hands.rollout_running`, and the guard's refusals.
    """
    async with opened(settings, {}, Metrics(())) as here:
        files = await asyncio.to_thread(read_player, folder)
        for data, media_type in files.values():
            await here.store.put(data, media_type=media_type.partition(";")[0])
        listed = tuple(SoftwareFile(path, sha256(data), len(data)) for path, (data, _) in sorted(files.items()))
        signed = await _signed(here, listed, version=version, minimum=minimum, first=first, second=second)
        async with here.db.write() as session:
            actor = await actor_of(session, (await _person(here, first.login)).id)
            await register(session, actor, version=version, files=signed, now=here.clock.now())
        return len(files)


def read_player(folder: Path) -> dict[str, tuple[bytes, str]]:
    """What a box serves of a player: bytes and media type by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in TYPES)
    return {str(path.relative_to(folder)): (path.read_bytes(), TYPES[path.suffix]) for path in paths}


async def _signed(
    here: Installation, files: tuple[SoftwareFile, ...], *, version: str, minimum: str, first: Signer, second: Signer
) -> list[str]:
    """The file of each share's release, narrowest first; all in the store when this returns."""
    by, other = await _person(here, first.login), await _person(here, second.login)
    made = []
    for stage in STAGES:
        asked = SignSoftware(
            by=str(by.id),
            password=first.password,
            second=str(other.id),
            second_password=second.password,
            version=version,
            minimum=minimum,
            stage=stage,
            days=DAYS,
            files=files,
        )
        with refusals():
            signed = await here.guard.sign_software(asked)
        await here.store.put(signed.wire().encode(), media_type="application/json")
        made.append(signed.file)
    return made


async def _person(here: Installation, login: str) -> Person:
    async with here.db.read() as session:
        found = await session.scalar(select(Person).where(Person.login == normal_login(login), Person.active))
    if found is None:
        raise NotFound("deploy.unknown_login", login=login)
    return found
