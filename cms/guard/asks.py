"""What machines' upkeep asks of the guard, as it travels: the forms of `cms.guard.machines`. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from cms.signals.software import SoftwareFile, Version
from cms.trust.limits import FEED_MS, MAX_FEEDS, MAX_FIELDS, MAX_FILES
from cms.trust.shape import Code, Hash, Uuid, between, distinct, size
from cms.trust.webauthn import Passkeys


@dataclass(frozen=True, slots=True)
class SetMachines:
    """`feeds` are those whose values this guard signs; `passkeys` where people sign with theirs, or None."""

    by: Uuid
    password: Annotated[str, size(0, 1_000)]
    feeds: Annotated[tuple[Code, ...], size(0, MAX_FEEDS), distinct]
    passkeys: Passkeys | None


@dataclass(frozen=True, slots=True)
class SignFeed:
    feed: Code
    schema: Hash
    values: Annotated[Mapping[str, object], size(1, MAX_FIELDS)]
    lasts: Annotated[int, between(1_000, FEED_MS)]


@dataclass(frozen=True, slots=True)
class SignSoftware:
    """Two people's passwords: the first may delegate, the second is anybody who may approve or delegate."""

    by: Uuid
    password: Annotated[str, size(0, 1_000)]
    second: Uuid
    second_password: Annotated[str, size(0, 1_000)]
    version: Version
    minimum: Version
    stage: Annotated[int, between(1, 1_000)]
    days: Annotated[int, between(1, 365)]
    files: Annotated[tuple[SoftwareFile, ...], size(1, MAX_FILES)]
