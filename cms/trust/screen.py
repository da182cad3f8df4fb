"""What a screen believes it is: signed by the guard at pairing or move, so no server moves it alone."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from cms.trust.limits import MAX_TAGS
from cms.trust.shape import Base64, Code, Count, Domain, Ms, Unit, Uuid, distinct, size


@dataclass(frozen=True, slots=True)
class ScreenFacts:
    TYPE: ClassVar[str] = "screen"

    domain: Domain
    epoch: Count
    screen: Uuid
    key: Base64
    unit: Unit
    tags: Annotated[tuple[Code, ...], size(0, MAX_TAGS), distinct]
    version: Count
    at: Ms
