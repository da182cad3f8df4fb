"""What the machine says of a piece: one finding with a severity, a place and what its sentence needs. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field as default
from typing import Any, Final, Literal

Severity = Literal["must", "reason", "hint"]
# In the order people read them: what stops a submission, what a reviewer must give a reason for, what is advice.
SEVERITIES: Final[Sequence[Severity]] = ("must", "reason", "hint")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found; its sentence is ``review.check.{code}``, its suggestion ``review.check.{code}.next``.

    `must` stops a submission; `reason` lets it through, and whoever passes the piece says why. `field` and `block` say
    where; [`start`, `end`) are characters of that field, or of the block's texts joined by line feeds (`end` 0: all of
    it). `params` fill the sentence.
    """

    severity: Severity
    code: str
    field: str = ""
    block: str = ""
    params: Mapping[str, str | int] = default(default_factory=dict)
    start: int = 0
    end: int = 0


def finding_json(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "params": dict(finding.params)}


def finding_of(value: Mapping[str, Any]) -> Finding:
    """A finding as a release keeps it; those of older rules have no place inside the text."""
    return Finding(**value)


def must_fix(findings: Collection[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity == "must"]


def to_explain(findings: Collection[Finding]) -> list[Finding]:
    """What a reviewer cannot pass without a word."""
    return [finding for finding in findings if finding.severity == "reason"]
