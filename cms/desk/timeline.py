"""The history of a piece as the timeline of a page shows it."""

from collections.abc import Mapping, Sequence
from typing import Any

from cms.content.states import Verb
from cms.desk import labels
from cms.desk.visit import Visit
from cms.review.entry import Entry


def entries(visit: Visit, found: Sequence[Entry]) -> list[dict[str, Any]]:
    """The history as the timeline shows it."""
    shown = []
    # The oldest line of an edition says that it began; its verb is the one of an edit.
    begun = {one.edition: one for one in found if one.kind == "status"}
    for one in found:
        if one.kind == "status" and begun[one.edition] is one and one.verb is Verb.EDIT:
            said, state = visit.t("desk.history.begun", number=one.edition), "draft"
        elif one.kind == "revision":
            said, state = visit.t("desk.history.saved", number=one.revision), "draft"
        elif one.kind == "opinion":
            said, state = visit.t("desk.history.opinion", label=one.details["label"], number=one.revision), "opinion"
        elif one.kind != "status":
            said, state = _beside(visit, one)
        else:
            assert one.verb is not None and one.state is not None  # noqa: PT018, S101 - a line of a state has both
            said, state = visit.t(f"enum.Verb.{one.verb.name}"), one.state.value
            if one.step:
                said = f"{visit.t(f'review.step.{one.step}')} · {said}"
        note = one.note or refused_note(visit, one.details)
        person = one.person or visit.t("desk.history.system")
        shown.append({"at": one.at, "person": person, "text": said, "state": state, "note": note})
    return shown


def refused_note(visit: Visit, details: Mapping[str, Any]) -> str:
    """Why a promise could not be kept, where the history says so."""
    if "code" not in details:
        return ""
    said = labels.trouble(visit, details["code"], details.get("params", {}))
    return f"{said['text']}{said['next']}"


def _beside(visit: Visit, one: Entry) -> tuple[str, str]:
    """What review did beside the states: a proof, a deadline that passed, an objection, an opinion from outside."""
    if one.kind == "opinion":
        return visit.t("desk.history.opinion", label=one.details["label"], number=one.revision), "opinion"
    if one.kind == "proof":
        clean = bool(one.details["clean"])
        name = visit.t(f"review.step.proof{one.details['ordinal']}")
        return (
            f"{name} · {visit.t('desk.proof.clean' if clean else 'desk.proof.faults')}",
            "live" if clean else "returned",
        )
    if one.kind == "escalation":
        name = visit.t(f"review.step.{one.step}")
        return visit.t("desk.review.escalated", step=name, unit=one.details["unit"]), "late"
    return visit.t("desk.after.objected"), "late"
