"""Writes what the screen renderer returns: signed by the guard, kept in the store, made newest of its audience."""

import datetime as dt
import uuid

from cms.contract import ManifestDraft, Manifests
from cms.kernel.db import Database
from cms.trust.manifest import Manifest, read_manifest
from cms.trust.signed import Signed
from media.store import Store
from screens.manifest import manifest_body, same_content
from screens.signer import Signer, Trust
from screens.states import ScreenState, next_version, store_state


class ManifestWriter:
    """One step an audience, each safe to repeat: number, sign, keep the file, then the row that screens follow."""

    def __init__(self, db: Database, store: Store, signer: Signer) -> None:
        self._db = db
        self._store = store
        self._signer = signer

    async def write(self, manifests: Manifests, now: dt.datetime) -> tuple[str, ...]:
        """Returns the audiences that have something new.

        Raises cms.kernel.errors.Unavailable when the guard does not answer; the delivery is then tried again.
        """
        trust = await self._signer.trust()
        return tuple([draft.audience for draft in manifests.drafts if await self._one(draft, trust, now)])

    async def _one(self, draft: ManifestDraft, trust: Trust, now: dt.datetime) -> bool:
        async with self._db.write() as session:
            row = await session.get(ScreenState, draft.audience)
            standing = read_manifest(Signed.read(row.signed).text) if row is not None else None
            version = await next_version(session)
        body = manifest_body(draft, version=version, trust=trust, now=now)
        changed = standing is None or not same_content(standing, body)
        signed = await self._sign(body) if changed or row is None else Signed.read(row.signed)
        async with self._db.write() as session:
            moved = await store_state(session, signed, receivers=[uuid.UUID(r) for r in draft.receivers], now=now)
        return changed and moved

    async def _sign(self, body: Manifest) -> Signed:
        signed = await self._signer.sign_manifest(body)
        await self._store.put(signed.wire().encode(), media_type="application/json")
        return signed
