"""Writes what the screen renderer returns: signed by the guard, kept in the store, made newest of its audience."""

import asyncio
import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import select

from cms.contract import Entry, Files, ManifestDraft, Manifests, Target
from cms.guard.client import GuardClient
from cms.guard.drafts import Draft
from cms.kernel.clock import to_ms
from cms.kernel.db import Database
from cms.kernel.errors import Refused
from cms.kernel.log import logger
from cms.publishing.tree_writer import Link, TreeWriter
from cms.trust.approval import Bundle
from cms.trust.manifest import Manifest, Show, Slot, read_manifest
from cms.trust.release import read_release
from cms.trust.root import Root, read_root
from cms.trust.signed import Signed
from deploy.guarding import refusals
from media.store import Store
from screens.feeds import feeds_of
from screens.ledger import Place, note_version
from screens.states import AudienceMember, ScreenState, store_state

log = logger("deploy")

WRITER: Final = "screen-manifests"
JSON: Final = "application/json"
# A screen that hears nothing keeps what it has; the manifest must outlive the longest repair, or the street would fall
# back to the slate before the office has power again. Releases have their own, shorter limits.
LIFETIME: Final = dt.timedelta(days=30)
RENEW: Final = dt.timedelta(days=20)


@dataclass(frozen=True, slots=True)
class ManifestWriter:
    """Safe to repeat at any step: sign, publish the files a screen fetches, then the rows that gateways follow."""

    db: Database
    store: Store
    tree: TreeWriter
    guard: GuardClient

    async def write(self, manifests: Manifests, *, target: Target, turn: int, now: dt.datetime) -> tuple[str, ...]:  # noqa: ARG002
        """Returns the audiences that have something new; `cms.publishing.outputs.ManifestWriter`.

        `target` and `turn` are not needed: the guard numbers manifests, and a row takes only a newer one.

        Raises cms.kernel.errors.Unavailable when the guard does not answer; the delivery is then tried again.
        """
        (standing, places), reign = await asyncio.gather(self._standing(), self._reign())
        gaining = _gaining(manifests, places)
        changed = [
            d
            for d in manifests.drafts
            if d.audience in gaining or not _is_current(standing.get(d.audience), d, now, reign)
        ]
        texts = await self._texts(changed)
        signed = dict(standing) | await self._signed(changed, texts, now)
        async with self.db.write() as session:
            for draft in manifests.drafts:
                ids = [uuid.UUID(receiver) for receiver in draft.receivers]
                feeds = _feeds(draft, texts)
                newer = await store_state(session, signed[draft.audience], receivers=ids, feeds=feeds, now=now)
                if newer and signed[draft.audience] is not standing.get(draft.audience):
                    before, after = _listed(standing.get(draft.audience)), _listed(signed[draft.audience])
                    await note_version(session, after[0], before[1], after[1], receivers=len(ids), now=now)
        return tuple(draft.audience for draft in changed)

    async def _standing(self) -> tuple[dict[str, Signed], dict[str, str]]:
        """The newest manifest of each audience, and the audience of each screen."""
        async with self.db.read() as session:
            found = [Signed.read(text) for text in await session.scalars(select(ScreenState.signed))]
            rows = await session.execute(select(AudienceMember.screen, AudienceMember.audience))
            places = {str(screen): audience for screen, audience in rows}
        return {read_manifest(signed.text).audience: signed for signed in found}, places

    async def _reign(self) -> Root:
        """Under another epoch, or by a guard key that was replaced, nothing that stands counts any more."""
        with refusals():
            state = await self.guard.state()
        return read_root(Signed.of(state["root"]).text)

    async def _texts(self, drafts: list[ManifestDraft]) -> dict[str, str]:
        """The bundles that these name, by the hash of their file."""
        named = {sha256 for draft in drafts for sha256, _ in draft.bundles.values()}
        return {sha256: (await self.store.get(sha256)).decode() for sha256 in named}

    async def _signed(
        self, drafts: list[ManifestDraft], texts: Mapping[str, str], now: dt.datetime
    ) -> dict[str, Signed]:
        if not drafts:
            return {}
        made = await self._asked_for(drafts, texts, now)
        await self._publish(made, now)
        return {draft.audience: signed for draft, signed in zip(drafts, made, strict=True)}

    async def _asked_for(self, drafts: list[ManifestDraft], texts: Mapping[str, str], now: dt.datetime) -> list[Signed]:
        """What the guard does not vouch for after a restore is left out: one piece must not hold up the others."""
        while True:
            try:
                with refusals():
                    return await self.guard.sign_manifests([_asked(draft, now) for draft in drafts], texts)
            except Refused as refused:
                void = str(refused.params.get("release"))
                if refused.code != "guard.approval_void" or not any(void in draft.bundles for draft in drafts):
                    raise
                log.warning("left out, to be approved again", release=void)
                drafts = [_without(draft, void) for draft in drafts]

    async def _publish(self, made: list[Signed], now: dt.datetime) -> None:
        """The manifests as files, for screens that are told a hash because the text is long."""
        links: list[Link] = []
        for signed in made:
            kept = await self.store.put(signed.wire().encode(), media_type=JSON)
            links.append(Link(kept.sha256, kept.size, JSON, ()))
        turn = max(read_manifest(signed.text).version for signed in made)
        await self.tree.apply(Files(()), writer=WRITER, turn=turn, now=now, links=links)


def _gaining(manifests: Manifests, places: Mapping[str, str]) -> set[str]:
    """Audiences that a screen joins from another one: it takes only a newer version than it has seen there."""
    return {d.audience for d in manifests.drafts if any(places.get(r, d.audience) != d.audience for r in d.receivers)}


def _feeds(draft: ManifestDraft, texts: Mapping[str, str]) -> frozenset[str]:
    """The data feeds of its pieces; only a text that names fields can have a card."""
    held = (texts[sha256] for sha256, _ in draft.bundles.values() if "fields" in texts.get(sha256, ""))
    return frozenset[str]().union(*(feeds_of(read_release(Bundle.read(text).text).content) for text in held))


def _without(draft: ManifestDraft, release: str) -> ManifestDraft:
    return replace(draft, bundles={name: held for name, held in draft.bundles.items() if name != release})


def _listed(signed: Signed | None) -> tuple[tuple[Place, str], frozenset[str]]:
    """Place and audience of a manifest, and the releases it lists."""
    if signed is None:
        return ((0, 0), ""), frozenset()
    body = read_manifest(signed.text)
    return ((body.epoch, body.version), body.audience), frozenset(listed.release for listed in body.releases)


def _asked(draft: ManifestDraft, now: dt.datetime) -> Draft:
    bundles = tuple(sha256 for sha256, _ in draft.bundles.values())
    return Draft(draft.audience, to_ms(now + LIFETIME), bundles, _timeline(draft))


def _timeline(draft: ManifestDraft) -> tuple[Slot, ...]:
    return tuple(
        Slot(to_ms(slot.start), to_ms(slot.end), tuple(_show(e) for e in slot.loop if e.release in draft.bundles))
        for slot in draft.slots
    )


def _show(entry: Entry) -> Show:
    return Show(entry.release, max(1, round(entry.show.total_seconds() * 1000)))


def _is_current(signed: Signed | None, draft: ManifestDraft, now: dt.datetime, reign: Root) -> bool:
    """Whether what stands already says the same, for long enough, and signed by who still speaks."""
    if signed is None or not {one.key for one in signed.signatures} & set(reign.roles.guard.keys):
        return False
    body: Manifest = read_manifest(signed.text)
    bundles = {listed.release: listed.bundle for listed in body.releases}
    same = bundles == {release: sha256 for release, (sha256, _) in draft.bundles.items()}
    same = same and body.epoch == reign.epoch
    return same and body.timeline == _timeline(draft) and body.expires_at > to_ms(now + RENEW)
