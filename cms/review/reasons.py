"""Findings that a reviewer may let through only with a word of their own."""

from collections.abc import Mapping, Sequence
from typing import Any

from cms.kernel.errors import Refused
from cms.review.findings import finding_of, to_explain


def require_reason(findings: Sequence[Mapping[str, Any]], opinion: str) -> None:
    """Raises Refused `review.reason_needed` when the release has findings to explain and nothing was written."""
    open_ = to_explain([finding_of(one) for one in findings])
    if open_ and not opinion.strip():
        raise Refused("review.reason_needed", count=len(open_))
