"""The beacon: every few seconds, which state is the newest and what time it is."""

from dataclasses import dataclass
from typing import ClassVar

from cms.trust.manifest import Named
from cms.trust.shape import Code, Count, Domain, Hash, KeyId


@dataclass(frozen=True, slots=True)
class Beacon:
    """`manifest` is the digest, `file` the sha256 of the newest manifest's file; `seq` counts per guard."""

    TYPE: ClassVar[str] = "beacon"

    domain: Domain
    epoch: Count
    audience: Code
    guard: KeyId
    seq: Count
    at: Count
    version: Count
    manifest: Hash
    file: Hash
    recalls: Named
    root: Count
