"""What the screen channel renders becomes signed state: nothing signed twice for nothing, no moved screen forgotten."""

import datetime as dt
import itertools
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select

from cms.contract import ManifestDraft, Manifests, Slot, Target
from cms.guard.client import GuardClient
from cms.guard.drafts import Draft
from cms.guard.errors import GuardRefused
from cms.kernel.clock import to_ms
from cms.kernel.db import Database
from cms.kernel.errors import DomainError
from cms.publishing.tree_writer import TreeWriter
from cms.trust.root import read_root
from cms.trust.signed import Signed, text_of
from deploy.manifests import LIFETIME, RENEW, ManifestWriter
from deploy.rooting import reign_of
from media.store import Store
from screens.district import District
from screens.manifest import manifest_body
from screens.states import AudienceMember, ScreenState
from tests.vectors import world

T0 = dt.datetime(2026, 11, 24, 0, 0, tzinfo=dt.UTC)
STREET = Target("street", "screen", "街面阅读屏")
ONE, TWO, THREE = (uuid.UUID(int=number) for number in (1, 2, 3))


class Signer:
    """A guard that numbers what it signs, and may be away."""

    def __init__(self, district: District) -> None:
        self._district = district
        self._versions = itertools.count(1)
        self.signed: list[str] = []
        self.away = False
        self.epoch = 1
        self.void = ""

    async def state(self) -> dict[str, Any]:
        root = read_root((await self._district.trust()).root.text)
        return {"root": Signed(text_of(replace(root, epoch=self.epoch)), ()).value()}

    async def sign_manifests(self, drafts: Sequence[Draft], _bundles: Mapping[str, str]) -> list[Signed]:
        if self.away:
            raise GuardRefused("guard.unreachable")
        if self.void in {name for draft in drafts for name in draft.bundles}:
            raise GuardRefused("guard.approval_void", release="r" * 64)
        return [await self._sign(draft) for draft in drafts]

    async def _sign(self, draft: Draft) -> Signed:
        bare = ManifestDraft(draft.audience, (), (Slot(T0, T0 + dt.timedelta(days=1), ()),), {})
        trust = await self._district.trust()
        body = manifest_body(bare, version=next(self._versions), trust=trust, now=T0)
        self.signed.append(draft.audience)
        full: Any = replace(body, expires_at=draft.expires_at, timeline=draft.timeline)
        return await self._district.sign_manifest(full)


@pytest.fixture
def signer(district: District) -> Signer:
    return Signer(district)


@pytest.fixture
def writer(database: Database, tmp_path: Path, signer: Signer) -> ManifestWriter:
    store = Store.open(f"file://{tmp_path}/store", min_free_bytes=0)
    return ManifestWriter(database, store, TreeWriter(store), cast("GuardClient", signer))


def draft(audience: str, *receivers: uuid.UUID, hours: int = 24) -> ManifestDraft:
    slots = (Slot(T0, T0 + dt.timedelta(hours=hours), ()),)
    return ManifestDraft(audience, tuple(map(str, receivers)), slots, {})


async def write(writer: ManifestWriter, *drafts: ManifestDraft, now: dt.datetime = T0) -> tuple[str, ...]:
    return await writer.write(Manifests(drafts), target=STREET, turn=1, now=now)


async def seen(database: Database) -> dict[uuid.UUID, tuple[str, int]]:
    """The audience of each screen and the version it is to have."""
    async with database.read() as session:
        rows = await session.execute(
            select(AudienceMember.screen, AudienceMember.audience, ScreenState.version).join(
                ScreenState, ScreenState.audience == AudienceMember.audience
            )
        )
        return {row.screen: (row.audience, row.version) for row in rows}


async def test_the_same_again_signs_nothing(writer: ManifestWriter, signer: Signer) -> None:
    assert await write(writer, draft("s-a", ONE)) == ("s-a",)
    assert await write(writer, draft("s-a", ONE)) == ()
    assert signer.signed == ["s-a"]


async def test_a_screen_that_moves_gets_a_manifest_newer_than_the_one_it_saw(
    writer: ManifestWriter, database: Database
) -> None:
    await write(writer, draft("s-a", ONE, TWO))
    await write(writer, draft("s-b", THREE))
    await write(writer, draft("s-a", ONE, TWO, hours=25))
    before = await seen(database)
    assert before[TWO][1] > before[THREE][1]
    # Nothing about s-b's own line-up changed, but a screen joins it that has seen a higher version.
    assert await write(writer, draft("s-a", ONE, hours=25), draft("s-b", TWO, THREE)) == ("s-b",)
    after = await seen(database)
    assert after[TWO][0] == "s-b"
    assert after[TWO][1] > before[TWO][1]
    assert after[ONE] == before[ONE]
    assert await write(writer, draft("s-a", ONE, hours=25), draft("s-b", TWO, THREE)) == ()


async def test_everything_is_signed_anew_under_a_new_epoch(writer: ManifestWriter, signer: Signer) -> None:
    await write(writer, draft("s-a", ONE))
    signer.epoch = 2
    assert await write(writer, draft("s-a", ONE)) == ("s-a",)
    assert reign_of(await signer.state())[0] == 2


async def test_a_piece_whose_approval_is_void_is_left_out_and_holds_up_nothing(
    writer: ManifestWriter, signer: Signer
) -> None:
    kept = await writer.store.put(b"{}", media_type="application/json")
    signer.void = kept.sha256
    one = replace(draft("s-a", ONE), bundles={"r" * 64: (kept.sha256, kept.size)})
    assert await write(writer, one, draft("s-b", TWO)) == ("s-a", "s-b")
    assert signer.signed == ["s-a", "s-b"]


async def test_a_screen_that_is_new_takes_the_manifest_that_stands(
    writer: ManifestWriter, signer: Signer, database: Database
) -> None:
    await write(writer, draft("s-a", ONE))
    assert await write(writer, draft("s-a", ONE, TWO)) == ()
    assert signer.signed == ["s-a"]
    assert set(await seen(database)) == {ONE, TWO}


async def test_a_manifest_is_renewed_long_before_it_ends(writer: ManifestWriter, database: Database) -> None:
    await write(writer, draft("s-a", ONE))
    until = T0 + LIFETIME - RENEW
    assert await write(writer, draft("s-a", ONE), now=until - dt.timedelta(hours=1)) == ()
    assert await write(writer, draft("s-a", ONE), now=until) == ("s-a",)
    assert to_ms(until) > to_ms(T0)


async def test_a_guard_that_is_away_leaves_every_screen_what_it_has(
    writer: ManifestWriter, signer: Signer, database: Database
) -> None:
    await write(writer, draft("s-a", ONE))
    before = await seen(database)
    signer.away = True
    with pytest.raises(DomainError):
        await write(writer, draft("s-a", ONE, hours=30), draft("s-b", TWO))
    assert await seen(database) == before


async def test_an_audiences_row_names_the_feeds_its_pieces_have_cards_of(
    writer: ManifestWriter, database: Database
) -> None:
    content = world.content("今日空气", blocks=[world.card()])
    cards = [
        text_of(world.release(name, content=made)) for name, made in (("air", content), ("plain", world.content("x")))
    ]
    bundles = {}
    for bundle in (world.bundle_of(text, "qian", "sun") for text in cards):
        kept = await writer.store.put(bundle.wire().encode(), media_type="application/json")
        bundles[bundle.release] = (kept.sha256, kept.size)
    await write(writer, replace(draft("s-a", ONE), bundles=bundles), draft("s-b", TWO))
    async with database.read() as session:
        rows = {row.audience: row.feeds for row in await session.scalars(select(ScreenState))}
    assert rows == {"s-a": ["air"], "s-b": []}
