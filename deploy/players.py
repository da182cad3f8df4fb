"""A new player for the screens: its files into the store, its three shares signed, and a row that waits.

Two people's passwords let this machine's guard sign. Where the root wants more keys than that one, the shares travel in
a file to whoever holds the others, as a root does, and are registered when all have signed. Whoever signs does not
start it: the rollout stands ready on the desk until an operator lets it go.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from cms.guard import ceremony
from cms.guard.asks import SignSoftware
from cms.guard.ceremony import HolderKey
from cms.guard.durable import write_atomic
from cms.kernel.clock import to_ms
from cms.kernel.errors import NotFound, Refused
from cms.kernel.metrics import Metrics
from cms.people.login import normal_login
from cms.people.models import Person
from cms.people.sessions import actor_of
from cms.signals.software import STAGES, Software, SoftwareFile, read_software, verify_software
from cms.trust.canonical import decode, encode
from cms.trust.errors import TrustError
from cms.trust.keys import sha256
from cms.trust.limits import MAX_TEXT
from cms.trust.root import Root
from cms.trust.signed import Signed, Verified
from cms.trust.verify import good_signers, verify_root
from deploy.guarding import refusals
from deploy.installation import Installation, opened
from deploy.settings import Settings
from screens.hands.rollout import register
from screens.kiosk.box import TYPES

PLAYER: Final = Path(__file__).parents[1] / "screens" / "player"
PAGE: Final = "index.html"
DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class Signer:
    """A person who signs, with their password."""

    login: str
    password: str


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a release: `missing` signatures of the keys `who` are wanted before it can be registered."""

    version: str
    count: int
    missing: int
    who: tuple[str, ...]


async def release_player(
    settings: Settings,
    *,
    version: str,
    minimum: str,
    first: Signer,
    second: Signer,
    folder: Path = PLAYER,
    out: Path | None = None,
) -> Made:
    """Signs the player in `folder` as `version`, and registers it, or writes it to `out` for further signatures.

    Raises:
        NotFound: `deploy.unknown_login`.
        Refused: `deploy.player_no_page`, `deploy.player_half_signed` without `out`, `deploy.keys_file_exists`; and the
            guard's refusals.
    """
    if out is not None and await asyncio.to_thread(out.exists):
        raise Refused("deploy.keys_file_exists", file=str(out))
    async with opened(settings, {}, Metrics(())) as here:
        files = await asyncio.to_thread(read_player, folder)
        if PAGE not in files:
            raise Refused("deploy.player_no_page", folder=str(folder))
        for data, media_type in files.values():
            await here.store.put(data, media_type=media_type.partition(";")[0])
        listed = tuple(SoftwareFile(path, sha256(data), len(data)) for path, (data, _) in sorted(files.items()))
        shares = await _signed(here, listed, version=version, minimum=minimum, first=first, second=second)
        root = await _root(here)
        made = standing(shares, root)
        if made.missing and out is None:
            raise Refused("deploy.player_half_signed", count=made.missing, keys=" ".join(made.who))
        if made.missing and out is not None:
            await asyncio.to_thread(write_atomic, out, _wire(shares))
        else:
            await _register(here, shares, root, by=first.login)
        return made


def read_player(folder: Path) -> dict[str, tuple[bytes, str]]:
    """What a box serves of a player: bytes and media type by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in TYPES)
    return {str(path.relative_to(folder)): (path.read_bytes(), TYPES[path.suffix]) for path in paths}


def told(file: Path) -> dict[str, object]:
    """What a holder looks at before they sign: `fingerprint` is of the names and bytes of all files."""
    software = read_software(read_shares(file)[0].text)
    names = encode([[one.path, one.sha256] for one in software.files])
    return {"version": software.version, "count": len(software.files), "fingerprint": sha256(names.encode())[:16]}


def sign_shares(file: Path, key: Path, passphrase: str) -> None:
    """A holder signs every share in a file, away from the server too. Raises the guard's refusals."""
    shares = read_shares(file)
    with refusals():
        opened_key = HolderKey.read(key.read_bytes()).open(passphrase)
    write_atomic(file, _wire([ceremony.add_signature(one, Software.TYPE, opened_key) for one in shares]))


async def accept_shares(settings: Settings, file: Path, *, by: str) -> Made:
    """Registers a release that all have signed; its files came into the store when it was made.

    Raises NotFound `deploy.unknown_login`, Refused `deploy.player_half_signed`, `deploy.player_file`.
    """
    shares = await asyncio.to_thread(read_shares, file)
    async with opened(settings, {}, Metrics(())) as here:
        root = await _root(here)
        made = standing(shares, root)
        if made.missing:
            raise Refused("deploy.player_half_signed", count=made.missing, keys=" ".join(made.who))
        await _register(here, shares, root, by=by)
        return made


def read_shares(file: Path) -> list[Signed]:
    """The shares of one release, narrowest first. Raises Refused `deploy.player_file` for any other file."""
    try:
        value: Any = decode(file.read_bytes(), limit=3 * MAX_TEXT)
        shares = [Signed.of(one) for one in value["player"]]
        bodies = [read_software(one.text) for one in shares]
    except (TrustError, KeyError, TypeError) as fault:
        raise Refused("deploy.player_file", file=str(file)) from fault
    if [one.stage for one in bodies] != list(STAGES) or len({(one.version, one.files) for one in bodies}) != 1:
        raise Refused("deploy.player_file", file=str(file))
    return shares


def standing(shares: Sequence[Signed], root: Verified[Root]) -> Made:
    """How many of the role's keys have still to sign. Pure."""
    software, role = read_software(shares[0].text), root.value.player
    keys = {key: root.value.keys[key].public for key in role.keys} if role else {}
    given = set(keys).intersection(*(good_signers(one, Software.TYPE, keys) for one in shares))
    left = max(0, role.threshold - len(given)) if role else 1
    return Made(software.version, len(software.files), left, tuple(key for key in keys if key not in given))


async def _register(here: Installation, shares: Sequence[Signed], root: Verified[Root], *, by: str) -> None:
    """Raises Refused with the code a screen would refuse it by."""
    now = here.clock.now()
    try:
        bodies = [verify_software(one, root).value for one in shares]
    except TrustError as fault:
        raise Refused(fault.code, **fault.params) from fault
    if to_ms(now) >= min(one.expires_at for one in bodies):
        raise Refused("trust.expired", what=Software.TYPE)
    for one in shares:
        await here.store.put(one.wire().encode(), media_type="application/json")
    person = (await _person(here, by)).id
    async with here.db.write() as session:
        actor = await actor_of(session, person)
        await register(session, actor, version=bodies[0].version, files=[one.file for one in shares], now=now)


async def _signed(
    here: Installation, files: tuple[SoftwareFile, ...], *, version: str, minimum: str, first: Signer, second: Signer
) -> list[Signed]:
    """The share of each stage with this guard's signature, narrowest first."""
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
            made.append(await here.guard.sign_software(asked))
    return made


async def _root(here: Installation) -> Verified[Root]:
    """The root in force, walked from the first."""
    with refusals():
        state: Mapping[str, Any] = await here.guard.state()
    root: Verified[Root] | None = None
    for one in state["roots"]:
        root = verify_root(Signed.of(one), root)
    assert root is not None  # noqa: S101 - a guard that answers has one
    return root


def _wire(shares: Sequence[Signed]) -> bytes:
    return encode({"player": [one.value() for one in shares]}).encode()


async def _person(here: Installation, login: str) -> Person:
    async with here.db.read() as session:
        found = await session.scalar(select(Person).where(Person.login == normal_login(login), Person.active))
    if found is None:
        raise NotFound("deploy.unknown_login", login=login)
    return found
