"""From approval to the page and the street: schedule, publish, correct, end, and every way to be refused."""

import datetime as dt

import pytest
from sqlalchemy import func, select

from cms.audit.models import AuditEvent
from cms.contract import Target
from cms.kernel.errors import Denied, DomainError, Invalid, NotFound, Refused
from cms.planning.models import Occurrence
from cms.planning.schedule import reschedule, schedule, scheduled, unschedule
from cms.publishing.deliveries import history, panel
from cms.publishing.models import Delivery, Publication, Receipt, Showing
from cms.publishing.publish import correct, publish_now
from cms.publishing.states import DeliveryState
from tests.integration.publishing import office
from tests.integration.publishing.conftest import Office
from tests.integration.publishing.office import HE, QIAN, SUN, ZHAO
from tests.schema import on_both, sqlite_by_default

database_url = sqlite_by_default

BOTH = ("site", "street")
HOUR = dt.timedelta(hours=1)


async def publish(place: Office, edition: object, *targets: str) -> Publication:
    async with place.database.write() as session:
        return await publish_now(session, SUN, edition, targets=targets or BOTH, now=place.now)  # type: ignore[arg-type]


async def states(place: Office) -> list[str]:
    async with place.database.read() as session:
        return list((await session.scalars(select(Delivery.state).order_by(Delivery.created_at, Delivery.id))).all())


@on_both
async def test_a_published_piece_is_on_the_site_and_on_the_street(place: Office) -> None:
    edition = await office.approved(place.database, title="秋收时节话丰年")
    await publish(place, edition)
    assert await states(place) == ["due", "due"]
    await place.work()
    assert await states(place) == ["live", "live"]
    document = await office.document_of(place.database, edition)
    row = await office.edition_of(place.database, edition)
    assert (row.state, row.is_live, row.published_at) == ("published", True, place.now)
    assert document.first_published_at == place.now
    for path in (f"/d/{document.public_id}/", "/", "/c/yaowen/", "/feed.xml", "/feed.json"):
        assert "秋收时节话丰年" in (await place.page(path) or ""), path
    (release,) = await place.street.shown()
    async with place.database.read() as session:
        showing = (await session.scalars(select(Showing))).all()
        lines = await panel(session, edition)
        receipts = (await session.scalars(select(Receipt))).all()
        ended = (await session.scalars(select(AuditEvent).where(AuditEvent.action == "delivery.ended"))).all()
    assert {one.details["target"]: one.details["state"] for one in ended} == {"site": "live", "street": "live"}
    assert {s.release for s in showing} == {release}
    assert [(one.target, one.state, one.attempts) for one in lines] == [("street", "live", 1), ("site", "live", 1)]
    assert f"/d/{document.public_id}/" in lines[1].places
    assert {r.release for r in receipts} == {release}
    assert place.guard.places == {release: {"site", "street"}}


async def test_the_bundle_is_public_before_a_manifest_names_it(place: Office) -> None:
    await publish(place, await office.approved(place.database), "street")
    await place.work()
    async with place.database.read() as session:
        delivery = (await session.scalars(select(Delivery))).one()
    assert delivery.release is not None
    bundles = [e for e in place.site.tree.entries.values() if e.media_type == "application/json"]
    assert [e.releases for e in bundles] == [(delivery.release,)]
    assert b'"approvals"' in await place.store.get(bundles[0].sha256)


async def test_nothing_is_published_before_two_people_approved(place: Office) -> None:
    edition = await office.written(place.database)
    with pytest.raises(Refused, match=r"not_approved|content\.state"):
        await publish(place, edition)
    await office.submitted(place.database, edition)
    with pytest.raises(Refused, match=r"not_approved|content\.state"):
        await publish(place, edition)
    await office.signed_by(place.database, QIAN, edition)
    with pytest.raises(Refused, match=r"not_approved|content\.state"):
        await publish(place, edition)
    await place.work()
    assert await states(place) == []


async def test_only_who_may_publish_does(place: Office) -> None:
    edition = await office.approved(place.database)
    for who in (ZHAO, QIAN):
        with pytest.raises(Denied):
            async with place.database.write() as session:
                await publish_now(session, who, edition, targets=BOTH, now=place.now)
        with pytest.raises(Denied):
            async with place.database.write() as session:
                await schedule(session, who, edition, at=place.now + HOUR, targets=BOTH, now=place.now)


@on_both
async def test_a_scheduled_piece_goes_out_at_its_time_and_not_before(place: Office) -> None:
    edition = await office.approved(place.database)
    async with place.database.write() as session:
        await schedule(session, SUN, edition, at=place.now + HOUR, targets=BOTH, now=place.now)
    row = await office.edition_of(place.database, edition)
    assert (row.state, row.scheduled_at) == ("scheduled", place.now + HOUR)
    place.later(minutes=59, seconds=59.999)
    await place.work()
    assert await states(place) == []
    place.later(milliseconds=1)
    await place.work()
    assert await states(place) == ["live", "live"]
    row = await office.edition_of(place.database, edition)
    assert (row.state, row.scheduled_at) == ("published", None)
    async with place.database.read() as session:
        publication = (await session.scalars(select(Publication))).one()
    assert (publication.actor_id, publication.late_ms) == (SUN.person, 0)


async def test_a_worker_that_comes_late_publishes_and_says_how_late(place: Office) -> None:
    edition = await office.approved(place.database)
    async with place.database.write() as session:
        await schedule(session, SUN, edition, at=place.now + HOUR, targets=BOTH, now=place.now)
    place.later(hours=3)
    await place.work()
    document = await office.document_of(place.database, edition)
    async with place.database.read() as session:
        (ordered,) = await history(session, document.id)
    assert ordered.late == 2 * HOUR
    assert (ordered.person, ordered.edition) == ("sun", 1)
    assert [line.state for line in ordered.lines] == ["live", "live"]


@on_both
async def test_a_scheduled_piece_when_taken_back_or_moved_follows_the_last_word(place: Office) -> None:
    edition = await office.approved(place.database)
    async with place.database.write() as session:
        await schedule(session, SUN, edition, at=place.now + HOUR, targets=BOTH, now=place.now)
    async with place.database.write() as session:
        await reschedule(session, HE, edition, at=place.now + 3 * HOUR, now=place.now)
    place.later(hours=2)
    await place.work()
    assert await states(place) == []
    async with place.database.write() as session:
        await unschedule(session, SUN, edition, now=place.now)
    place.later(hours=2)
    await place.work()
    assert await states(place) == []
    row = await office.edition_of(place.database, edition)
    assert (row.state, row.scheduled_at) == ("approved", None)
    async with place.database.read() as session:
        assert await scheduled(session, edition) is None


async def test_a_scheduled_piece_when_published_at_once_goes_out_once(place: Office) -> None:
    edition = await office.approved(place.database)
    async with place.database.write() as session:
        await schedule(session, SUN, edition, at=place.now + HOUR, targets=BOTH, now=place.now)
    await publish(place, edition)
    place.later(hours=2)
    await place.work()
    async with place.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(Publication)) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"at": -HOUR}, "planning.in_the_past"),
        ({"at": dt.timedelta(days=500)}, "planning.too_far"),
        ({"at": 30 * HOUR}, "planning.too_late"),
        ({"at": HOUR / 2}, "planning.too_early"),
        ({"targets": ()}, "planning.no_targets"),
        ({"targets": ("nowhere",)}, "planning.no_such_target"),
        ({"targets": ("tower",)}, "planning.channel_not_approved"),
        ({"targets": ("abroad",)}, "planning.unit_not_approved"),
    ],
)
async def test_a_schedule_outside_what_was_approved_is_refused(
    place: Office, change: dict[str, object], code: str
) -> None:
    async with place.database.write() as session:
        made = {"unit": office.world.DISTRICT, "now": place.now, "name": "塔"}
        await office.add_target(session, None, code="tower", kind="tower", **made)  # type: ignore[arg-type]
        await office.add_target(session, None, code="abroad", kind="screen", units=["/999999/"], **made)  # type: ignore[arg-type]
    envelope = {"not_before": place.now + HOUR * 0.75, "not_after": place.now + 20 * HOUR}
    edition = await office.approved(place.database, place.now, None, **envelope)
    wanted = {"at": HOUR, "targets": BOTH} | change
    with pytest.raises((Refused, Invalid, NotFound)) as refusal:
        async with place.database.write() as session:
            await schedule(
                session,
                SUN,
                edition,
                at=place.now + wanted["at"],  # type: ignore[operator]
                targets=wanted["targets"],  # type: ignore[arg-type]
                now=place.now,
            )
    assert isinstance(refusal.value, DomainError)
    assert refusal.value.code == code
    assert (await office.edition_of(place.database, edition)).state == "approved"


async def test_a_schedule_whose_ground_is_gone_fails_where_the_editor_sees_it(place: Office) -> None:
    edition = await office.approved(place.database, not_after=place.now + 2 * HOUR)
    async with place.database.write() as session:
        await schedule(session, SUN, edition, at=place.now + HOUR, targets=BOTH, now=place.now)
    place.later(hours=3)
    await place.work()
    assert (await office.edition_of(place.database, edition)).state == "failed"
    async with place.database.read() as session:
        occurrence = (await session.scalars(select(Occurrence).where(Occurrence.kind == "publish"))).one()
    assert (occurrence.state, occurrence.error_code) == ("failed", "planning.too_late")


@on_both
async def test_a_correction_replaces_the_live_edition_everywhere_it_is_shown(place: Office) -> None:
    first = await office.approved(place.database, title="旧的标题")
    await publish(place, first)
    await place.work()
    place.later(hours=1)
    second = await office.corrected(place.database, first, "新的标题", place.now)
    async with place.database.write() as session:
        publication = await correct(session, SUN, second, now=place.now)
    assert publication.kind == "correct"
    await place.work()
    document = await office.document_of(place.database, first)
    page = await place.page(f"/d/{document.public_id}/") or ""
    assert "新的标题" in page
    assert "旧的标题" not in page
    assert "旧的标题" not in (await place.page("/") or "")
    assert await place.street.shown() == {publication.release}
    old, new = await office.edition_of(place.database, first), await office.edition_of(place.database, second)
    assert (old.state, old.is_live, new.state, new.is_live) == ("superseded", False, "published", True)
    async with place.database.read() as session:
        showing = (await session.scalars(select(Showing))).all()
    assert {s.since for s in showing} == {place.now - HOUR}
    assert {s.corrected_at for s in showing} == {place.now}


async def test_a_correction_that_may_not_go_where_the_old_edition_is_takes_it_off_there(place: Office) -> None:
    first = await office.approved(place.database)
    async with place.database.write() as session:
        street = {"code": "street-04", "kind": "screen", "name": "街", "units": [office.world.TOWN]}
        await office.add_target(session, None, unit=office.world.DISTRICT, now=place.now, **street)  # type: ignore[arg-type]
    await publish(place, first, "site", "street-04")
    await place.work()
    place.later(hours=1)
    async with place.database.write() as session:
        # The town left the district's tree; what was approved for it before is no reason to go on.
        target = (await session.scalars(select(office.TargetRow).where(office.TargetRow.code == "street-04"))).one()
        target.units = ["/999999/"]
    second = await office.corrected(place.database, first, "新的标题", place.now)
    async with place.database.write() as session:
        await publish_now(session, SUN, second, targets=["site"], now=place.now)
    await place.work()
    async with place.database.read() as session:
        rows = {line.target: (line.kind, line.state) for line in await panel(session, second)}
    assert rows == {"site": ("correct", "live"), "street-04": ("unpublish", "gone")}


@on_both
async def test_a_later_order_takes_the_place_of_one_that_waits(place: Office) -> None:
    first = await office.approved(place.database)
    await publish(place, first)
    second = await office.corrected(place.database, first, "新的标题", place.now)
    await publish(place, second)
    await place.work()
    assert sorted(await states(place)) == ["cancelled", "cancelled", "live", "live"]


async def test_a_piece_at_the_end_of_its_envelope_leaves_by_itself(place: Office) -> None:
    edition = await office.approved(place.database, title="限时通知", not_after=place.now + 2 * HOUR)
    await publish(place, edition)
    await place.work()
    assert "限时通知" in (await place.page("/") or "")
    place.later(hours=2)
    await place.work()
    document = await office.document_of(place.database, edition)
    assert "限时通知" not in (await place.page("/") or "")
    assert await place.page(f"/d/{document.public_id}/") is None
    assert await place.street.shown() == set()
    async with place.database.read() as session:
        assert [line.state for line in await panel(session, edition)] == [DeliveryState.GONE] * 2


@on_both
async def test_lists_and_search_of_a_target_hold_what_is_live(place: Office) -> None:
    one = await office.approved(place.database, title="秋收时节")
    await publish(place, one, "site")
    place.later(hours=1)
    two = await office.approved(place.database, now=place.now, title="冬闲学艺")
    await publish(place, two, "site")
    target = Target("site", "web", "")
    services = place.shop.services(target)
    assert [p.title for p in await services.line_ups.newest(target)] == ["冬闲学艺", "秋收时节"]
    assert [p.title for p in await services.line_ups.newest(target, until=place.now)] == ["秋收时节"]
    assert await services.line_ups.months(target) == [("2026-11", 2)]
    assert await services.line_ups.columns() == (("yaowen", "要闻"),)
    assert [t.code for t in await services.line_ups.targets("web")] == ["site"]
    assert [p.title for p in await services.search.find(target, "时节")] == ["秋收时节"]
    assert await services.search.find(target, "收秋") == []
    assert await services.line_ups.newest(Target("street", "screen", "")) == []
