"""One account: what stands there now with its address, and readers' comments on and off."""

from typing import Any

from aiohttp import web

from cms.desk import at_accounts, labels
from cms.desk.at_accounts import Standing
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import Denied, DomainError, NotFound
from cms.people.permissions import Action, Subject, can


async def posts_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def switch_comments(visit: Visit) -> web.StreamResponse:
    """Opens or closes the comments of one post; a refusal stands on the page where it was asked."""
    form = await visit.form()
    wanted = text(form, "open") == "1"
    code = visit.part("target")
    try:
        await at_accounts.switch_comments(visit, code, visit.uuid("delivery"), wanted=wanted)
    except (NotFound, Denied):
        raise
    except DomainError as error:
        return await _page(visit, error=error)
    return visit.redirect(f"/desk/accounts/{code}/posts", done="comments_opened" if wanted else "comments_closed")


async def _page(visit: Visit, *, error: DomainError | None = None) -> web.StreamResponse:
    page = at_accounts.page_number(visit)
    found = await at_accounts.standings(visit, visit.part("target"), page=page)
    row = found.account
    here = f"/desk/accounts/{row.code}/posts"
    may = bool(can(visit.actor, Action.PUBLISHING_RETRY, Subject(row.unit_path)))
    context = {
        "account": {"name": row.name, "channel": labels.channel(visit, row.kind), "href": here},
        "posts": [_row(visit, here, one, may=may) for one in found.posts],
        "newer": f"{here}?page={page - 1}" if page else "",
        "older": f"{here}?page={page + 1}" if found.more else "",
        "error": visit.refusal(error) if error else None,
    }
    status = error.status if error else 200
    return visit.page("publishing/account_posts.html", context, section="accounts", status=status)


def _row(visit: Visit, here: str, one: Standing, *, may: bool) -> dict[str, Any]:
    out = one.out
    return {
        "title": out.title or visit.t("desk.documents.untitled"),
        "href": f"/desk/documents/{out.document}/publish" if visit.may(Action.DOCUMENT_READ) else "",
        "at": out.at,
        "url": out.url if out.url.startswith(("https://", "http://")) else "",
        "comments": one.comments,
        "switch": f"{here}/{out.delivery}/comments" if may and one.comments is not None else "",
    }


ROUTES = (
    get("/desk/accounts/{target}/posts", posts_page, Action.PUBLISHING_READ),
    post("/desk/accounts/{target}/posts/{delivery}/comments", switch_comments, Action.PUBLISHING_RETRY),
)
