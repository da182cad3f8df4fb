"""One account: its meters, what stands there now with its address, and readers' comments on and off."""

from typing import Any

from aiohttp import web

from cms.contract import ContractError
from cms.desk import labels
from cms.desk.routing import get, post
from cms.desk.views.gate import text
from cms.desk.visit import Visit
from cms.kernel.errors import NotFound
from cms.people.permissions import Action, Subject, can
from cms.planning.models import Target
from cms.planning.targets import as_contract
from cms.publishing.posts_out import PostOut, account_of, note_comments, post_of, posts_out


async def account_page(visit: Visit) -> web.StreamResponse:
    return await _page(visit)


async def switch_comments(visit: Visit) -> web.StreamResponse:
    """Opens or closes the comments of one post at its platform."""
    form = await visit.form()
    wanted = text(form, "open") == "1"
    delivery = visit.uuid("delivery")
    async with visit.deps.db.read() as session:
        row = await account_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_RETRY)
        named = await post_of(session, row.id, delivery)
    channel = visit.deps.channels.get(row.kind)
    if channel is None or channel.comments is None:
        raise NotFound("kernel.not_found")
    target = as_contract(row)
    try:
        await channel.comments(named, wanted, target, visit.deps.services(target))
    except ContractError as problem:
        return await _page(visit, error=labels.trouble(visit, problem.code, problem.params))
    async with visit.deps.db.write() as session:
        await note_comments(session, visit.actor, row, delivery, wanted=wanted, now=visit.now)
    done = "comments_opened" if wanted else "comments_closed"
    return visit.redirect(f"/desk/accounts/{row.code}/posts", done=done)


async def _page(visit: Visit, *, error: dict[str, str] | None = None) -> web.StreamResponse:
    given = visit.request.query.get("page", "0")
    page = int(given) if given.isascii() and given.isdigit() and len(given) < 5 else 0
    async with visit.deps.db.read() as session:
        row = await account_of(session, visit.actor, visit.part("target"), Action.PUBLISHING_READ)
        found, more = await posts_out(session, row.id, page=page)
    here = f"/desk/accounts/{row.code}/posts"
    may = bool(can(visit.actor, Action.PUBLISHING_RETRY, Subject(row.unit_path)))
    context = {
        "account": {"name": row.name, "channel": labels.channel(visit, row.kind), "href": here},
        "posts": [await _row(visit, row, one, may=may) for one in found],
        "newer": f"{here}?page={page - 1}" if page else "",
        "older": f"{here}?page={page + 1}" if more else "",
        "error": error,
    }
    return visit.page("publishing/account_posts.html", context, section="accounts", status=422 if error else 200)


async def _row(visit: Visit, row: Target, one: PostOut, *, may: bool) -> dict[str, Any]:
    channel = visit.deps.channels.get(row.kind)
    standing = None
    if channel is not None and channel.comments is not None:
        target = as_contract(row)
        try:
            standing = await channel.comments(one.post, None, target, visit.deps.services(target))
        except ContractError:
            standing = None
    return {
        "title": one.title or visit.t("desk.documents.untitled"),
        "href": f"/desk/documents/{one.document}/publish" if visit.may(Action.DOCUMENT_READ) else "",
        "at": one.at,
        "url": one.url if one.url.startswith(("https://", "http://")) else "",
        "comments": standing,
        "switch": f"/desk/accounts/{row.code}/posts/{one.delivery}/comments" if may and standing is not None else "",
    }


ROUTES = (
    get("/desk/accounts/{target}/posts", account_page, Action.PUBLISHING_READ),
    post("/desk/accounts/{target}/posts/{delivery}/comments", switch_comments, Action.PUBLISHING_RETRY),
)
