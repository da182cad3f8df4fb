"""Approvals by passkey: what counts, and each way in which an assertion does not."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cms.trust.approval import Approval, Bundle, release_digest
from cms.trust.delegations import Delegate, Delegations, PersonKey
from cms.trust.keys import WEBAUTHN, b64, key_id, sha256, unb64
from cms.trust.signed import text_of
from cms.trust.webauthn import Assertion, Passkeys, raw_signature
from tests.vectors import world
from tests.vectors.cases import GRANTED, ISSUE, Case, fed, unfit
from tests.vectors.world import DAY, T0, seed, uuid_of

RP: Final = "desk.wujiang.example"
ORIGIN: Final = f"https://{RP}"
PLACE: Final = Passkeys(RP, (ORIGIN, f"https://{RP}:8443"))
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def passkey_of(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(seed(f"passkey {name}")) % (ORDER - 1) + 1, ec.SECP256R1())


def public_of(name: str) -> str:
    point = passkey_of(name).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return b64(point)


def person_key(name: str) -> PersonKey:
    public = public_of(name)
    return PersonKey(key_id(WEBAUTHN, public) or "", WEBAUTHN, public, T0 - DAY, None)


def with_passkey(one: Delegate) -> Delegate:
    return replace(one, keys=(*one.keys, person_key(one.name))) if one.name in {"sun", "he"} else one


PEOPLE: Final = tuple(map(with_passkey, GRANTED.people))
GRANTED_2: Final = replace(GRANTED, people=PEOPLE, passkeys=PLACE)


def assertion(
    name: str,
    text: str,
    *,
    origin: str = ORIGIN,
    rp: str = RP,
    flags: int = 5,
    challenge: str | None = None,
    kind: str = "webauthn.get",
    tail: str = '"crossOrigin":false}',
) -> Approval:
    """The approval of a person whose authenticator is `name`'s."""
    challenge = challenge or b64(bytes.fromhex(release_digest(text)))
    client = f'{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}",{tail}'
    data = hashlib.sha256(rp.encode()).digest() + bytes([flags]) + (7).to_bytes(4, "big")
    covered = data + hashlib.sha256(client.encode()).digest()
    made = passkey_of(name).sign(covered, ec.ECDSA(SHA256(), deterministic_signing=True))
    key = person_key(name).key
    return Approval(uuid_of(name), key, WEBAUTHN, raw_signature(made), T0, Assertion(b64(data), client))


def passkeys() -> Iterator[Case]:
    text = text_of(world.release("x"))
    qian = world.bundle_of(text, "qian").approvals[0]
    good = assertion("sun", text)

    def shown(name: str, *approvals: Approval) -> Case:
        issue = replace(ISSUE, bundles=(Bundle(text, approvals),), delegations=GRANTED_2)
        return fed(Case(name, "none"), issue).loop(1_000, [release_digest(text)])

    yield shown("a password and a passkey", qian, good)
    yield shown("two passkeys", good, assertion("he", text))
    yield shown("a passkey at another port of the desk", qian, assertion("sun", text, origin=f"{ORIGIN}:8443"))
    more = '"crossOrigin":false,"other_keys_can_be_added_here":"do not compare"}'
    yield shown("a browser that adds to the client data", qian, assertion("sun", text, tail=more))

    def case(name: str, attack: str, code: str, bad: Approval, granted: Delegations = GRANTED_2) -> Case:
        return unfit(name, attack, Bundle(text, (qian, bad)), code, granted=granted)

    def bent(**changes: Any) -> Approval:
        assert good.webauthn is not None
        return replace(good, webauthn=replace(good.webauthn, **changes))

    passkey = "trust.passkey"
    other = b64(bytes.fromhex(sha256(b"another release")))
    yield case("a passkey over another release", "mix-and-match", passkey, assertion("sun", text, challenge=other))
    yield case("a passkey made for a lookalike", "phishing", passkey, assertion("sun", text, origin=f"{ORIGIN}.evil"))
    yield case("a passkey of another site", "phishing", passkey, assertion("sun", text, rp="evil.example"))
    yield case("a passkey inside a frame", "phishing", passkey, assertion("sun", text, tail='"crossOrigin":true}'))
    yield case("a passkey nobody touched", "user presence", passkey, assertion("sun", text, flags=4))
    yield case("a passkey that knew nobody", "user verification", passkey, assertion("sun", text, flags=1))
    yield case("a passkey being made", "cross-protocol", passkey, assertion("sun", text, kind="webauthn.create"))
    yield case("another person's passkey", "arbitrary", "trust.key", replace(good, person=uuid_of("he")))
    mallory = replace(assertion("mallory", text), person=uuid_of("sun"), key=good.key)
    yield case("a stranger's passkey under a person's id", "arbitrary", "trust.signature", mallory)
    swapped = good.signature[:-3] + ("A" if good.signature[-3] != "A" else "B") + good.signature[-2:]
    yield case(
        "a passkey's signature with one letter changed", "altered", "trust.signature", replace(good, signature=swapped)
    )
    client = good.webauthn.client if good.webauthn else ""
    yield case(
        "client data altered behind its beginning", "altered", "trust.signature", bent(client=client[:-1] + ',"x":1}')
    )
    yield case(
        "client data in another order", "altered", passkey, bent(client='{"challenge":"x","type":"webauthn.get"}')
    )
    yield case("authenticator data cut short", "altered", passkey, bent(authenticator="A" * 50))
    yield case("authenticator data misspelt", "altered", "trust.base64", bent(authenticator="A" * 49 + "_B"))
    yield case(
        "a password's signature with a passkey's name", "algorithm", "trust.algorithm", replace(good, webauthn=None)
    )
    yield case(
        "a passkey's signature with a password's name", "algorithm", "trust.algorithm", replace(good, alg="ed25519")
    )
    dressed = replace(world.bundle_of(text, "he").approvals[0], webauthn=good.webauthn)
    yield case("a password's signature dressed as a passkey", "algorithm", "trust.algorithm", dressed)
    nowhere = replace(GRANTED_2, passkeys=None, feeds=(world.feed_keys(),))
    yield case("a passkey where none are used", "arbitrary", passkey, good, nowhere)
    author = assertion("sun", text_of(world.release("x", authors=(uuid_of("sun"),))))
    own = text_of(world.release("x", authors=(uuid_of("sun"),)))
    first = world.bundle_of(own, "qian").approvals[0]
    yield unfit(
        "an author's passkey", "author approved", Bundle(own, (first, author)), "trust.author", granted=GRANTED_2
    )
    twice = Bundle(text, (world.bundle_of(text, "sun").approvals[0], good))
    name = "one person's password and passkey"
    yield unfit(name, "same person twice", twice, "trust.same_person", granted=GRANTED_2)
    raw = unb64(good.signature, size=64)
    zero = replace(good, signature=b64(raw[:32] + bytes(32)))
    yield case("a passkey's signature of zero", "altered", "trust.signature", zero)
    off = replace(
        person_key("sun"), public=b64(b"\x04" + b"\x01" * 64), key=key_id(WEBAUTHN, b64(b"\x04" + b"\x01" * 64)) or ""
    )
    there = [replace(one, keys=(*one.keys, off)) if one.name == "sun" else one for one in PEOPLE]
    nobody = replace(GRANTED_2, people=tuple(there))
    yield case(
        "a passkey that is no point of the curve", "arbitrary", "trust.signature", replace(good, key=off.key), nobody
    )
