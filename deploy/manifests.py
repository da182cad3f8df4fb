"""Writes what the screen renderer returns: signed by the guard, kept in the store, made newest of its audience."""

import datetime as dt
import uuid
from dataclasses import dataclass

from cms.contract import Files, ManifestDraft, Manifests
from cms.kernel.db import Database
from cms.publishing.tree_writer import Link, TreeWriter
from cms.trust.manifest import Manifest, read_manifest
from cms.trust.signed import Signed
from media.store import Store
from screens.manifest import manifest_body, same_content
from screens.signer import Signer, Trust
from screens.states import ScreenState, next_version, store_state

WRITER = "screen-manifests"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class ManifestWriter:
    """Safe to repeat at any step: number, sign, publish the files a screen fetches, then the row that it follows."""

    db: Database
    store: Store
    tree: TreeWriter
    signer: Signer

    async def write(self, manifests: Manifests, now: dt.datetime) -> tuple[str, ...]:
        """Returns the audiences that have something new.

        Raises cms.kernel.errors.Unavailable when the guard does not answer; the delivery is then tried again.
        """
        trust = await self.signer.trust()
        return tuple([draft.audience for draft in manifests.drafts if await self._one(draft, trust, now)])

    async def _one(self, draft: ManifestDraft, trust: Trust, now: dt.datetime) -> bool:
        async with self.db.write() as session:
            row = await session.get(ScreenState, draft.audience)
            standing = Signed.read(row.signed) if row is not None else None
            version = await next_version(session)
        body = manifest_body(draft, version=version, trust=trust, now=now)
        changed = standing is None or not same_content(read_manifest(standing.text), body)
        signed = standing
        if signed is None or changed:
            signed = await self._sign(draft, body, now)
        async with self.db.write() as session:
            await store_state(session, signed, receivers=[uuid.UUID(r) for r in draft.receivers], now=now)
        return changed

    async def _sign(self, draft: ManifestDraft, body: Manifest, now: dt.datetime) -> Signed:
        """The signed manifest, fetchable by screens together with the bundles it names."""
        signed = await self.signer.sign_manifest(body)
        kept = await self.store.put(signed.wire().encode(), media_type=JSON)
        links = [Link(kept.sha256, kept.size, JSON, ())]
        links += [Link(sha256, size, JSON, (release,)) for release, (sha256, size) in draft.bundles.items()]
        await self.tree.apply(Files(()), writer=WRITER, turn=body.version, now=now, links=links)
        return signed
