"""What the kit reports: the check that failed and what it saw."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One way in which a channel does not conform."""

    check: str
    detail: str
