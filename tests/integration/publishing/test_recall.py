"""Recall: tombstones first, to every target that ever got any edition, for ever."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import select, update

from cms.content.models import Edition
from cms.kernel import leases
from cms.kernel.errors import Denied, Refused, Unavailable
from cms.people.actor import Actor
from cms.planning.models import Target
from cms.planning.schedule import schedule
from cms.publishing.deliveries import panel, retry
from cms.publishing.models import Delivery, Publication
from cms.publishing.publish import publish_now
from cms.publishing.recall import recall, recall_everything, replay_recalls
from cms.publishing.states import DELIVERY
from cms.publishing.strip import served
from tests.integration.publishing import office
from tests.integration.publishing.conftest import Office
from tests.integration.publishing.office import HE, QIAN, SUN, ZHAO
from tests.schema import on_both, sqlite_by_default

database_url = sqlite_by_default

WHY = "内容有误"


async def publish(place: Office, edition: uuid.UUID, *targets: str) -> Publication:
    async with place.database.write() as session:
        return await publish_now(session, SUN, edition, targets=targets or ("site", "street"), now=place.now)


async def call_back(place: Office, edition: uuid.UUID, who: Actor = QIAN, **more: object) -> Publication:
    document = await office.document_of(place.database, edition)
    return await recall(place.database, place.guard, who, document.id, reason=WHY, now=place.now, **more)  # type: ignore[arg-type]


@on_both
async def test_a_recalled_piece_is_gone_everywhere_and_its_tombstone_came_first(place: Office) -> None:
    edition = await office.approved(place.database, title="有误的稿件")
    published = await publish(place, edition)
    await place.work()
    home = place.site.get("/")
    assert home is not None
    await call_back(place, edition)
    # Before anything is rendered the tombstone hides it while serving.
    assert set(place.guard.recalled) == {published.release}
    gone = frozenset(place.guard.recalled)
    page = served(await place.store.get(home.sha256), media_type=home.media_type, releases=home.releases, recalled=gone)
    assert page is not None
    assert "有误的稿件" not in page.decode()
    await place.work()
    document = await office.document_of(place.database, edition)
    entry = place.site.get(f"/d/{document.public_id}/")
    assert entry is not None
    assert entry.gone
    for path in ("/", "/c/yaowen/", "/feed.xml", "/feed.json"):
        assert "有误的稿件" not in (await place.page(path) or ""), path
    assert await place.street.shown() == set()
    row = await office.edition_of(place.database, edition)
    assert (row.state, row.is_live) == ("recalled", False)
    async with place.database.read() as session:
        assert [(line.kind, line.state) for line in await panel(session, edition)] == [("recall", "gone")] * 2


@on_both
async def test_a_recall_goes_to_every_target_that_ever_got_any_edition(place: Office) -> None:
    first = await office.approved(place.database)
    one = await publish(place, first, "site")
    await place.work()
    second = await office.corrected(place.database, first, "新的标题", place.now)
    two = await publish(place, second, "street")
    await place.work()
    async with place.database.write() as session:
        await session.execute(update(Target).where(Target.code == "site").values(active=False))
    publication = await call_back(place, second)
    assert publication.what["targets"] == ["site", "street"]
    assert set(place.guard.recalled) == {one.release, two.release}
    async with place.database.read() as session:
        assert set((await session.scalars(select(Edition.state))).all()) == {"recalled"}


async def test_a_recall_is_delivered_before_anything_else(place: Office) -> None:
    edition = await office.approved(place.database)
    await publish(place, edition, "site")
    await place.work()
    for _ in range(3):
        await publish(place, await office.approved(place.database), "site")
    publication = await call_back(place, edition)
    async with place.database.write() as session:
        (held,) = await leases.claim(session, Delivery, DELIVERY, owner="x", now=place.now)
        row = await session.get_one(Delivery, held.id)
    assert row.publication_id == publication.id


async def test_a_piece_recalled_before_it_went_out_never_does(place: Office) -> None:
    waiting, planned = await office.approved(place.database), await office.approved(place.database)
    await publish(place, waiting)
    async with place.database.write() as session:
        at = place.now + dt.timedelta(hours=1)
        await schedule(session, SUN, planned, at=at, targets=["site"], now=place.now)
    await call_back(place, waiting)
    await call_back(place, planned)
    place.later(hours=2)
    await place.work()
    for edition in (waiting, planned):
        document = await office.document_of(place.database, edition)
        assert await place.page(f"/d/{document.public_id}/") is None
        assert (await office.edition_of(place.database, edition)).state == "recalled"


async def test_a_recalled_piece_comes_back_only_as_a_new_edition_with_new_approvals(place: Office) -> None:
    first = await office.approved(place.database, title="第一版")
    await publish(place, first)
    await place.work()
    await call_back(place, first)
    await place.work()
    with pytest.raises(Refused):
        await publish(place, first)
    with pytest.raises(Refused, match="nothing_to_recall"):
        await call_back(place, first)
    place.later(hours=1)
    second = await office.corrected(place.database, first, "第二版", place.now)
    published = await publish(place, second)
    await place.work()
    document = await office.document_of(place.database, first)
    assert "第二版" in (await place.page(f"/d/{document.public_id}/") or "")
    assert published.release not in place.guard.recalled
    await call_back(place, second)
    await place.work()
    assert await place.page(f"/d/{document.public_id}/") is None


async def test_who_may_not_recall_and_who_gives_no_reason_is_refused(place: Office) -> None:
    edition = await office.approved(place.database)
    await publish(place, edition)
    with pytest.raises(Denied):
        await call_back(place, edition, ZHAO)
    document = await office.document_of(place.database, edition)
    with pytest.raises(Refused, match="without_reason"):
        await recall(place.database, place.guard, QIAN, document.id, reason="  ", now=place.now)
    draft = await office.written(place.database)
    with pytest.raises(Refused, match="nothing_to_recall"):
        await call_back(place, draft)
    assert place.guard.recalled == {}


@on_both
async def test_more_than_twenty_in_an_hour_take_a_second_person(place: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cms.publishing.recall.ALONE_IN_AN_HOUR", 2)
    editions = [await office.approved(place.database) for _ in range(4)]
    for edition in editions:
        await publish(place, edition, "site")
    for edition in editions[:2]:
        await call_back(place, edition)
    for second in (None, QIAN):
        with pytest.raises(Refused, match="recall_needs_second"):
            await call_back(place, editions[2], second=second)
    with pytest.raises(Denied):
        await call_back(place, editions[2], second=ZHAO)
    await call_back(place, editions[2], second=HE)
    place.later(hours=1, seconds=1)
    await call_back(place, editions[3])


@on_both
async def test_everything_takes_two_people_and_then_goes_at_once(place: Office) -> None:
    editions = [await office.approved(place.database) for _ in range(3)]
    documents = []
    for edition in editions:
        await publish(place, edition)
        documents.append((await office.document_of(place.database, edition)).id)
    await place.work()
    with pytest.raises(Refused, match="recall_needs_second"):
        await recall_everything(place.database, place.guard, SUN, documents, reason=WHY, second=SUN, now=place.now)
    await recall_everything(place.database, place.guard, SUN, documents, reason=WHY, second=HE, now=place.now)
    assert len(place.guard.recalled) == 3
    await place.work()
    assert await place.street.shown() == set()


async def test_a_recall_with_the_guard_away_goes_out_and_hands_the_tombstone_in_later(place: Office) -> None:
    edition = await office.approved(place.database, title="有误的稿件")
    published = await publish(place, edition, "site")
    await place.work()
    place.guard.away = True
    await call_back(place, edition)
    await place.work()
    assert "有误的稿件" not in (await place.page("/") or "")
    async with place.database.read() as session:
        (line,) = await panel(session, edition)
    assert (line.state, line.error_code) == ("retry", "publishing.guard_down")
    place.guard.away = False
    place.later(minutes=20)
    await place.work()
    assert set(place.guard.recalled) == {published.release}
    async with place.database.read() as session:
        (line,) = await panel(session, edition)
    assert (line.state, line.error_code) == ("gone", None)


async def test_a_recall_nobody_would_hand_in_later_is_refused_while_the_guard_is_away(place: Office) -> None:
    edition = await office.approved(place.database)
    place.guard.away = True
    with pytest.raises(Unavailable, match="guard_down"):
        await call_back(place, edition)
    assert (await office.edition_of(place.database, edition)).state == "approved"


async def test_what_the_guard_refuses_changes_nothing(place: Office) -> None:
    edition = await office.approved(place.database)
    await publish(place, edition, "site")
    place.guard.refuses = "guard.may_not_recall"
    with pytest.raises(Refused, match="may_not_recall"):
        await call_back(place, edition)
    assert (await office.edition_of(place.database, edition)).state == "published"


@on_both
async def test_recalls_of_the_guard_alone_are_written_down_once(place: Office) -> None:
    edition = await office.approved(place.database)
    published = await publish(place, edition)
    await place.work()
    assert published.release is not None
    items = [(published.release, QIAN.person, WHY), ("0" * 64, QIAN.person, WHY)]
    assert len(await replay_recalls(place.database, items, now=place.now)) == 1
    assert await replay_recalls(place.database, items, now=place.now) == []
    await place.work()
    assert (await office.edition_of(place.database, edition)).state == "recalled"
    assert await place.street.shown() == set()


async def test_a_delivery_that_was_replaced_cannot_be_retried(place: Office) -> None:
    edition = await office.approved(place.database)
    await publish(place, edition, "site")
    async with place.database.write() as session:
        await session.execute(update(Delivery).values(state="failed"))
        (delivery,) = (await session.scalars(select(Delivery))).all()
    await call_back(place, edition)
    with pytest.raises(Refused, match=r"replaced|not_stuck"):
        async with place.database.write() as session:
            await retry(session, SUN, delivery.id, now=place.now)
