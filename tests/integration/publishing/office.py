"""A small office for tests: people, a column, targets, pieces that really went through review, and a worker."""

import dataclasses
import datetime as dt
import itertools
import json
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms import contract
from cms.content.draft import BylineDraft, Draft, EnvelopeDraft
from cms.content.editing import create, save
from cms.content.editions import correct
from cms.content.kinds import Kind
from cms.content.models import Column, Document, Edition
from cms.contract import Channel, Manifests, Site
from cms.kernel import leases
from cms.kernel.clock import Clock, from_ms, to_ms
from cms.kernel.db import Database
from cms.kernel.errors import Refused, Unavailable
from cms.kernel.ids import block_id
from cms.people.actor import Actor, Grant
from cms.people.models import Membership, Person, Unit
from cms.people.roles import Role
from cms.planning.models import Target as TargetRow
from cms.planning.targets import add_target
from cms.publishing.guarding import Guard
from cms.publishing.line_ups import RowLineUps
from cms.publishing.outputs import ManifestWriter
from cms.publishing.recall import recall
from cms.publishing.services.account import Account
from cms.publishing.services.addresses import Policy
from cms.publishing.services.assets import StoreAssets
from cms.publishing.services.budget import RowBudget
from cms.publishing.services.journal import RowJournal
from cms.publishing.services.lease import RowLease
from cms.publishing.services.outbound import GuardedOutbound
from cms.publishing.services.search import RowSearch
from cms.publishing.services.state import RowState
from cms.publishing.services.studio import StoreStudio
from cms.publishing.services.vault import SealedVault
from cms.publishing.states import DELIVERY
from cms.publishing.tree_writer import TreeWriter
from cms.publishing.worker import Worker, WorkerSettings
from cms.publishing.workshop import Workshop
from cms.review.approve import prepare_approval, record_approval
from cms.review.release import Press
from cms.review.submit import submit
from cms.trust.approval import approve
from cms.trust.verify import verify_delegations, verify_root
from media.errors import MediaRefused
from media.sandbox import Grade, Sandbox
from media.store import Store
from renderers import screen, web
from tests.vectors import world

T0 = from_ms(world.T0)
PEOPLE = {
    "zhao": Role.EDITOR,
    "qian": Role.REVIEWER,
    "sun": Role.CHIEF,
    "he": Role.CHIEF,
}
CHANNELS: Mapping[str, Channel] = {"web": web.channel(), "screen": screen.channel()}
SITE = Site("吴江发布", "区委宣传部", "http://127.0.0.1:8080", "http://127.0.0.1:8080")
RECEIVERS = [contract.Receiver(str(world.uuid_of(name)), world.POINT) for name in ("one", "two")]
DELEGATIONS = verify_delegations(
    world.by(world.delegations(), "delegations"), verify_root(world.by(world.root(), "root"), None)
)
_numbers = itertools.count()


def _form(kind: str, piece: contract.Piece) -> bytes | None:
    make = CHANNELS[kind].form
    return None if make is None else make(piece, SITE)


PRESS = Press(world.DOMAIN, 1, dict.fromkeys(CHANNELS, ()), _form)


def actor(name: str) -> Actor:
    return Actor(uuid.UUID(world.uuid_of(name)), name, world.DISTRICT, (Grant(PEOPLE[name], world.DISTRICT),))


ZHAO, QIAN, SUN, HE = (actor(name) for name in PEOPLE)


async def furnish(session: AsyncSession, *, screens: bool = True, now: dt.datetime = T0) -> None:
    """People, a column and two targets: the site and the street."""
    unit = Unit(
        id=uuid.UUID(world.uuid_of("unit")),
        parent_id=None,
        code="320509",
        name="吴江区新时代文明实践中心",
        level="centre",
        path=world.DISTRICT,
        created_at=now,
    )
    session.add(unit)
    await session.flush()
    for name, role in PEOPLE.items():
        key = uuid.UUID(world.uuid_of(name))
        session.add(Person(id=key, login=name, name=name, unit_id=unit.id, created_at=now, must_set_password=False))
        await session.flush()
        member = uuid.UUID(world.uuid_of(f"member {name}"))
        session.add(Membership(id=member, person_id=key, unit_id=unit.id, role=role.value, granted_at=now))
    session.add(Column(id=uuid.UUID(world.uuid_of("column")), code="yaowen", name="要闻"))
    await session.flush()
    await add_target(session, None, code="site", kind="web", name="门户网站", unit=world.DISTRICT, now=now)
    if screens:
        units = [world.DISTRICT]
        street = {"code": "street", "kind": "screen", "name": "街面阅读屏", "units": units}
        await add_target(session, None, unit=world.DISTRICT, now=now, **street)  # type: ignore[arg-type]


def draft(title: str, now: dt.datetime = T0, **envelope: object) -> Draft:
    text = f"{title}。全文在此，供群众阅读。"
    return Draft(
        title=title,
        summary="一句话摘要",
        byline=BylineDraft("吴江发布", "记者甲", "责编乙", "区委宣传部", now),
        column="yaowen",
        body={"schema": 1, "blocks": [{"id": block_id(), "type": "paragraph", "text": [{"t": text}]}]},
        channels=("screen", "web"),
        envelope=EnvelopeDraft(**({"not_before": now - dt.timedelta(hours=1)} | envelope)),  # type: ignore[arg-type]
    )


async def written(database: Database, now: dt.datetime = T0, title: str | None = None, **envelope: object) -> uuid.UUID:
    """A draft edition by zhao."""
    title = title or f"第{next(_numbers)}篇稿件"
    async with database.write() as session:
        unit = uuid.UUID(world.uuid_of("unit"))
        made = await create(session, ZHAO, kind=Kind.NEWS, unit=unit, draft=draft(title, now, **envelope), now=now)
        return made.id


async def submitted(database: Database, edition: uuid.UUID, now: dt.datetime = T0) -> None:
    async with database.write() as session:
        await submit(session, ZHAO, edition, press=PRESS, now=now)


async def signed_by(database: Database, who: Actor, edition: uuid.UUID, now: dt.datetime = T0) -> None:
    async with database.read() as session:
        to_sign = await prepare_approval(session, who, edition)
    approval = approve(to_sign.text, person=str(who.person), key=world.key_of(who.name), at=to_ms(now))
    async with database.write() as session:
        await record_approval(session, who, edition, approval, delegations=DELEGATIONS, now=now)


async def approved(
    database: Database, now: dt.datetime = T0, title: str | None = None, **envelope: object
) -> uuid.UUID:
    """An edition by zhao, passed by qian and signed by sun."""
    edition = await written(database, now, title, **envelope)
    await reviewed(database, edition, now)
    return edition


async def reviewed(database: Database, edition: uuid.UUID, now: dt.datetime = T0) -> None:
    await submitted(database, edition, now)
    await signed_by(database, QIAN, edition, now)
    await signed_by(database, SUN, edition, now)


async def corrected(
    database: Database, edition: uuid.UUID, title: str, now: dt.datetime = T0, **envelope: object
) -> uuid.UUID:
    """The next edition of the document, approved."""
    async with database.write() as session:
        document = (await session.get_one(Edition, edition)).document_id
        made = await correct(session, ZHAO, document, now=now)
        await save(session, ZHAO, made.id, draft(title, now, **envelope), base=made.revision_id, now=now)
    await reviewed(database, made.id, now)
    return made.id


async def edition_of(database: Database, edition: uuid.UUID) -> Edition:
    async with database.read() as session:
        return await session.get_one(Edition, edition)


async def document_of(database: Database, edition: uuid.UUID) -> Document:
    async with database.read() as session:
        query = select(Document).join(Edition, Edition.document_id == Document.id).where(Edition.id == edition)
        return (await session.scalars(query)).one()


class PaperGuard:
    """A guard that remembers: tombstones and places; `away` and `refuses` make it say no."""

    def __init__(self) -> None:
        self.recalled: dict[str, str] = {}
        self.assets: set[str] = set()
        self.places: dict[str, set[str]] = {}
        self.away = False
        self.refuses = ""

    async def recall(
        self,
        *,
        person: uuid.UUID,
        releases: Sequence[str],
        assets: Sequence[str],
        reason: str,
        second: uuid.UUID | None,
    ) -> None:
        if self.away:
            raise Unavailable("publishing.guard_down")
        if self.refuses:
            raise Refused(self.refuses)
        self.recalled |= dict.fromkeys(releases, f"{person} {reason}")
        self.assets |= set(assets)

    async def register(self, release: str, *, document: str, places: Sequence[str]) -> None:
        if self.away:
            raise Unavailable("publishing.guard_down")
        self.places.setdefault(release, set()).update(places)


class StoreManifests:
    """Unsigned manifests as named objects; a turn that is over is refused, as the screens' side does."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def write(
        self, manifests: Manifests, *, target: contract.Target, turn: int, now: dt.datetime
    ) -> Sequence[str]:
        last = await self._last(target.code)
        if turn < last:
            raise Refused("publishing.stale_turn", target=target.code)
        for one in manifests.drafts:
            shown = sorted({entry.release for slot in one.slots if slot.end > now for entry in slot.loop})
            named = {"at": to_ms(now), "shown": shown, "bundles": {k: list(v) for k, v in one.bundles.items()}}
            await self._store.put_named(f"test/manifest/{one.audience}", json.dumps(named).encode())
        await self._store.put_named(f"test/turn/{target.code}", str(turn).encode())
        return [one.audience for one in manifests.drafts]

    async def shown(self) -> set[str]:
        """Releases in the newest manifests."""
        names = await self._store.list_named("test/manifest")
        return {release for name in names for release in json.loads(await self._store.get_named(name))["shown"]}

    async def _last(self, target: str) -> int:
        try:
            return int(await self._store.get_named(f"test/turn/{target}"))
        except MediaRefused:
            return 0


def services_of(database: Database, clock: Clock, store: Store, target: contract.Target) -> contract.Services:
    async def receivers(kind: str) -> Sequence[contract.Receiver]:
        return RECEIVERS if kind == "screen" else ()

    account = Account(target.code, database, clock)
    line_ups = RowLineUps(database, clock, receivers)
    return contract.Services(
        site=SITE,
        line_ups=line_ups,
        assets=StoreAssets(store, lambda _sha: False),
        search=RowSearch(database, clock),
        vault=SealedVault(account, bytes(32)),
        state=RowState(account),
        lease=RowLease(account),
        budget=RowBudget(account),
        journal=RowJournal(account),
        outbound=GuardedOutbound(Policy()),
        studio=StoreStudio(account, store, Sandbox(Grade.limits_only), Path(tempfile.gettempdir())),
    )


def shop_of(
    database: Database,
    clock: Clock,
    store: Store,
    *,
    guard: Guard,
    channels: Mapping[str, Channel] = CHANNELS,
    screens: ManifestWriter | None = None,
) -> Workshop:
    return Workshop(
        database=database,
        clock=clock,
        store=store,
        channels=channels,
        services=lambda target: services_of(database, clock, store, target),
        tree=TreeWriter(store),
        screens=screens or StoreManifests(store),
        guard=guard,
    )


def worker_of(shop: Workshop, owner: str = "w", seconds: float = 20) -> Worker:
    return Worker(shop, WorkerSettings(owner=owner, seconds=seconds, at_once=2))


def with_channel(shop: Workshop, kind: str, channel: Channel) -> Workshop:
    return dataclasses.replace(shop, channels={**shop.channels, kind: channel})


__all__ = ["DELIVERY", "TargetRow", "add_target", "contract", "dataclasses", "leases", "recall", "world"]
