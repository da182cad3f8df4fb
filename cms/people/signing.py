"""What the rest of the house asks of the keeper of personal signing keys; the guard is the real one."""

import uuid
from typing import Protocol


class Signer(Protocol):
    """Keeps each person's private key sealed under their password; nothing else can open it."""

    async def enrol(self, person: uuid.UUID, password: str) -> str:
        """Makes a new key for the person, sealed under `password`; returns the public key, base64url of 32 bytes.

        A key the person had before stays known but can no longer sign. Raises Unavailable when the guard is down.
        """
        ...

    async def reseal(self, person: uuid.UUID, old: str, new: str) -> str:
        """Seals the same key under a new password; returns its public key.

        Raises Denied when `old` does not open it, Unavailable when the guard is down.
        """
        ...

    async def approve(self, person: uuid.UUID, password: str, text: str) -> dict[str, object]:
        """The person's approval of a release's canonical text, as docs/formats.md writes it.

        Raises Denied when the password does not open the key, Unavailable when the guard is down.
        """
        ...
