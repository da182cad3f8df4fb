"""A delivery as the desk shows it: its state, what it waits for, what went wrong, and what a person is to do."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote, urlsplit

import segno

from cms.desk import labels
from cms.desk.visit import Visit
from cms.kernel.errors import Invalid
from cms.people.permissions import Action
from cms.publishing.deliveries import Line
from cms.publishing.proofs import ASKED as ASKED_PROOF, PROOF
from cms.publishing.states import TAKES_OFF, DeliveryState, PublicationKind
from cms.publishing.tasks import Task

# The machine does not know, or gave up: somebody may have done it at the platform.
_BY_HAND: Final = frozenset({DeliveryState.UNKNOWN, DeliveryState.FAILED, DeliveryState.MISSED})
# Since then there is something to say of how far it got.
_WENT_OUT: Final = frozenset({DeliveryState.SENDING, DeliveryState.LIVE, DeliveryState.GONE})
_ICONS: Final = frozenset({"screen", "web", "tv", "wechat", "douyin"})


def row_of(visit: Visit, one: Line, wrong: tuple[str, str, Invalid] | None = None) -> dict[str, Any]:
    """A delivery as the component shows it; `wrong` is what somebody just typed for one and why it was refused."""
    return {
        "id": str(one.delivery),
        "target": one.target_name,
        "kind": one.channel if one.channel in _ICONS else "other",
        "detail": _detail(visit, one),
        # A platform that waits for somebody to scan a code reviews nothing yet.
        "state": DeliveryState.MANUAL.value if _asks(one) else one.state.value,
        "at": one.finished_at or one.at,
        "link": one.url if one.url and _host(one.url) else "",
        "wait": _wait(visit, one),
        "error": labels.trouble(visit, one.error_code, one.error_params) if one.error_code else None,
        "may_retry": one.may_retry and visit.may(Action.PUBLISHING_RETRY),
        "retry": "desk.delivery.ask" if one.state is DeliveryState.REVIEWING else "desk.delivery.retry",
        "task": _task(visit, one, wrong),
        "proof": f"/desk/publishing/proofs/{one.delivery}"
        if one.detail.get(PROOF) and visit.may(Action.PUBLISHING_RETRY)
        else "",
        "done": 0,
        "total": 0,
        "progress": visit.desk.sections.progress(one.channel, str(one.delivery)) if one.state in _WENT_OUT else "",
    }


def quiet_row(visit: Visit, one: Line) -> dict[str, Any]:
    """A delivery outside of its piece's page, where there is nothing to press."""
    return {**row_of(visit, one), "may_retry": False, "task": None, "progress": ""}


def task_row(visit: Visit, one: Task, wrong: tuple[str, str, Invalid] | None = None) -> dict[str, Any]:
    """A task where it stands beside others: with its piece, and whether it is late."""
    row = row_of(visit, one.line, wrong)
    return {
        **row,
        "title": one.title or visit.t("desk.documents.untitled"),
        "href": f"/desk/documents/{one.document}/publish" if visit.may(Action.DOCUMENT_READ) else "",
        "late": one.is_late,
    }


def _task(visit: Visit, one: Line, wrong: tuple[str, str, Invalid] | None) -> dict[str, Any] | None:
    """What waits for a person; folded away where they may say that they did what the machine could not."""
    if one.state is DeliveryState.MANUAL or _asks(one):
        return task_of(visit, one, wrong)
    channel = visit.deps.channels.get(one.channel)
    is_post = channel is not None and channel.display is None
    if not is_post or one.state not in _BY_HAND or not visit.may(Action.PUBLISHING_RETRY):
        return None
    no_more = {"pack": "", "link": "", "qr": "", "asks_proof": False}
    said = {**task_of(visit, one, wrong), "text": visit.t("desk.task.instead"), **no_more}
    return {**said, "asks_url": PublicationKind(one.kind) not in TAKES_OFF, "optional": True}


def _asks(one: Line) -> bool:
    """Whether the platform waits for a person and not for itself."""
    return one.state is DeliveryState.REVIEWING and bool(one.detail.get("task"))


def task_of(visit: Visit, one: Line, wrong: tuple[str, str, Invalid] | None = None) -> dict[str, Any]:
    """What a person is to do: the channel's words, the file to take along, where, and what they confirm with."""
    takes_off = PublicationKind(one.kind) in TAKES_OFF
    said = str(one.detail.get("task", ""))
    usual = "publishing.task.take_down" if takes_off else f"publishing.task.{one.kind}"
    link = str(one.detail.get("link") or "")
    is_mine = wrong is not None and wrong[0] == str(one.delivery)
    return {
        "text": labels.known(visit, said, usual),
        "pack": f"/desk/publishing/packs/{one.delivery}" if one.detail.get("pack") else "",
        "qr": _code(str(one.detail.get("qr") or "")),
        "link": link if _host(link) else "",
        "host": _host(link),
        "asks_url": one.detail.get("ask") == "url" and not takes_off,
        "asks_proof": one.detail.get("ask") == ASKED_PROOF,
        "confirm": "desk.task.confirm_gone" if takes_off else "desk.task.confirm",
        "url": wrong[1] if wrong is not None and is_mine else "",
        "error": visit.refusal(wrong[2]) if wrong is not None and is_mine else None,
        "may": visit.may(Action.PUBLISHING_RETRY),
        "optional": False,
    }


def _code(address: str) -> str:
    """The address as a picture that a phone reads; empty for none."""
    if not _host(address):
        return ""
    return segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=3, dark="#000", light="#fff")


def attachment(name: str) -> Mapping[str, str]:
    """Headers of a file to keep, which a browser must never show as a page of ours."""
    return {
        "Content-Disposition": f"attachment; filename=\"pack.zip\"; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Type": "application/octet-stream",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


def _detail(visit: Visit, one: Line) -> str:
    parts = [visit.t(f"publishing.kind.{one.kind}")]
    if one.next_at is not None and one.state is not DeliveryState.REVIEWING:
        parts.append(visit.t("desk.delivery.next", at=labels.instant(visit, one.next_at)))
    by = one.detail.get("by_name")
    if by and one.state in {DeliveryState.LIVE, DeliveryState.GONE}:
        parts.append(visit.t("desk.delivery.by_hand", person=by))
    return " · ".join(parts)


def _wait(visit: Visit, one: Line) -> str:
    """Why it is quiet, in words: the platform converts or reviews, the account is paused."""
    if one.paused:
        return visit.t("desk.delivery.paused")
    if one.state is not DeliveryState.REVIEWING:
        return ""
    why = str(one.detail.get("why", ""))
    words = labels.known(visit, f"{one.channel}.wait.{why}", f"publishing.wait.{why}", why)
    words = words or visit.t("publishing.wait.review")
    if one.since is None:
        return words
    return visit.t("desk.delivery.since", what=words, at=labels.instant(visit, one.since))


def _host(url: str) -> str:
    """The host of an address a person may be led to; empty for any other."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts.hostname or "" if parts.scheme == "https" or _is_simulator(parts.scheme, parts.hostname) else ""


def _is_simulator(scheme: str, host: str | None) -> bool:
    return scheme == "http" and host in {"127.0.0.1", "localhost"}
