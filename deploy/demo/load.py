"""Loads the demo world through the same use cases that people use: nothing is written past a rule of the house."""

import asyncio
import datetime as dt
import json
import os
import secrets
import tomllib
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from cms import contract
from cms.content.columns import add_column
from cms.content.draft import BylineDraft, Draft, EnvelopeDraft
from cms.content.editing import create
from cms.content.kinds import Kind
from cms.desk.settings_form import defaults_of
from cms.kernel.errors import Refused
from cms.kernel.log import logger
from cms.library.models import EncodeJob
from cms.library.states import VideoState
from cms.library.upload import upload_picture
from cms.library.videos import take_video
from cms.people import first_run
from cms.people.accounts import add_person, reset_password
from cms.people.actor import Actor
from cms.people.login import Origin, sign_in_by_code
from cms.people.models import Person, Unit
from cms.people.own_password import set_password
from cms.people.passwords import Passwords
from cms.people.roles import Role
from cms.people.sessions import actor_of
from cms.people.units import add_unit
from cms.planning.targets import add_target, as_contract
from cms.publishing.publish import publish_now
from cms.review.submit import submit
from deploy.demo import platforms, world as demo_world
from deploy.demo.hands import DemoParts, People, approve, unit_of
from deploy.demo.life import bring_to_life
from deploy.demo.scenes import picture
from deploy.demo.talk import NoTalk, make_talk
from deploy.demo.text import blocks_of
from media.workspace import private_folder

HERE: Final = Path(__file__).parent
KEEPER: Final = "demo-keeper"
ORIGIN: Final = Origin("127.0.0.1", "demo")
AT_ONCE: Final = 2
EVERYWHERE: Final = ("screen", "web", "tv")
# While a video is encoded, its row is looked at so often (seconds).
LOOK_EVERY: Final = 0.5
PIECE_EVERY: Final = dt.timedelta(hours=5)
ENDING: Final = frozenset({Kind.NOTICE, Kind.ACTIVITY})
log = logger("demo")

Say = Callable[[str, int, int], None]


async def load_demo(parts: DemoParts, *, secret: str, say: Say) -> Mapping[str, str]:
    """Makes the world in an empty installation and returns a one-time sign-in code for each person by login.

    `secret` is the guard's first-run secret; `say` is told what is being done, how many are done, and of how many.
    """
    world = await asyncio.to_thread(demo_world)
    text = await asyncio.to_thread((HERE / "pieces.toml").read_text, "utf-8")
    pieces = tomllib.loads(text)["pieces"]
    keeper, people = await furnish(parts, world, secret=secret, say=say)
    film = await _film(parts, people, say)
    written = [row for row in pieces if row.get("kind") != Kind.LECTURE]
    await _pieces(parts, people, written, world, say)
    if film is not None:
        await _encoded(parts, film, say)
        for row in pieces:
            if row not in written:
                await publish_piece(parts, people, row, world, at=parts.clock.now(), film=film)
    say("life", 0, 1)
    await bring_to_life(parts, people, world)
    say("life", 1, 1)
    return await new_codes(parts, keeper)


async def furnish(parts: DemoParts, world: Mapping[str, Any], *, secret: str, say: Say) -> tuple[Actor, People]:
    """The district, its people, columns and channels; nothing written yet."""
    keeper = await _keeper(parts, world["units"][0], secret)
    units = await _units(parts, keeper, world["units"], say)
    people = await _people(parts, keeper, world["people"], units, say)
    await _places(parts, people, world, units)
    return keeper, people


async def _film(parts: DemoParts, people: People, say: Say) -> uuid.UUID | None:
    """Makes the lecture and hands it in first: it is encoded while the pieces are written. None: it cannot be made."""
    say("film", 0, 1)
    async with private_folder(parts.workshop.work) as folder:
        try:
            film = await make_talk(folder)
        except NoTalk as problem:
            log.warning("the demo goes on without its lecture", error=str(problem))
            return None
        asset = await take_video(
            parts.db, parts.workshop, people.with_role(Role.EDITOR), film, name="湖畔讲堂.mp4", now=parts.clock.now()
        )
    say("film", 1, 1)
    return asset.id


async def _encoded(parts: DemoParts, film: uuid.UUID, say: Say) -> None:
    """Waits for the worker. Raises Refused with the encoder's reason."""
    said = -1
    while True:
        async with parts.db.read() as session:
            job = (await session.scalars(select(EncodeJob).where(EncodeJob.asset_id == film))).one()
        state = VideoState(job.state)
        if state is VideoState.REJECTED:
            raise Refused(job.error_code or "library.encode_poisoned", **job.error_params)
        percent = 100 if state is VideoState.READY else min(job.percent, 99)
        if percent != said:
            say("encode", percent, 100)
            said = percent
        if state is VideoState.READY:
            return
        await asyncio.sleep(LOOK_EVERY)


async def _pieces(
    parts: DemoParts, people: People, rows: Sequence[Mapping[str, Any]], world: Mapping[str, Any], say: Say
) -> None:
    """Two at a time: composing and decoding pictures takes a core each."""
    now, turn, done = parts.clock.now(), asyncio.Semaphore(AT_ONCE), 0

    async def one(number: int, row: Mapping[str, Any]) -> None:
        nonlocal done
        async with turn:
            await publish_piece(parts, people, row, world, at=now - PIECE_EVERY * number)
        done += 1
        say("pieces", done, len(rows))

    async with asyncio.TaskGroup() as group:
        for number, row in enumerate(rows):
            group.create_task(one(number, row))


async def confirm_new_keys(parts: DemoParts) -> None:
    """In the demo only: its keeper confirms the signing keys that people made when they set their passwords."""
    held = json.loads(await asyncio.to_thread(parts.keeper_file.read_text))
    await parts.keys.delegate(parts.db, by=uuid.UUID(held["person"]), password=held["password"])


async def keeper_of(parts: DemoParts) -> uuid.UUID:
    """The demo's administrator."""
    return uuid.UUID(json.loads(await asyncio.to_thread(parts.keeper_file.read_text))["person"])


async def _keeper(parts: DemoParts, root: Mapping[str, Any], secret: str) -> Actor:
    password = secrets.token_urlsafe(24)
    async with parts.db.write() as session:
        code = await first_run.issue_set_up_code(session, now=parts.clock.now())
    signed_in = await first_run.set_up(
        parts.db,
        code=code,
        unit_code=root["code"],
        unit_name=root["name"],
        level=root["level"],
        name="演示管理员",
        login=KEEPER,
        password=password,
        origin=ORIGIN,
        passwords=Passwords(),
        signer=parts.keys,
        now=parts.clock.now(),
    )
    await parts.keys.delegate(parts.db, secret=secret)
    await asyncio.to_thread(_keep, parts.keeper_file, {"person": str(signed_in.person), "password": password})
    async with parts.db.read() as session:
        return await actor_of(session, signed_in.person)


def _keep(path: Path, value: Mapping[str, str]) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(value, file)


async def _units(parts: DemoParts, keeper: Actor, rows: Sequence[Mapping[str, Any]], say: Say) -> dict[str, Unit]:
    async with parts.db.read() as session:
        root = (await session.scalars(select(Unit).where(Unit.parent_id.is_(None)))).one()
    made = {root.code: root}
    for position, row in enumerate(rows[1:]):
        say("units", position, len(rows) - 1)
        parent = made[row["parent"]]
        key = row["code"] if parent is root else f"{row['parent']}/{row['code']}"
        async with parts.db.write() as session:
            made[key] = await add_unit(
                session,
                keeper,
                parent.id,
                code=row["code"],
                name=row["name"],
                level=row["level"],
                position=position,
                now=parts.clock.now(),
            )
    return made


async def _people(
    parts: DemoParts, keeper: Actor, rows: Sequence[Mapping[str, Any]], units: Mapping[str, Unit], say: Say
) -> People:
    people = People()
    for number, row in enumerate(rows):
        say("people", number, len(rows))
        async with parts.db.write() as session:
            person, code = await add_person(
                session,
                keeper,
                login=row["login"],
                name=row["name"],
                unit=units[row["unit"]].id,
                roles=[Role(role) for role in row["roles"]],
                now=parts.clock.now(),
            )
        await sign_in_by_code(parts.db, code=code, origin=ORIGIN, now=parts.clock.now())
        password = people.passwords[row["login"]] = secrets.token_urlsafe(24)
        async with parts.db.read() as session:
            actor = await actor_of(session, person.id)
        await set_password(
            parts.db, actor, password=password, passwords=Passwords(), signer=parts.keys, now=parts.clock.now()
        )
        async with parts.db.read() as session:
            people.actors[row["login"]] = await actor_of(session, person.id)
    await confirm_new_keys(parts)
    return people


async def _places(parts: DemoParts, people: People, world: Mapping[str, Any], units: Mapping[str, Unit]) -> None:
    chief = people.with_role(Role.CHIEF)
    made: list[tuple[contract.Target, Mapping[str, Any]]] = []
    async with parts.db.write() as session:
        for position, row in enumerate(world["columns"]):
            await add_column(
                session, chief, code=row["code"], name=row["name"], position=position, now=parts.clock.now()
            )
        for row in world["targets"]:
            root = units[world["units"][0]["code"]].path
            covered = units[row["unit"]].path if "unit" in row else root
            channel = parts.channels[row["kind"]]
            given = platforms.settings_of(row, parts.credentials)
            target = await add_target(
                session,
                None,
                code=row["code"],
                kind=row["kind"],
                name=row["name"],
                unit=root,
                units=[] if channel.settings else [covered],
                settings=defaults_of(channel.settings) | given,
                loop_seconds=row.get("loop_minutes", 15) * 60,
                now=parts.clock.now(),
            )
            made.append((as_contract(target), row))
    for target_, row in made:
        await platforms.fill(parts.services(target_), row, parts.credentials)


async def publish_piece(
    parts: DemoParts,
    people: People,
    row: Mapping[str, Any],
    world: Mapping[str, Any],
    *,
    at: dt.datetime,
    film: uuid.UUID | None = None,
) -> None:
    """Writes a piece with a picture, has it reviewed and signed, and publishes it on the channels of the world."""
    author, now = people.with_role(Role.EDITOR), parts.clock.now()
    jpeg = await asyncio.to_thread(picture, row["scene"])
    asset = await upload_picture(parts.db, parts.workshop, author, jpeg, name=f"{row['title']}.jpg", now=now)
    kind = Kind(row.get("kind", "news"))
    channels = (*EVERYWHERE, *row.get("also", ()))
    video = str(film) if film is not None else None
    draft = Draft(
        title=row["title"],
        summary=row["summary"],
        byline=BylineDraft("吴江发布", row["reporter"], row["editor"], world["sponsor"], at),
        column=row["column"],
        cover=asset.id,
        cover_alt=row["title"],
        body={"schema": 1, "blocks": blocks_of(row["body"], picture=str(asset.id), video=video)},
        channels=channels,
        envelope=EnvelopeDraft(not_after=now + dt.timedelta(days=60) if kind in ENDING else None),
    )
    async with parts.db.write() as session:
        edition = await create(session, author, kind=kind, unit=await unit_of(parts, author), draft=draft, now=now)
    async with parts.db.write() as session:
        await submit(session, author, edition.id, press=parts.press, now=now)
    for role in (Role.REVIEWER, Role.CHIEF):
        await approve(parts, people, people.with_role(role), edition.id)
    async with parts.db.write() as session:
        codes = [target["code"] for target in world["targets"] if target["kind"] in channels]
        await publish_now(session, people.with_role(Role.PUBLISHER), edition.id, targets=codes, now=parts.clock.now())


async def new_codes(parts: DemoParts, keeper: Actor) -> dict[str, str]:
    """Everybody who was made begins with a one-time code: the passwords of the loading are forgotten."""
    codes: dict[str, str] = {}
    logins = [row["login"] for row in (await asyncio.to_thread(demo_world))["people"]]
    async with parts.db.write() as session:
        for person in (await session.scalars(select(Person).where(Person.login.in_(logins)))).all():
            codes[person.login] = await reset_password(session, keeper, person.id, now=parts.clock.now())
    return codes
