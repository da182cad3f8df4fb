"""Shared previews: one revision, for some days, to whoever has the link; opinions come back at the pace of people."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import select

from cms.audit.models import AuditEvent
from cms.content.editing import autosave
from cms.content.held import look
from cms.kernel.errors import Denied, Invalid, NotFound, Refused, TooMany
from cms.review import links
from cms.review.history import timeline
from cms.review.link_models import PreviewLink
from tests.integration.review.test_flow import written
from tests.office import NOW, Office, make_draft

DAY = dt.timedelta(days=1)
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


async def linked(
    office: Office, edition: uuid.UUID, *, by: str = "author", **changes: object
) -> tuple[links.Link, str]:
    actor = await office.actor(by)
    asked: dict[str, object] = {"label": "宣传部王科长", "days": 7, "now": NOW, **changes}
    async with office.db.write() as session:
        return await links.create_link(session, actor, edition, **asked)  # type: ignore[arg-type]


async def opened(office: Office, token: str, *, now: dt.datetime = NOW) -> links.Opened:
    async with office.db.write() as session:
        return await links.open_link(session, token, now=now, count=True)


async def say(office: Office, token: str, text: str = "好", *, ip: str = "192.0.2.1", now: dt.datetime = NOW) -> None:
    async with office.db.write() as session:
        await links.give_opinion(session, token, name="王科长", text=text, ip=ip, now=now)


async def public_id(office: Office, edition: uuid.UUID) -> str:
    async with office.db.read() as session:
        return (await look(session, edition)).document.public_id


async def test_link_when_made_shows_what_its_maker_had_typed_and_nothing_newer(office: Office) -> None:
    edition = await written(office, title="旧题")
    actor = await office.actor("author")
    async with office.db.write() as session:
        base = (await look(session, edition)).revision.id
        await autosave(session, actor, edition, make_draft(title="没有保存的题"), base=base, version=None, now=NOW)
    made, token = await linked(office, edition)
    async with office.db.write() as session:
        held = await look(session, edition)
        await autosave(
            session, actor, edition, make_draft(title="更新的题"), base=held.revision.id, version=None, now=NOW
        )
    found = await opened(office, token)
    assert (found.revision.title, found.revision.number) == ("没有保存的题", made.revision)
    async with office.db.read() as session:
        piece = await links.shared_piece(session, found, press=office.press, now=NOW)
        row = (await session.scalars(select(PreviewLink))).one()
    assert piece.title == "没有保存的题"
    # Only a hash of the token is anywhere.
    assert token not in str(row.__dict__)
    assert (row.token_hash, row.opened) == (links.hash_of(token), 1)


async def test_link_when_over_revoked_or_of_a_discarded_piece_says_one_thing(office: Office) -> None:
    edition = await written(office)
    document = await public_id(office, edition)
    made, token = await linked(office, edition, days=1)
    await opened(office, token, now=NOW + DAY - dt.timedelta(seconds=1))
    _, other = await linked(office, edition)
    async with office.db.write() as session:
        await links.revoke_link(session, await office.actor("chief"), document, made.id, now=NOW)
    gone = []
    for asked, now in ((token, NOW), (other, NOW + 7 * DAY), ("A" * 32, NOW)):
        with pytest.raises(NotFound) as refused:
            await opened(office, asked, now=now)
        gone.append(refused.value.code)
    assert set(gone) == {"review.link_gone"}
    async with office.db.read() as session:
        done = (
            await session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("preview_link")))
        ).all()
    assert list(done) == ["preview_link.create", "preview_link.create", "preview_link.revoke"]


async def test_link_when_asked_for_by_somebody_else_s_editor_or_badly_is_refused(office: Office) -> None:
    edition = await written(office)
    for name in ("colleague", "neighbour", "publisher"):
        with pytest.raises(Denied):
            await linked(office, edition, by=name)
    for changes, field in (({"label": " "}, "label"), ({"label": "长" * 41}, "label"), ({"days": 365}, "days")):
        with pytest.raises(Invalid) as refused:
            await linked(office, edition, **changes)
        assert field in refused.value.fields
    for _ in range(links.MOST):
        await linked(office, edition)
    with pytest.raises(Refused) as too_many:
        await linked(office, edition)
    assert too_many.value.code == "review.too_many_links"


async def test_opinion_when_given_stands_on_the_piece_and_in_its_history(office: Office) -> None:
    edition = await written(office)
    _, token = await linked(office, edition)
    await say(office, token, "第二段请核对。\u202e")
    document = await public_id(office, edition)
    async with office.db.read() as session:
        held = await look(session, edition)
        found = await links.opinions_of(session, held.document.id)
        history = await timeline(session, await office.actor("author"), document)
        listed = await links.links_of(session, held.document.id)
    assert [(one.name, one.label) for one in found] == [("王科长", "宣传部王科长")]
    assert (history[0].kind, history[0].person) == ("opinion", "王科长")
    assert listed[0].opened == 0
    for bad in ("", "长" * 2001):
        with pytest.raises(Invalid):
            await say(office, token, bad)


async def test_opinions_when_they_come_like_a_machine_s_are_held_back(office: Office) -> None:
    _, token = await linked(office, await written(office))
    for _ in range(links.PER_SENDER):
        await say(office, token)
    with pytest.raises(TooMany) as refused:
        await say(office, token)
    assert refused.value.params["seconds"] == 600
    # Somebody else may, until the link itself has had enough; later everybody may again.
    for number in range(links.PER_LINK - links.PER_SENDER):
        await say(office, token, ip=f"192.0.2.{10 + number}")
    with pytest.raises(TooMany):
        await say(office, token, ip="198.51.100.1")
    await say(office, token, now=NOW + links.WINDOW + dt.timedelta(seconds=1))
