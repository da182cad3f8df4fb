"""An account over the API: what is out there, readers' comments, and a draft on the testers' phones."""

import datetime as dt

from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done
from cms.desk import at_accounts
from cms.desk.visit import Visit
from cms.people.permissions import Action


class AccountPost(Given):
    """One piece that is out; `comments` is null where it is not known whether readers may comment."""

    delivery: str
    document: str
    title: str
    url: str
    at: dt.datetime | None
    comments: bool | None


class AccountPosts(Given):
    """A page, newest first; `more` says that there is another."""

    posts: list[AccountPost]
    more: bool


class CommentsSent(Sent):
    """Whether readers may comment from now on."""

    open: bool


class TrialSent(Sent):
    """The account whose testers are to see the draft."""

    target: str


class TrialMade(Given):
    """To how many people it was sent."""

    people: int


async def list_account_posts(visit: Visit) -> AccountPosts:
    """What is out at the account, with its addresses at the platform."""
    found = await at_accounts.standings(visit, visit.part("target"), page=at_accounts.page_number(visit))
    posts = [
        AccountPost(
            delivery=str(one.out.delivery),
            document=one.out.document,
            title=one.out.title,
            url=one.out.url,
            at=one.out.at,
            comments=one.comments,
        )
        for one in found.posts
    ]
    return AccountPosts(posts=posts, more=found.more)


async def switch_one_posts_comments(visit: Visit, sent: CommentsSent) -> Done:
    """Opens or closes readers' comments of one post."""
    await at_accounts.switch_comments(visit, visit.part("target"), visit.uuid("delivery"), wanted=sent.open)
    return Done(id=visit.part("delivery"))


async def show_one_draft(visit: Visit, sent: TrialSent) -> TrialMade:
    """Sends the saved draft to an account's testers; nothing is published."""
    return TrialMade(people=await at_accounts.show_testers(visit, sent.target))


_POSTS = "/api/v1/accounts/{target}/posts"
_ONE = f"{_POSTS}/{{delivery}}/comments"
RESOURCES: tuple[Resource, ...] = (
    ask(_POSTS, list_account_posts, Action.PUBLISHING_READ, given=AccountPosts, queries=("page",)),
    take("POST", _ONE, switch_one_posts_comments, Action.PUBLISHING_RETRY, sent=CommentsSent, given=Done),
    take(
        "POST",
        "/api/v1/documents/{id}/trials",
        show_one_draft,
        Action.DOCUMENT_EDIT,
        sent=TrialSent,
        given=TrialMade,
    ),
)
