"""Sharing a preview: links made and ended by whoever may, and what came back through them."""

from typing import Any

from aiohttp import web

from cms.content.queries import find
from cms.desk import labels, pieces
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError, Invalid, NotFound
from cms.people.permissions import Action, can
from cms.review.links import DAYS, LABEL, Link, create_link, links_of, opinions_of, revoke_link


async def share_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def create(visit: Visit) -> web.StreamResponse:
    """Makes a link and shows its address this once: only a hash of it is kept."""
    form = await visit.form()
    days = text(form, "days")
    try:
        async with visit.deps.db.write() as session:
            held = await find(session, visit.actor, visit.part("id"))
            wanted = int(days) if days.isascii() and days.isdigit() and len(days) < 4 else 0
            made = await create_link(
                session, visit.actor, held.edition.id, label=text(form, "label"), days=wanted, now=visit.now
            )
    except DomainError as error:
        if isinstance(error, NotFound):
            raise
        return await _page(visit, error=error, typed=(text(form, "label"), days))
    if visit.deps.metrics is not None:
        visit.deps.metrics.count("yunping_preview_links_total")
    return await _page(visit, made=made)


async def revoke(visit: Visit) -> web.StreamResponse:
    """Ends a link at once."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        await revoke_link(session, visit.actor, held.document.public_id, visit.uuid("link"), now=visit.now)
    return visit.redirect(f"{pieces.href(held.document.public_id)}/share", done="link_revoked")


async def _page(
    visit: Visit,
    *,
    made: tuple[Link, str] | None = None,
    error: DomainError | None = None,
    typed: tuple[str, str] = ("", "7"),
) -> web.StreamResponse:
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        links = await links_of(session, held.document.id)
        opinions = await opinions_of(session, held.document.id)
        column = await pieces.column_name(session, held.revision.column_code)
        _, _, version = await pieces.typed(session, visit, held)
    url = pieces.href(held.document.public_id)
    wrong = {name: visit.refusal(Invalid(code, most=LABEL)) for name, code in _fields(error).items()}
    context = {
        "document": pieces.head(visit, held, column),
        "may": pieces.may(visit, held) | {"share": bool(can(visit.actor, Action.DOCUMENT_SHARE, held.subject))},
        "made": {"address": visit.shared_address(made[1]), "label": made[0].label, "revision": made[0].revision}
        if made
        else None,
        "links": [_row(visit, one, f"{url}/share/{one.id}/revoke") for one in links],
        "opinions": [
            {"name": one.name, "text": one.text, "at": one.at, "label": one.label, "revision": one.revision}
            for one in opinions
        ],
        "is_unsaved": version > 0,
        "label": typed[0],
        "days": typed[1],
        "choices": [{"value": str(one), "label": visit.t("desk.offline.days", count=one)} for one in DAYS],
        "most": LABEL,
        "wrong": wrong,
        "error": visit.refusal(error) if error and not wrong else None,
    }
    return visit.page("documents/share.html", context, section="documents", status=error.status if error else 200)


def _fields(error: DomainError | None) -> dict[str, str]:
    return dict(error.fields) if isinstance(error, Invalid) else {}


def _row(visit: Visit, one: Link, revoke_url: str) -> dict[str, Any]:
    if one.revoked_at is not None:
        state, said = "off", visit.t("desk.share.revoked_at", at=labels.instant(visit, one.revoked_at))
    elif one.expires_at <= visit.now:
        state, said = "off", visit.t("desk.share.expired_at", at=labels.instant(visit, one.expires_at))
    else:
        state, said = "active", visit.t("desk.share.until", at=labels.instant(visit, one.expires_at))
    return {
        "label": one.label,
        "revision": one.revision,
        "by": one.by,
        "at": one.created_at,
        "state": state,
        "said": said,
        "opened": one.opened,
        "opened_at": one.opened_at,
        "revoke": revoke_url if state == "active" else "",
    }


ROUTES = (
    get("/desk/documents/{id}/share", share_page, Action.DOCUMENT_READ),
    post("/desk/documents/{id}/share", create, Action.DOCUMENT_SHARE),
    post("/desk/documents/{id}/share/{link}/revoke", revoke, Action.DOCUMENT_SHARE),
)
