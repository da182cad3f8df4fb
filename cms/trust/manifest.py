"""The manifest: what one audience shows over the next days, concrete enough to only look up."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, ClassVar

from cms.trust.errors import TrustError
from cms.trust.limits import MAX_LOOP, MAX_RELEASES, MAX_SLOTS, MAX_TEXT
from cms.trust.shape import Code, Count, Domain, Hash, Ms, between, size
from cms.trust.signed import read_body


@dataclass(frozen=True, slots=True)
class Named:
    """A version of the delegations or recalls and the sha256 of its file."""

    version: Count
    sha256: Hash


@dataclass(frozen=True, slots=True)
class Listed:
    """A release by digest, with the sha256 and size in bytes of its bundle file."""

    release: Hash
    bundle: Hash
    size: Annotated[int, between(1, MAX_TEXT)]


@dataclass(frozen=True, slots=True)
class Show:
    """A release drawn for `show` ms."""

    release: Hash
    show: Count


@dataclass(frozen=True, slots=True)
class Slot:
    """The loop of a half-open stretch of time; an empty loop is the player's own slate."""

    from_: Ms
    to: Ms
    loop: Annotated[tuple[Show, ...], size(0, MAX_LOOP)]


@dataclass(frozen=True, slots=True)
class Manifest:
    TYPE: ClassVar[str] = "manifest"

    domain: Domain
    epoch: Count
    audience: Code
    version: Count
    at: Ms
    expires_at: Ms
    root: Count
    delegations: Named
    recalls: Named
    releases: Annotated[tuple[Listed, ...], size(0, MAX_RELEASES)]
    timeline: Annotated[tuple[Slot, ...], size(0, MAX_SLOTS)]

    def loop_at(self, at: int) -> tuple[Show, ...]:
        """What stands in the timeline at an instant; nothing outside it."""
        return next((slot.loop for slot in self.timeline if slot.from_ <= at < slot.to), ())


def read_manifest(text: str) -> Manifest:
    return check_manifest(read_body(Manifest, text))


def check_manifest(manifest: Manifest) -> Manifest:
    """Raises TrustError `trust.schema` for a gap in the timeline or a release that is not listed once."""
    listed = {item.release for item in manifest.releases}
    if len(listed) != len(manifest.releases):
        raise TrustError("trust.schema", field="manifest.releases")
    shown = {show.release for slot in manifest.timeline for show in slot.loop}
    gap_free = all(one.to == after.from_ for one, after in pairwise(manifest.timeline))
    if not (shown <= listed and gap_free and all(slot.from_ < slot.to for slot in manifest.timeline)):
        raise TrustError("trust.schema", field="manifest.timeline")
    return manifest
