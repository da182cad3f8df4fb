"""A small newsroom in a database: units, people with real keys, a signer, a press; where tests of the core begin."""

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.draft import BylineDraft, Draft
from cms.content.models import Column, Edition
from cms.contract import Piece
from cms.kernel.db import Database
from cms.kernel.errors import Denied
from cms.kernel.ids import block_id, uuid7
from cms.library.models import Asset, Rendition
from cms.people.actor import Actor
from cms.people.delegating import delegates
from cms.people.models import Membership, Person, Unit
from cms.people.own_password import add_key
from cms.people.roles import Role
from cms.people.sessions import actor_of
from cms.review.approve import prepare_approval, record_approval
from cms.review.release import Press
from cms.trust.approval import Approval, approve
from cms.trust.delegations import Delegations
from cms.trust.keys import SigningKey
from cms.trust.root import Role as RootRole, Roles, Root, RootKey
from cms.trust.signed import Verified, sign
from cms.trust.verify import verify_delegations, verify_root

NOW = dt.datetime(2026, 11, 20, 8, 0, tzinfo=dt.UTC)
CENTRE, INSTITUTE, STATION, NEIGHBOUR = "/320509/", "/320509/04/", "/320509/04/017/", "/320509/05/"
DOMAIN = "wujiang.example"
PASSWORD = "晚霞照在运河上，船慢慢走"
RENDITIONS = {"screen": ("screen-1080", "screen-cover"), "web": ("web-480", "thumb")}

# name -> unit, roles
PEOPLE: dict[str, tuple[str, tuple[Role, ...]]] = {
    "author": (STATION, (Role.EDITOR,)),
    "colleague": (STATION, (Role.EDITOR,)),
    "reviewer": (CENTRE, (Role.REVIEWER,)),
    "second": (CENTRE, (Role.REVIEWER,)),
    "chief": (CENTRE, (Role.CHIEF,)),
    "deputy": (CENTRE, (Role.CHIEF,)),
    "publisher": (CENTRE, (Role.PUBLISHER,)),
    "neighbour": (NEIGHBOUR, (Role.REVIEWER,)),
    "admin": (CENTRE, (Role.ADMIN,)),
    "auditor": (CENTRE, (Role.AUDITOR,)),
    "nobody": (STATION, ()),
}


class Keyring:
    """A `Signer` that keeps real keys in memory and opens them only with the password they were sealed under."""

    def __init__(self) -> None:
        self._keys: dict[uuid.UUID, tuple[str, SigningKey]] = {}

    async def enrol(self, person: uuid.UUID, password: str) -> str:
        self._keys[person] = (password, SigningKey.generate())
        return self._keys[person][1].public.text

    async def enrol_passkey(self, person: uuid.UUID, public: str) -> None:
        """Nothing private to keep."""

    async def witness(self, approval: Approval, text: str) -> Approval:
        return approval

    async def reseal(self, person: uuid.UUID, old: str, new: str) -> None:
        self._keys[person] = (new, self._open(person, old))

    async def approve(self, person: uuid.UUID, password: str, text: str) -> Approval:
        return approve(text, person=str(person), key=self._open(person, password), at=0)

    def _open(self, person: uuid.UUID, password: str) -> SigningKey:
        sealed, key = self._keys[person]
        if sealed != password:
            raise Denied("people.password_wrong")
        return key


@dataclass
class Office:
    """The newsroom; `people` are ids by name, `units` ids by path."""

    db: Database
    signer: Keyring
    units: dict[str, uuid.UUID] = field(default_factory=dict)
    people: dict[str, uuid.UUID] = field(default_factory=dict)
    press: Press = field(default_factory=lambda: Press(DOMAIN, 1, RENDITIONS, form))

    async def actor(self, name: str) -> Actor:
        async with self.db.read() as session:
            return await actor_of(session, self.people[name])

    async def delegations(self, *, now: dt.datetime = NOW) -> Verified[Delegations]:
        """What the guard would have signed for the people of this moment."""
        async with self.db.read() as session:
            return signed_delegations(Delegations(DOMAIN, 1, 1, 0, _ms(now) + 10**10, await delegates(session)))

    async def approve(self, name: str, edition: uuid.UUID, *, now: dt.datetime = NOW) -> Edition:
        """Takes the next step as a person does on the desk: prepare, sign, record."""
        actor = await self.actor(name)
        async with self.db.read() as session:
            to_sign = await prepare_approval(session, actor, edition)
        approval = await self.signer.approve(actor.person, PASSWORD, to_sign.text)
        granted = await self.delegations(now=now)
        async with self.db.write() as session:
            return await record_approval(session, actor, edition, approval, delegations=granted, now=now)

    async def edition(self, edition: uuid.UUID) -> Edition:
        async with self.db.read() as session:
            return (await session.execute(select(Edition).where(Edition.id == edition))).scalar_one()


def form(channel: str, piece: Piece) -> bytes | None:
    """A form of the screen only, in its own words."""
    return f"{channel}|{piece.title}|{piece.summary}".encode() if channel == "screen" else None


async def make_office(db: Database, *, now: dt.datetime = NOW) -> Office:
    """Units, people with passwords' keys, one column."""
    office = Office(db, Keyring())
    async with db.write() as session:
        for path, level in (
            (CENTRE, "centre"),
            (INSTITUTE, "institute"),
            (NEIGHBOUR, "institute"),
            (STATION, "station"),
        ):
            *above, code = path.strip("/").split("/")
            parent = office.units.get("/" + "/".join([*above, ""]))
            unit = Unit(
                id=uuid7(now), parent_id=parent, code=code, name=f"单位{code}", level=level, path=path, created_at=now
            )
            session.add(unit)
            await session.flush()
            office.units[path] = unit.id
        for name, (path, roles) in PEOPLE.items():
            await _hire(office, session, name, path, roles, now)
        session.add(Column(id=uuid7(now), code="news", name="吴江新闻", position=1))
    return office


async def _hire(
    office: Office, session: AsyncSession, name: str, path: str, roles: tuple[Role, ...], now: dt.datetime
) -> None:
    person = office.people[name] = uuid7(now)
    unit = office.units[path]
    session.add(Person(id=person, login=name, name=f"{name}氏", unit_id=unit, must_set_password=False, created_at=now))
    await session.flush()
    await add_key(session, person, await office.signer.enrol(person, PASSWORD), now=now)
    for role in roles:
        session.add(Membership(id=uuid7(now), person_id=person, unit_id=unit, role=role.value, granted_at=now))
    await session.flush()


def paragraph(text: str) -> dict[str, object]:
    return {"id": block_id(), "type": "paragraph", "text": [{"t": text}]}


def make_draft(
    title: str = "运河边的读书会",
    *,
    body: str | dict[str, object] = "昨晚，二十位居民在运河边读书。",
    **changes: object,
) -> Draft:
    """A news draft that passes every check."""
    whole: dict[str, object] = {
        "title": title,
        "summary": "居民自发组织",
        "byline": BylineDraft("吴江融媒", "张记者", "李编辑", "吴江区委宣传部", NOW),
        "column": "news",
        "body": {"schema": 1, "blocks": [paragraph(body)]} if isinstance(body, str) else body,
        "channels": ("screen", "web"),
        **changes,
    }
    return Draft(**whole)  # type: ignore[arg-type]


async def make_picture(
    office: Office, *, renditions: tuple[str, ...] = ("screen-1080", "screen-cover", "web-480", "thumb")
) -> uuid.UUID:
    """A picture in the library with the files every channel draws."""
    return await _make_asset(office, "picture", "运河.jpg", "image/webp", renditions)


async def make_video(office: Office, *, renditions: tuple[str, ...] = ()) -> uuid.UUID:
    """A video in the library that is ready."""
    return await _make_asset(office, "video", "第一讲.mp4", "video/mp4", renditions)


async def _make_asset(office: Office, kind: str, name: str, media_type: str, renditions: tuple[str, ...]) -> uuid.UUID:
    async with office.db.write() as session:
        asset = uuid7(NOW)
        session.add(
            Asset(
                id=asset,
                kind=kind,
                name=name,
                sha256=asset.hex * 2,
                size=10,
                media_type=media_type,
                width=100,
                height=100,
                dominant="#112233",
                placeholder=b"x",
                unit_path=STATION,
                created_by=office.people["author"],
                created_at=NOW,
            )
        )
        await session.flush()
        for one in renditions:
            file = uuid7(NOW).hex * 2
            row = {"sha256": file, "size": 9, "media_type": media_type, "width": 10, "height": 10, "chunks": [file]}
            session.add(Rendition(id=uuid7(NOW), asset_id=asset, name=one, **row))
    return asset


def signed_delegations(granted: Delegations) -> Verified[Delegations]:
    """Signed and verified as on a screen, under a root of this test's own."""
    keys: Mapping[str, SigningKey] = {role: SigningKey.generate() for role in ("root", "delegations", "guard")}
    root = Root(
        domain=DOMAIN,
        epoch=1,
        version=1,
        issued_at=0,
        expires_at=granted.expires_at,
        keys={key.public.id: RootKey("ed25519", key.public.text) for key in keys.values()},
        roles=Roles(**{role: RootRole((key.public.id,), 1) for role, key in keys.items()}),
    )
    trusted = verify_root(sign(root, [keys["root"]]), None)
    return verify_delegations(sign(granted, [keys["delegations"]]), trusted)


def _ms(at: dt.datetime) -> int:
    return int(at.timestamp() * 1000)
