"""Another PDF for the same day: equal pages keep what people drew on them, others are proposed anew; and back again."""

import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select

from cms.audit.models import AuditEvent
from cms.content.draft import Draft, draft_of
from cms.content.queries import find
from cms.kernel.errors import Refused
from cms.library.models import PAGE, Asset
from cms.newspaper.bringing import Offer, drop_offer, offered
from cms.newspaper.drawing import draw_next, pages_standing
from cms.newspaper.models import NewspaperIssue
from cms.newspaper.replacing import replace_pdf, replaced, undo_replacement
from cms.newspaper.zoning import PageZones, keep_zones
from cms.review.submit import preview_submission
from tests.fakes.newspapers import newspaper_pdf
from tests.integration.newspaper.test_drawing import PRESS, Place, place
from tests.office import NOW

__all__ = ["place"]
OTHER = (("震泽蚕花节开幕", "丝车摇起来，蚕花戴起来，老街上的人比往年多。" * 4),)
ZONE = {"id": "b_00000000000z", "points": [[0, 0], [5000, 5000]], "title": "手画的", "text": ["字"]}


async def _draft(place: Place, document: str) -> Draft:
    async with place.db.read() as session:
        return draft_of((await find(session, await place.office.actor("author"), document)).revision)


def _pages(draft: Draft) -> list[Mapping[str, Any]]:
    return [block for block in draft.body["blocks"] if block["type"] == "page"]


async def _draw_zone(place: Place, document: str) -> None:
    """On the second page, not saved yet, as it is while somebody works."""
    actor = await place.office.actor("author")
    second = _pages(await _draft(place, document))[1]
    async with place.db.write() as session:
        held = await find(session, actor, document)
        pages = [PageZones(second["id"], "02 民生", [ZONE])]
        await keep_zones(session, actor, document, pages, base=held.revision.id, version=None, now=NOW)


async def _exchange(place: Place, document: str, data: bytes) -> None:
    actor = await place.office.actor("author")
    await replace_pdf(place.db, place.shop, actor, data, document, name="新.pdf", now=NOW)


async def _undo(place: Place, document: str) -> None:
    async with place.db.write() as session:
        await undo_replacement(session, await place.office.actor("author"), document, now=NOW)


async def _row(place: Place) -> NewspaperIssue:
    async with place.db.read() as session:
        return (await session.scalars(select(NewspaperIssue))).one()


async def _refused(place: Place, document: str, data: bytes) -> str:
    with pytest.raises(Refused) as refused:
        await _exchange(place, document, data)
    return refused.value.code


async def test_pdf_when_exchanged_keeps_the_zones_of_equal_pages_and_is_put_back(place: Place) -> None:
    first = newspaper_pdf(2)
    document = await place.bring(data=first)
    assert await _refused(place, document, newspaper_pdf(3)) == "newspaper.still_drawing"
    assert await draw_next(place.room())
    before = await _row(place)
    await _draw_zone(place, document)
    assert await _refused(place, document, first) == "newspaper.pdf_same"

    await _exchange(place, document, newspaper_pdf(3))
    drawn = await _draft(place, document)  # until the new ones are made the piece has the pages of before
    assert [page["label"] for page in _pages(drawn)] == ["01", "02 民生"]
    async with place.db.read() as session:
        held = await find(session, await place.office.actor("author"), document)
        found = await preview_submission(
            session, await place.office.actor("author"), held.edition.id, press=PRESS, draft=drawn, now=NOW
        )
    assert ("must", "issue_drawing") in {(one.severity, one.code) for one in found.findings}
    assert await draw_next(place.room())
    pages = _pages(newer := await _draft(place, document))
    assert pages[:2] == _pages(drawn)
    assert [page["label"] for page in pages] == ["01", "02 民生", "03"]
    assert pages[1]["zones"] == [ZONE]
    assert pages[2]["zones"]
    assert newer.cover == drawn.cover
    async with place.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(Asset).where(Asset.kind == PAGE)) == 3
        said = await replaced(session, before.id, held.edition.id)
        assert await replaced(session, before.id, uuid.uuid4()) is None  # another edition begins anew
    assert said is not None
    assert (said.name, said.kept, said.pages) == (before.source_name, 2, 3)

    await _undo(place, document)
    after = await _row(place)
    assert (after.source_sha256, after.cover_id) == (before.source_sha256, before.cover_id)
    back = await _draft(place, document)
    assert (_pages(back), back.cover) == (_pages(drawn), drawn.cover)
    job = await place.job()
    assert (job.state, job.pages, job.done) == ("done", 2, 2)
    with pytest.raises(Refused) as nothing:
        await _undo(place, document)
    assert nothing.value.code == "newspaper.nothing_to_undo"


async def test_offer_of_an_exchange_when_refused_is_gone_for_everybody_until_another_exchange(place: Place) -> None:
    document = await place.bring(data=newspaper_pdf(2))
    assert await draw_next(place.room())
    await _draw_zone(place, document)

    async def offer() -> Offer | None:
        async with place.db.read() as session:
            held = await find(session, await place.office.actor("author"), document)
            row = (await session.scalars(select(NewspaperIssue))).one()
            body = draft_of(held.revision).body
            return await offered(session, row.id, held.edition.id, body, document=document)

    async def drop() -> None:
        async with place.db.write() as session:
            await drop_offer(session, await place.office.actor("author"), document, now=NOW)

    with pytest.raises(Refused, match=r"newspaper\.nothing_to_undo"):
        await drop()
    assert await offer() is None
    for _ in range(2):
        await _exchange(place, document, newspaper_pdf(2, articles=OTHER))
        assert await draw_next(place.room())
        found = await offer()
        assert found is not None
        assert found.count + found.lost > 0
        await drop()
        await drop()
        assert await offer() is None
        await _undo(place, document)
    async with place.db.read() as session:
        query = select(func.count()).select_from(AuditEvent).where(AuditEvent.action == "newspaper.offer_drop")
        assert await session.scalar(query) == 2  # said twice each time, recorded once


async def test_wrong_pdf_is_taken_back_while_it_is_drawn_and_whoever_draws_it_changes_nothing(place: Place) -> None:
    document = await place.bring(pages=1)
    assert await draw_next(place.room())
    drawn = await _draft(place, document)
    await _exchange(place, document, newspaper_pdf(1, articles=OTHER))
    assert await draw_next(place.room())
    other = await _draft(place, document)
    assert [zone["title"] for zone in _pages(other)[0]["zones"]] == [OTHER[0][0]]
    assert other.cover not in {None, drawn.cover}
    await _undo(place, document)

    await _exchange(place, document, newspaper_pdf(1, articles=OTHER))
    await _undo(place, document)
    assert not await draw_next(place.room())
    back = await _draft(place, document)
    assert (_pages(back), back.cover) == (_pages(drawn), drawn.cover)


def test_page_that_moved_takes_its_new_number_and_keeps_its_words() -> None:
    body = {
        "blocks": [
            {"type": "issue"},
            *({"type": "page", "asset": one, "label": f"0{n} 副刊"} for n, one in ((1, "a"), (2, "a"))),
        ]
    }
    standing = pages_standing(body)["a"]
    assert [one.at(5)["label"] for one in standing] == ["05 副刊", "05 副刊"]
    odd = pages_standing({"blocks": [{"type": "page", "asset": "b", "label": "A1"}]})["b"][0]
    assert odd.at(3)["label"] == "A1"
