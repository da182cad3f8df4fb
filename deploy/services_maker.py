"""What renderers are given, made the same way in every role that calls them: worker and web."""

import contextlib
import os
import secrets
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import select

from cms import contract
from cms.kernel.db import Database
from cms.library.fetching import PictureSource
from cms.library.upload import Workshop
from cms.people.sealing import Sealer
from cms.publishing.line_ups import RowLineUps
from cms.publishing.services.account import Account
from cms.publishing.services.addresses import Policy
from cms.publishing.services.assets import StoreAssets
from cms.publishing.services.budget import RowBudget
from cms.publishing.services.journal import RowJournal
from cms.publishing.services.lease import RowLease
from cms.publishing.services.outbound import GuardedOutbound
from cms.publishing.services.paced import PacedOutbound
from cms.publishing.services.search import RowSearch
from cms.publishing.services.state import RowState
from cms.publishing.services.studio import StoreStudio
from cms.publishing.services.vault import SealedVault
from deploy.installation import Installation
from screens.tables import Screen

_KEY_BYTES: Final = 32


class ServicesMaker:
    """Makes what a renderer is given for a target: one account a target, one line-up for all.

    Blocking when made: reads or makes the key of the vault.
    """

    def __init__(self, here: Installation, room: Workshop) -> None:
        self._here = here
        self._room = room
        self._key = vault_key(here.settings.data.resolve() / "keys" / "vault.key")
        self._line_ups = RowLineUps(here.db, here.clock, receivers_of(here.db))
        self._search = RowSearch(here.db, here.clock)
        self._assets = StoreAssets(here.store, here.tombstones.asset_gone)
        self._outbound = GuardedOutbound(Policy(exceptions=here.settings.exceptions))

    def __call__(self, target: contract.Target) -> contract.Services:
        account = Account(target.code, self._here.db, self._here.clock)
        budget = RowBudget(account)
        channel = self._here.channels.get(target.kind)
        rates = channel.rates if channel is not None else ()
        return contract.Services(
            site=self._here.site,
            line_ups=self._line_ups,
            assets=self._assets,
            search=self._search,
            vault=SealedVault(account, self._key),
            state=RowState(account),
            lease=RowLease(account),
            budget=budget,
            journal=RowJournal(account),
            outbound=PacedOutbound(self._outbound, budget, rates, self._here.clock) if rates else self._outbound,
            now=self._here.clock.now,
            studio=StoreStudio(account, self._here.store, self._room.sandbox, self._room.work),
        )

    @property
    def key(self) -> bytes:
        """The key of the vault, from which others are derived."""
        return self._key

    @property
    def sealer(self) -> Sealer:
        """Seals what the desk must read again, under a key of its own that the vault's gives."""
        return Sealer(self._key)

    @property
    def outbound(self) -> contract.Outbound:
        """The client for addresses outside, for who is no renderer."""
        return self._outbound

    def pictures(self) -> PictureSource:
        """Where pictures of pasted pages may be fetched: through the same client as everything outside."""
        settings = self._here.settings
        return PictureSource(self._outbound, frozenset(settings.picture_hosts), settings.exceptions)

    def vault(self, target: str) -> SealedVault:
        """The secrets of one account, for the desk's form that fills it."""
        return SealedVault(Account(target, self._here.db, self._here.clock), self._key)


def receivers_of(db: Database) -> Callable[[str], Awaitable[Sequence[contract.Receiver]]]:
    """The devices of a channel kind: paired screens that were not revoked."""

    async def receivers(kind: str) -> Sequence[contract.Receiver]:
        if kind != "screen":
            return ()
        async with db.read() as session:
            query = select(Screen.id, Screen.unit, Screen.tags).where(Screen.revoked_at.is_(None)).order_by(Screen.id)
            rows = (await session.execute(query)).all()
        return [contract.Receiver(str(row.id), row.unit, frozenset(row.tags)) for row in rows]

    return receivers


def vault_key(path: Path) -> bytes:
    """The key that seals account secrets: 32 random bytes in a file that only the owner reads (blocking)."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A name of its own: two roles that start together must not write into one file.
        fresh = path.with_suffix(f".{os.getpid()}.new")
        fresh.touch(mode=0o600)
        fresh.write_bytes(secrets.token_bytes(_KEY_BYTES))
        # link, not rename: of two processes that start together one makes the key and both read it.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink(missing_ok=True)
    return path.read_bytes()
