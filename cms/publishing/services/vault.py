"""Secrets of one account, encrypted at rest with AES-256-GCM; a row moved to another account or name does not open."""

import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete

from cms.kernel.errors import Unavailable
from cms.publishing.services.account import Account
from cms.publishing.services.models import AccountSecret

_NONCE: Final = 12


class SealedVault:
    """Implements `cms.contract.Vault`. `key` is the installation's, 32 bytes, and never stands in the database."""

    def __init__(self, account: Account, key: bytes) -> None:
        self._account = account
        self._cipher = AESGCM(key)

    async def get(self, name: str) -> str | None:
        """The secret; None when there is none.

        Raises:
            Unavailable: `publishing.vault_closed` when it was sealed with another key, or damaged.
        """
        async with self._account.database.read() as session:
            row = await session.get(AccountSecret, (self._account.name, name))
        if row is None:
            return None
        try:
            opened = self._cipher.decrypt(row.sealed[:_NONCE], row.sealed[_NONCE:], self._label(name))
        except InvalidTag as problem:
            raise Unavailable("publishing.vault_closed", account=self._account.name) from problem
        return opened.decode()

    async def put(self, name: str, secret: str) -> None:
        nonce = secrets.token_bytes(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, secret.encode(), self._label(name))
        async with self._account.database.write() as session:
            account, now = self._account.name, self._account.clock.now()
            await session.merge(AccountSecret(account=account, name=name, sealed=sealed, changed_at=now))

    async def forget(self, name: str) -> None:
        async with self._account.database.write() as session:
            here = (AccountSecret.account == self._account.name, AccountSecret.name == name)
            await session.execute(delete(AccountSecret).where(*here))

    def _label(self, name: str) -> bytes:
        return f"yunping/vault/1\n{self._account.name}\n{name}".encode()
