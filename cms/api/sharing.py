"""Shared previews over the API: links for people without an account, and the opinions that came back."""

import datetime as dt

from cms.api.resources import Given, Resource, Sent, ask, take
from cms.api.shapes import Done, Nothing
from cms.content.queries import find
from cms.desk.visit import Visit
from cms.people.permissions import Action
from cms.review.links import Link, create_link, links_of, opinions_of, revoke_link


class SharedLink(Given):
    """A link to one revision; `open` while it neither ended nor was ended."""

    id: str
    label: str
    revision: int
    by: str
    created_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None
    open: bool
    opened: int
    opened_at: dt.datetime | None


class SharedLinks(Given):
    """Newest first."""

    links: list[SharedLink]


class SharedLinkSent(Sent):
    """Whom it is for, which is also its mark, and for how many days."""

    label: str
    days: int = 7


class SharedLinkMade(Given):
    """The link with its address, which is said this once."""

    link: SharedLink
    address: str


class SharedOpinion(Given):
    """What somebody without an account wrote, and through which link."""

    name: str
    text: str
    at: dt.datetime
    label: str
    revision: int


class SharedOpinions(Given):
    """Newest first."""

    opinions: list[SharedOpinion]


async def list_links(visit: Visit) -> SharedLinks:
    """The preview links of the piece."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        found = await links_of(session, held.document.id)
    return SharedLinks(links=[_link(visit, one) for one in found])


async def create_one_link(visit: Visit, sent: SharedLinkSent) -> SharedLinkMade:
    """Makes a preview link to the piece as the person sees it now."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        made, token = await create_link(
            session, visit.actor, held.edition.id, label=sent.label, days=sent.days, now=visit.now
        )
    if visit.deps.metrics is not None:
        visit.deps.metrics.count("yunping_preview_links_total")
    return SharedLinkMade(link=_link(visit, made), address=visit.shared_address(token))


async def revoke_one_link(visit: Visit, _sent: Nothing) -> Done:
    """Ends a preview link at once."""
    async with visit.deps.db.write() as session:
        held = await find(session, visit.actor, visit.part("id"))
        await revoke_link(session, visit.actor, held.document.public_id, visit.uuid("link"), now=visit.now)
    return Done(id=visit.part("link"))


async def list_opinions(visit: Visit) -> SharedOpinions:
    """What people without an account wrote about the piece."""
    async with visit.deps.db.read() as session:
        held = await find(session, visit.actor, visit.part("id"))
        found = await opinions_of(session, held.document.id)
    return SharedOpinions(
        opinions=[
            SharedOpinion(name=one.name, text=one.text, at=one.at, label=one.label, revision=one.revision)
            for one in found
        ]
    )


def _link(visit: Visit, one: Link) -> SharedLink:
    return SharedLink(
        id=str(one.id),
        label=one.label,
        revision=one.revision,
        by=one.by,
        created_at=one.created_at,
        expires_at=one.expires_at,
        revoked_at=one.revoked_at,
        open=one.revoked_at is None and one.expires_at > visit.now,
        opened=one.opened,
        opened_at=one.opened_at,
    )


_LINKS = "/api/v1/documents/{id}/links"
_MADE = SharedLinkMade
RESOURCES: tuple[Resource, ...] = (
    ask(_LINKS, list_links, Action.DOCUMENT_READ, given=SharedLinks),
    # The address is a secret: whoever has it sees the revision.
    take("POST", _LINKS, create_one_link, Action.DOCUMENT_SHARE, sent=SharedLinkSent, given=_MADE, is_kept=False),
    take("DELETE", f"{_LINKS}/{{link}}", revoke_one_link, Action.DOCUMENT_SHARE, sent=Nothing, given=Done),
    ask("/api/v1/documents/{id}/opinions", list_opinions, Action.DOCUMENT_READ, given=SharedOpinions),
)
