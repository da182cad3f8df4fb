"""Scope rules: who may sign for what, and where and when an envelope lets a release be shown."""

from cms.trust.delegations import Delegate
from cms.trust.errors import TrustError
from cms.trust.release import Envelope, Release


def inside(unit: str, subtree: str) -> bool:
    return unit.startswith(subtree)


def check_signer(delegate: Delegate, release: Release) -> None:
    """May this person approve it? Raises TrustError `trust.right`, `trust.author`, `trust.class`, `trust.scope`."""
    if "approve" not in delegate.rights:
        raise TrustError("trust.right", person=delegate.person)
    if delegate.person in release.authors:
        raise TrustError("trust.author", person=delegate.person)
    if release.class_ not in delegate.classes:
        raise TrustError("trust.class", person=delegate.person)
    for unit in release.envelope.units:
        if not inside(unit, delegate.unit):
            raise TrustError("trust.scope", person=delegate.person, unit=unit)


def check_place(envelope: Envelope, *, unit: str, channel: str) -> None:
    """May it be shown there at all? Raises TrustError `trust.target` or `trust.channel`."""
    if not any(inside(unit, subtree) for subtree in envelope.units):
        raise TrustError("trust.target", unit=unit)
    if channel not in envelope.channels:
        raise TrustError("trust.channel", channel=channel)


def check_time(envelope: Envelope, *, now: int, silent: int) -> None:
    """May it be shown, `silent` ms after the last beacon? Raises TrustError `trust.early`, `.late`, `.offline`."""
    if now < envelope.not_before:
        raise TrustError("trust.early")
    if envelope.not_after is not None and now >= envelope.not_after:
        raise TrustError("trust.late")
    if envelope.offline is not None and silent >= envelope.offline:
        raise TrustError("trust.offline")
