"""The checks that turn what arrived into `Verified[T]`: signatures, roles, approvals; no memory of their own.

Each object is checked in one order, so every port names the same code: text (`trust.size`, `.canonical`, `.type`,
`.format`, `.schema`), `trust.domain`, `trust.signature`, `trust.epoch`; what a reader has seen before is `viewer`'s.
"""

from collections.abc import Callable, Mapping
from functools import partial

from cms.trust.approval import Approval, Bundle
from cms.trust.beacon import Beacon
from cms.trust.delegations import Delegations, PersonKey, read_delegations
from cms.trust.envelope import check_signer
from cms.trust.errors import TrustError
from cms.trust.keys import ED25519, SIZES, WEBAUTHN, PublicKey
from cms.trust.limits import THRESHOLD
from cms.trust.manifest import Manifest, read_manifest
from cms.trust.recalls import Recalls, read_recalls
from cms.trust.release import Release, read_release
from cms.trust.root import Root, read_root
from cms.trust.screen import ScreenFacts
from cms.trust.signed import B, Body, Signed, Verified, digest, read_body, signed_bytes, verified
from cms.trust.webauthn import check_assertion


def verify_root(signed: Signed, previous: Verified[Root] | None) -> Verified[Root]:
    """The next root, signed by the root role of `previous` and its own; version 1 by its own alone.

    Raises TrustError as of the module, and `trust.rollback`, `trust.version` (a version was skipped).
    """
    root = read_root(signed.text)
    if previous is None:
        _signers(signed, Root.TYPE, root, "root")
        return verified(root, signed.text, signed.digest(Root.TYPE))
    held = previous.value
    same_domain(root, held)
    _signers(signed, Root.TYPE, held, "root")
    _signers(signed, Root.TYPE, root, "root")
    if root.version <= held.version:
        raise TrustError("trust.rollback", version=root.version, held=held.version)
    if root.version != held.version + 1:
        raise TrustError("trust.version", version=root.version, held=held.version)
    if root.epoch < held.epoch:
        raise TrustError("trust.epoch", epoch=root.epoch, held=held.epoch)
    return verified(root, signed.text, signed.digest(Root.TYPE))


def verify_delegations(signed: Signed, root: Verified[Root]) -> Verified[Delegations]:
    return by_role(signed, read_delegations, root.value, "delegations")


def verify_recalls(signed: Signed, root: Verified[Root]) -> Verified[Recalls]:
    return by_role(signed, read_recalls, root.value, "guard")


def verify_manifest(signed: Signed, root: Verified[Root]) -> Verified[Manifest]:
    return by_role(signed, read_manifest, root.value, "guard")


def verify_screen(signed: Signed, root: Verified[Root]) -> Verified[ScreenFacts]:
    return by_role(signed, partial(read_body, ScreenFacts), root.value, "guard")


def verify_beacon(signed: Signed, root: Verified[Root]) -> Verified[Beacon]:
    """Also signed by the very guard it names: sequences are counted per guard."""
    beacon = by_role(signed, partial(read_body, Beacon), root.value, "guard")
    if beacon.value.guard not in _signers(signed, Beacon.TYPE, root.value, "guard"):
        raise TrustError("trust.signature", role="guard")
    return beacon


def verify_release(bundle: Bundle, delegations: Verified[Delegations], *, now: int) -> Verified[Release]:
    """The release of a bundle, if two distinct delegated people who did not write it approved it.

    Further approvals that are not good do no harm; with fewer than two good ones the first fault is named.
    `now` (ms) decides whether keys and delegations are still valid.

    Raises TrustError with text codes, `trust.domain`, `trust.epoch`, `trust.expired`; of an approval
    `trust.person`, `.key`, `.key_expired`, `.algorithm`, `.signature`, `.right`, `.author`, `.class`, `.scope`,
    `.same_person`; `trust.approvals` when there are simply too few.
    """
    release = read_release(bundle.text)
    granted = delegations.value
    same_domain(release, granted)
    if release.epoch > granted.epoch:
        raise TrustError("trust.epoch", epoch=release.epoch, held=granted.epoch)
    if now >= granted.expires_at:
        raise TrustError("trust.expired", what=Delegations.TYPE)
    people: set[str] = set()
    faults: list[TrustError] = []
    for approval in bundle.approvals:
        try:
            check_approval(approval, bundle.text, release, granted, now=now)
        except TrustError as fault:
            faults.append(fault)
            continue
        if approval.person in people:
            faults.append(TrustError("trust.same_person", person=approval.person))
        people.add(approval.person)
    if len(people) < THRESHOLD:
        raise faults[0] if faults else TrustError("trust.approvals", wanted=THRESHOLD)
    return verified(release, bundle.text, digest(Release.TYPE, bundle.text))


def check_approval(approval: Approval, text: str, release: Release, granted: Delegations, *, now: int) -> None:
    """One approval alone; `release` must be the reading of `text`. Raises TrustError as `verify_release`."""
    delegate = granted.delegate(approval.person)
    if delegate is None:
        raise TrustError("trust.person", person=approval.person)
    key = next((one for one in delegate.keys if one.key == approval.key), None)
    if key is None:
        raise TrustError("trust.key", key=approval.key)
    if not key_valid(key, now=now):
        raise TrustError("trust.key_expired", key=approval.key)
    passkey = approval.webauthn
    if approval.alg != key.alg or approval.alg not in SIZES or (passkey is None) == (approval.alg == WEBAUTHN):
        raise TrustError("trust.algorithm", alg=approval.alg)
    if passkey is not None:
        hashed = digest(Release.TYPE, text)
        check_assertion(passkey, approval.signature, key.public, digest=hashed, place=granted.passkeys)
    elif not PublicKey.read(key.public).verifies(approval.signature, signed_bytes(Release.TYPE, text)):
        raise TrustError("trust.signature", person=approval.person)
    check_signer(delegate, release)


def key_valid(key: PersonKey, *, now: int) -> bool:
    return key.not_before <= now and (key.not_after is None or now < key.not_after)


def by_role(signed: Signed, read: Callable[[str], B], root: Root, role: str) -> Verified[B]:
    """The object signed by a role of the root. Raises TrustError as of the module."""
    body = read(signed.text)
    same_domain(body, root)
    _signers(signed, body.TYPE, root, role)
    if body.epoch != root.epoch:  # a higher one too: only a root may open a new epoch
        raise TrustError("trust.epoch", epoch=body.epoch, held=root.epoch)
    return verified(body, signed.text, signed.digest(body.TYPE))


def _signers(signed: Signed, type_: str, root: Root, role: str) -> set[str]:
    """The keys of a role that signed; `trust.signature` below its threshold, or when the root has no such role."""
    wanted = root.role(role)
    good = good_signers(signed, type_, {key: root.keys[key].public for key in wanted.keys} if wanted else {})
    if wanted is None or len(good) < wanted.threshold:
        raise TrustError("trust.signature", role=role)
    return good


def good_signers(signed: Signed, type_: str, publics: Mapping[str, str]) -> set[str]:
    """Those of the keys (id -> public) that signed."""
    data = signed_bytes(type_, signed.text)
    return {
        one.key
        for one in signed.signatures
        if one.key in publics and one.alg == ED25519 and PublicKey.read(publics[one.key]).verifies(one.signature, data)
    }


def same_domain(body: Body, held: Body) -> None:
    if body.domain != held.domain:
        raise TrustError("trust.domain", domain=body.domain, held=held.domain)
