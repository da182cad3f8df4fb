"""The ledger's rows: an attempt stands there before its call, ends right after, and leads back to its piece."""

from collections.abc import Sequence

import pytest
from sqlalchemy import update

from cms.contract import Accepted, Channel, NotSent, Outcome, Prepared, Services, Target, Unknown
from cms.publishing.attempts import attempts_of, made_of
from cms.publishing.models import Delivery
from cms.publishing.tasks import confirm
from tests.integration.publishing import office
from tests.integration.publishing.conftest import Office
from tests.integration.publishing.office import SUN
from tests.integration.publishing.test_posts import Platform, newest, recall_it
from tests.integration.publishing.test_worker import publish


class Watched(Platform):
    """Notes what the ledger says at the moment of each call."""

    def __init__(self, place: Office) -> None:
        super().__init__()
        self._place = place
        self.noted: list[Sequence[str]] = []

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        self.noted.append(await outcomes(self._place))
        return await super().send(prepared, attempt, target, services)


async def outcomes(place: Office) -> Sequence[str]:
    row = await newest(place)
    async with place.database.read() as session:
        return [one.outcome for one in await attempts_of(session, row.id)]


@pytest.fixture
async def watched(place: Office, monkeypatch: pytest.MonkeyPatch) -> Watched:
    made = Watched(place)
    place.shop = office.with_channel(place.shop, "wechat", Channel("wechat", post=made))
    monkeypatch.setattr("cms.planning.envelope.Allowed.check_targets", lambda _self, _targets: None)
    async with place.database.write() as session:
        unit = office.world.DISTRICT
        await office.add_target(session, None, code="wx", kind="wechat", name="公众号", unit=unit, now=place.now)
    return made


async def test_every_attempt_is_a_row_before_its_call_and_ends_right_after(place: Office, watched: Watched) -> None:
    edition = await office.approved(place.database)
    watched.answers = [Unknown("time-out"), NotSent("wechat.rate_minute", retry=True)]
    await publish(place, edition, "wx")
    await place.work()
    assert watched.noted == [["begun"]]
    assert await outcomes(place) == ["unknown"]
    # Reading finds that it never arrived; the next try is an attempt of its own.
    watched.told = [Accepted("review"), NotSent("wechat.not_begun", retry=True)]
    for _ in range(4):
        place.later(minutes=20)
        row = await newest(place)
        async with place.database.write() as session:
            await session.execute(update(Delivery).where(Delivery.id == row.id).values(at=place.now))
        await place.work()
    assert await outcomes(place) == ["not_sent", "not_sent", "sent"]
    assert watched.noted[1:] == [["not_sent", "begun"], ["not_sent", "not_sent", "begun"]]
    async with place.database.read() as session:
        rows = await attempts_of(session, (await newest(place)).id)
        made = await made_of(session, [row.id for row in rows])
    assert all(row.ended_at is not None for row in rows)
    assert {one.document for one in made.values()} == {(await office.document_of(place.database, edition)).public_id}


async def test_attempt_that_a_person_or_a_recall_settled_says_so(place: Office, watched: Watched) -> None:
    edition, other = await office.approved(place.database), await office.approved(place.database)
    watched.answers = [Unknown("time-out"), Unknown("time-out")]
    await publish(place, edition, "wx")
    await place.work()
    first = await newest(place)
    async with place.database.write() as session:
        await confirm(session, SUN, first.id, url="https://mp.weixin.qq.com/s/1", now=place.now)
    assert await outcomes(place) == ["by_hand"]
    place.later(minutes=1)
    await publish(place, other, "wx")
    await place.work()
    second = await newest(place)
    place.later(minutes=1)
    await recall_it(place, other)
    watched.told = [NotSent("wechat.not_begun", retry=True)]
    await place.work()
    async with place.database.read() as session:
        (attempt,) = await attempts_of(session, second.id)
    assert (attempt.outcome, attempt.ended_at) == ("settled", place.now)


async def test_worker_that_dies_after_a_no_for_good_asks_again_and_sends_nothing(
    place: Office, watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    edition = await office.approved(place.database)
    watched.answers = [NotSent("wechat.status_review", retry=False)]
    await publish(place, edition, "wx")

    class DiedError(Exception):
        """Between the note of the outcome and the end of the delivery."""

    async def dead(*_: object) -> None:
        raise DiedError

    with monkeypatch.context() as until_then:
        until_then.setattr("cms.publishing.sending.Settling.settle", dead)
        await place.work()
    assert await outcomes(place) == ["not_sent"]
    watched.told = [NotSent("wechat.status_review", retry=False)]
    place.later(minutes=20)
    await place.work()
    row = await newest(place)
    assert (row.state, row.error_code, row.call) == ("failed", "wechat.status_review", None)
    assert len(watched.noted) == 1
