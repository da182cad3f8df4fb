"""One of everything of the newspaper and of the screens, as rows of a unit."""

import datetime as dt
from typing import Any

from sqlalchemy import select

from cms.content.blocks import read_body
from cms.content.draft import Draft
from cms.content.editing import create
from cms.content.kinds import Kind
from cms.content.models import Document, Edition
from cms.kernel.ids import block_id
from cms.library.models import Asset, PageText
from cms.newspaper.models import DrawJob, Newspaper, NewspaperIssue, NewspaperPage
from cms.newspaper.states import DrawState
from cms.newspaper.taking import Named, issue_block
from cms.people.actor import Actor, Grant
from cms.people.models import Unit
from cms.people.roles import Role
from cms.planning.models import Target
from cms.publishing.models import Delivery, Publication
from screens.hands.rollout_tables import ScreenRollout
from screens.hands.tables import ScreenCommand, ScreenFile, ScreenOrder
from screens.tables import Screen
from tests.integration.desk.maker import Maker

# The code of a target that screens show.
WALL = "wall"


async def an_issue(maker: Maker, title: str) -> str:
    """A newspaper with one page that is drawn; the public id of its document."""
    session, make = maker.session, maker.make
    unit = (await session.scalars(select(Unit.id).where(Unit.path == maker.unit))).one()
    picture = (await session.scalars(select(Asset.id).limit(1))).one()
    named = Named("吴江日报", dt.date(2026, 11, 23))
    page = {"id": block_id(), "type": "page", "asset": str(picture), "label": "A01", "zones": []}
    body = read_body({"schema": 1, "blocks": [issue_block(block_id(), named), page]})
    editor = Actor(maker.owner, "editor", maker.unit, (Grant(Role.EDITOR, maker.unit),))
    draft = Draft(title=title, body=body)
    edition = await create(session, editor, kind=Kind.NEWSPAPER, unit=unit, draft=draft, now=maker.now)
    paper = await make(Newspaper, name=named.paper)
    issue = await make(
        NewspaperIssue, newspaper_id=paper.id, date=named.date, document_id=edition.document_id, source_sha256="e" * 64
    )
    await make(
        DrawJob, issue_id=issue.id, pages=1, done=1, state=DrawState.FAILED.value, error_code="media.broken",
        not_before=maker.now,
    )  # fmt: skip
    await make(PageText, asset_id=picture, text=title, blocks=[[0, 0, 9000, 900, 300, title]])
    await make(NewspaperPage, issue_id=issue.id, number=1, asset_id=picture)
    return (await session.get_one(Document, edition.document_id)).public_id


async def of_the_screens(maker: Maker, screen: Screen, piece: Document, edition: Edition) -> dict[str, Any]:
    """What was ordered of a screen, what it handed in, what is on its way to it."""
    make, now = maker.make, maker.now
    wall = await make(Target, code=WALL, kind="screen", units=[maker.unit], settings={})
    sent = await make(Publication, key="wall", kind="publish", document_id=piece.id, edition_id=edition.id, what={})
    command = await make(ScreenCommand, action="screenshot", screen=screen.id)
    order = await make(ScreenOrder, command=command.id, screen=screen.id, action="screenshot", state="done")
    await make(ScreenFile, order=order.id, media_type="image/webp")
    return {
        "command": command,
        "order": order,
        "rollout": await make(ScreenRollout, files=[], state="ready"),
        "shown": await make(
            Delivery, publication_id=sent.id, target_id=wall.id, document_id=piece.id, edition_id=edition.id,
            kind="publish", state="manual", not_before=now, receipt={},
        ),
    }  # fmt: skip
