"""The recall set: what must never be shown again; it only ever grows."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cms.trust.errors import TrustError
from cms.trust.limits import MAX_RECALLS
from cms.trust.shape import Count, Domain, Hash, Ms, Uuid, size
from cms.trust.signed import read_body


@dataclass(frozen=True, slots=True)
class Recalled:
    """A release (by digest) or an asset (by the sha256 of a file or master) that is gone, by a person."""

    release: Hash | None
    asset: Hash | None
    at: Ms
    by: Uuid
    reason: Annotated[str, size(0, 500)]


@dataclass(frozen=True, slots=True)
class Recalls:
    TYPE: ClassVar[str] = "recalls"

    domain: Domain
    epoch: Count
    version: Count
    at: Ms
    items: Annotated[tuple[Recalled, ...], size(0, MAX_RECALLS)]

    @property
    def releases(self) -> frozenset[str]:
        return frozenset(item.release for item in self.items if item.release is not None)

    @property
    def assets(self) -> frozenset[str]:
        return frozenset(item.asset for item in self.items if item.asset is not None)


def read_recalls(text: str) -> Recalls:
    recalls = read_body(Recalls, text)
    if any(item.release is None and item.asset is None for item in recalls.items):
        raise TrustError("trust.schema", field="recalls.items")
    return recalls
