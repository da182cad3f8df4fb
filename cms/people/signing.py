"""What the rest of the house asks of the keeper of personal signing keys; the guard is the real one."""

import uuid
from typing import Protocol

from cms.trust.approval import Approval


class Signer(Protocol):
    """Keeps each person's private key sealed under their password; nothing else can open it."""

    async def enrol(self, person: uuid.UUID, password: str) -> str:
        """Makes a new key for the person, sealed under `password`; returns the public key, base64url of 32 bytes.

        A key the person had before stays known but can no longer sign. Raises Unavailable when the guard is down.
        """
        ...

    async def enrol_passkey(self, person: uuid.UUID, public: str) -> None:
        """Makes a passkey's public key known; it signs nothing until an administrator confirms it."""
        ...

    async def witness(self, approval: Approval, text: str) -> Approval:
        """Checks and remembers an approval that the person's passkey made over a release's canonical text.

        Raises Refused with what a screen would refuse, Unavailable when the guard is down.
        """
        ...

    async def reseal(self, person: uuid.UUID, old: str, new: str) -> None:
        """Seals the same key under a new password.

        Raises Denied when `old` does not open it, Unavailable when the guard is down.
        """
        ...

    async def approve(self, person: uuid.UUID, password: str, text: str) -> Approval:
        """The person's approval of a release's canonical text.

        Raises Denied when the password does not open the key, Unavailable when the guard is down.
        """
        ...
