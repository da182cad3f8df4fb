"""Clashes as a person reads them: how grave, what exactly, and what to do."""

from collections.abc import Sequence
from typing import Any

from cms.desk.visit import Visit
from cms.kernel.errors import DomainError
from cms.planning.clashes import UNSEEN
from schedules.clashes import Clash, Severity

_LEVELS = {Severity.ERROR: "bad", Severity.WARNING: "wait", Severity.INFO: "info"}


def clash_lines(visit: Visit, clashes: Sequence[Clash]) -> list[dict[str, str]]:
    """As the component `findings` shows them; broken rules first."""
    ordered = sorted(clashes, key=lambda one: list(Severity).index(one.severity))
    return [_line(visit, one) for one in ordered]


def blocks(clashes: Sequence[Clash]) -> bool:
    """Whether one of them cannot be confirmed away."""
    return any(one.severity is Severity.ERROR for one in clashes)


def refusal_line(visit: Visit, error: DomainError) -> dict[str, str]:
    said = visit.refusal(error)
    return {"level": "bad", "text": said["text"], "next": said["next"], "block": ""}


def _line(visit: Visit, one: Clash) -> dict[str, Any]:
    params = dict(one.params)
    if params.get("title") == UNSEEN:
        params["title"] = visit.t("planning.clash.unseen")
    if one.code.startswith("error."):
        sentence = visit.deps.catalogue.error(visit.language, one.code.removeprefix("error."), params)
        return {"level": _LEVELS[one.severity], "text": sentence.text, "next": sentence.next, "block": ""}
    text = visit.t(f"planning.clash.{one.code}", **params)
    return {
        "level": _LEVELS[one.severity],
        "text": text,
        "next": visit.t(f"planning.clash.{one.code}.next"),
        "block": "",
    }
