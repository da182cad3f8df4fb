"""One's own passkeys: enrolled with proof that the person holds them, and asked for by the browser."""

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.audit.record import record
from cms.kernel.db import Database
from cms.kernel.errors import Invalid, Refused
from cms.people.actor import Actor
from cms.people.models import Passkey, PersonKey
from cms.people.permissions import Action, Subject, require_can
from cms.people.signing import Signer
from cms.trust.delegations import Delegations
from cms.trust.errors import TrustError
from cms.trust.keys import WEBAUTHN, key_id, sha256, unb64
from cms.trust.shape import Base64, read
from cms.trust.webauthn import Assertion, Credential, Passkeys, check_assertion, raw_signature

_LABEL = 60


@dataclass(frozen=True, slots=True)
class Answer:
    """What an authenticator said: which of the person's passkeys, and its signature (DER, base64url)."""

    credential: Credential
    signature: Base64
    authenticator: str
    client: str

    @property
    def assertion(self) -> Assertion:
        """Raises Refused `people.passkey_refused`."""
        try:
            return read(Assertion, {"authenticator": self.authenticator, "client": self.client}, "passkey")
        except TrustError as error:
            raise Refused("people.passkey_refused", reason=error.code) from error

    @property
    def raw(self) -> str:
        """The signature as it travels. Raises Refused `people.passkey_refused`."""
        try:
            return raw_signature(unb64(self.signature, size=len(self.signature) * 3 // 4))
        except TrustError as error:
            raise Refused("people.passkey_refused", reason=error.code) from error


def proof_digest(person: uuid.UUID, public: str) -> str:
    """What a new passkey signs, so that nobody enrols a key they do not hold."""
    return sha256(f"yunping/passkey/1\n{person}\n{public}".encode())


def place_of(granted: Delegations) -> Passkeys:
    """Raises Refused `people.passkey_nowhere` where passkeys are not in use."""
    if granted.passkeys is None:
        raise Refused("people.passkey_nowhere")
    return granted.passkeys


async def add_passkey(
    db: Database,
    actor: Actor,
    *,
    public: str,
    answer: Answer,
    label: str,
    granted: Delegations,
    signer: Signer,
    now: dt.datetime,
) -> None:
    """Writes down a passkey that has just proved itself; an administrator confirms it before it counts.

    Raises Refused `people.passkey_nowhere`, `people.passkey_refused`, `people.passkey_known`, Invalid
    `people.passkey_label`, Unavailable when the guard is down.
    """
    require_can(actor, Action.ACCOUNT_MANAGE, Subject(actor.unit, frozenset({actor.person})))
    place = place_of(granted)
    if not 1 <= len(label) <= _LABEL:
        raise Invalid("people.passkey_label", fields={"label": "people.passkey_label"}, most=_LABEL)
    try:
        key = key_id(WEBAUTHN, public)
        digest = proof_digest(actor.person, public)
        check_assertion(answer.assertion, answer.raw, public, digest=digest, place=place)
    except TrustError as error:
        raise Refused("people.passkey_refused", reason=error.code) from error
    await signer.enrol_passkey(actor.person, public)
    async with db.write() as session:
        if key is None or await session.get(PersonKey, key) is not None:
            raise Refused("people.passkey_known")
        session.add(PersonKey(key=key, person_id=actor.person, alg=WEBAUTHN, public=public, not_before=now))
        await session.flush()
        session.add(
            Passkey(
                key=key,
                person_id=actor.person,
                credential=answer.credential,
                rp=place.rp,
                label=label,
                made_at=now,
            )
        )
        details = {"key": key, "label": label}
        of = ("person", str(actor.person))
        await record(session, actor, "passkey.add", of=of, unit=actor.unit, now=now, details=details)


async def passkeys_of(session: AsyncSession, person: uuid.UUID) -> Sequence[Passkey]:
    """A person's passkeys, the oldest first."""
    query = select(Passkey).where(Passkey.person_id == person).order_by(Passkey.made_at, Passkey.key)
    return (await session.scalars(query)).all()


async def key_of(session: AsyncSession, person: uuid.UUID, credential: str) -> str:
    """The key id of one of the person's own. Raises Refused `people.passkey_unknown`."""
    query = select(Passkey.key).where(Passkey.person_id == person, Passkey.credential == credential)
    found = (await session.scalars(query)).one_or_none()
    if found is None:
        raise Refused("people.passkey_unknown")
    return found
