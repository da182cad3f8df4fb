"""Any sequence of what an office does, with channels that break: the promises of publishing hold after each step."""

import asyncio
import contextlib
import datetime as dt
import shutil
import tempfile
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings, strategies as st
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.editing import save
from cms.content.models import Edition
from cms.contract import Channel, Delta, Files, Services
from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.kernel.errors import DomainError, Refused
from cms.kernel.messages import catalogue
from cms.planning.schedule import schedule, unschedule
from cms.publishing.deliveries import retry
from cms.publishing.models import Delivery, Publication, Receipt, Showing
from cms.publishing.publish import publish_now
from cms.publishing.recall import recall
from cms.publishing.states import OPEN
from cms.publishing.tree_reader import TreeReader
from cms.review.models import ApprovalRow, ReleaseRow
from media.store import Store
from renderers.web.render import WebDisplay
from tests.integration.publishing import office
from tests.integration.publishing.office import SUN, ZHAO, PaperGuard, StoreManifests, with_channel

NOBODY_EDITS = {"scheduled", "published", "recalled", "superseded"}
where = st.sampled_from([("site",), ("street",), ("site", "street")])
which = st.integers(0, 30)
# The second is whose turn it is among what there is; what makes no sense at that moment must be refused.
actions = st.one_of(
    st.tuples(st.just("publish"), where),
    st.tuples(st.just("schedule"), where, st.integers(1, 40)),
    st.tuples(st.just("approve")),
    st.tuples(st.just("write")),
    st.tuples(st.just("publish_again"), which, where),
    st.tuples(st.just("unschedule"), which),
    st.tuples(st.just("edit"), which),
    st.tuples(st.just("correct"), which, where),
    st.tuples(st.just("recall"), which),
    st.tuples(st.just("recall"), which),
    st.tuples(st.just("work"), st.sampled_from([0, 0, 1, 10, 41])),
    st.tuples(st.just("work"), st.sampled_from([0, 1, 10])),
    st.tuples(st.just("break_site"), st.integers(1, 3)),
    st.tuples(st.just("retry")),
)
seen: Counter[str] = Counter()


class Fragile(WebDisplay):
    """Breaks as often as it is told."""

    breaks = 0

    async def render(self, delta: Delta, services: Services, now: dt.datetime) -> Files:
        if self.breaks:
            self.breaks -= 1
            raise KeyError("a defect")
        return await super().render(delta, services, now)


class Year:
    """An office over any stretch of time; the database is the truth."""

    def __init__(self, folder: Path) -> None:
        self.display = Fragile()
        self.store = Store.open(f"file://{folder}/store", min_free_bytes=0)
        self.clock, self.guard = FixedClock(office.T0), PaperGuard()
        self.street, self.site = StoreManifests(self.store), TreeReader(self.store)
        self.texts = catalogue()
        self.editions: list[uuid.UUID] = []
        self.url = f"sqlite+aiosqlite:///{folder}/y.sqlite"

    @property
    def now(self) -> dt.datetime:
        return self.clock.now()

    async def live(self, steps: Sequence[tuple[object, ...]]) -> None:
        self.database = Database(self.url)
        async with self.database.write() as session:
            await office.furnish(session)
        shop = office.shop_of(self.database, self.clock, self.store, guard=self.guard, screens=self.street)
        self.shop = with_channel(shop, "web", Channel("web", display=self.display))
        try:
            for name, *rest in (("publish", ("site", "street")), ("work", 0), *steps, ("work", 41), ("work", 41)):
                # Two things never happen in one millisecond in an office.
                self.clock.advance(dt.timedelta(milliseconds=1))
                await getattr(self, f"do_{name}")(*rest)
                await self.check()
        finally:
            await self.database.close()

    # what people do

    async def do_write(self) -> None:
        edition = await office.written(self.database, self.now)
        self.editions.append(edition)
        with pytest.raises(Refused):
            await self.write(lambda s: publish_now(s, SUN, edition, targets=["site"], now=self.now))

    async def do_approve(self) -> uuid.UUID:
        self.editions.append(await office.approved(self.database, self.now))
        return self.editions[-1]

    async def do_publish(self, targets: Sequence[str]) -> None:
        edition = await self.do_approve()
        await self.write(lambda s: publish_now(s, SUN, edition, targets=targets, now=self.now))
        seen["published"] += 1

    async def do_publish_again(self, index: int, targets: Sequence[str]) -> None:
        edition = self.pick(index)
        await self.attempt("again", lambda s: publish_now(s, SUN, edition, targets=targets, now=self.now))

    async def do_schedule(self, targets: Sequence[str], minutes: int) -> None:
        edition, at = await self.do_approve(), self.now + dt.timedelta(minutes=minutes)
        await self.write(lambda s: schedule(s, SUN, edition, at=at, targets=targets, now=self.now))

    async def do_unschedule(self, index: int) -> None:
        await self.attempt("unscheduled", lambda s: unschedule(s, SUN, self.pick(index), now=self.now))

    async def do_edit(self, index: int) -> None:
        row = await office.edition_of(self.database, self.pick(index))
        if row.state in NOBODY_EDITS:
            changed = office.draft("改动", self.now)
            with pytest.raises(DomainError):
                await self.write(lambda s: save(s, ZHAO, row.id, changed, base=row.revision_id, now=self.now))
            seen["edit refused"] += 1

    async def do_correct(self, index: int, targets: Sequence[str]) -> None:
        try:
            title = f"更正{len(self.editions)}"
            edition = await office.corrected(self.database, self.pick(index), title, self.now)
        except DomainError as problem:
            self.said(problem)
            return
        self.editions.append(edition)
        await self.write(lambda s: publish_now(s, SUN, edition, targets=targets, now=self.now))
        seen["corrected"] += 1

    async def do_recall(self, index: int) -> None:
        document = (await office.document_of(self.database, self.pick(index))).id
        try:
            await recall(self.database, self.guard, SUN, document, reason="误", now=self.now)
        except Refused as problem:
            self.said(problem)
            return
        seen["recalled"] += 1

    async def do_work(self, minutes: int) -> None:
        self.clock.advance(dt.timedelta(minutes=minutes))
        await office.worker_of(self.shop).step()
        await self.site.refresh()

    async def do_break_site(self, times: int) -> None:
        self.display.breaks = times

    async def do_retry(self) -> None:
        async with self.database.read() as session:
            rows = await session.scalars(select(Delivery.id).where(Delivery.state.in_(["failed", "missed", "retry"])))
            stuck = list(rows.all())
        for delivery in stuck:
            await self.attempt("retried", lambda s, d=delivery: retry(s, SUN, d, now=self.now))

    def pick(self, index: int) -> uuid.UUID:
        return self.editions[index % len(self.editions)]

    async def write(self, do: Callable[[AsyncSession], Awaitable[object]]) -> None:
        async with self.database.write() as session:
            await do(session)

    async def attempt(self, what: str, do: Callable[..., Awaitable[object]]) -> None:
        """Does it, or is refused in words."""
        try:
            await self.write(do)
        except DomainError as problem:
            self.said(problem)
            return
        seen[what] += 1

    def said(self, problem: DomainError) -> None:
        assert self.texts.error("zh-CN", problem.code, problem.params).next

    # what must hold

    async def check(self) -> None:
        async with self.database.read() as session:
            live = select(Edition.document_id).where(Edition.is_live).group_by(Edition.document_id)
            assert (await session.execute(live.having(func.count() > 1))).first() is None
            deliveries = (await session.scalars(select(Delivery))).all()
            receipts = (await session.scalars(select(Receipt))).all()
            showing = (await session.scalars(select(Showing))).all()
            await self.only_approved(session)
            await self.recalls_reach(session, deliveries, receipts)
        proven = {receipt.delivery_id for receipt in receipts}
        for one in deliveries:
            settled = one.state in {"live", "gone"}
            assert settled == (one.id in proven)
            assert settled or one.state == "due" or one.error_code
        if not any(d.state in OPEN for d in deliveries):
            seen["quiet"] += 1
            await self.shown_is_ordered(showing)

    async def only_approved(self, session: AsyncSession) -> None:
        """Every release that was ordered has two approvals by people who did not write it."""
        ordered = select(Publication.release).where(Publication.release.is_not(None))
        query = select(ReleaseRow).where(ReleaseRow.hash.in_(ordered))
        for row in (await session.scalars(query)).all():
            approvals = select(ApprovalRow.person_id).where(ApprovalRow.release_id == row.id)
            people = {str(person) for person in (await session.scalars(approvals)).all()}
            assert len(people - set(row.authors)) >= 2

    async def recalls_reach(
        self, session: AsyncSession, deliveries: Sequence[Delivery], receipts: Sequence[Receipt]
    ) -> None:
        """A recall has a delivery, settled or waiting, for every target that had a receipt of the document before."""
        orders = (await session.scalars(select(Publication).where(Publication.kind == "recall"))).all()
        for order in orders:
            told = {d.target_id for d in deliveries if d.publication_id == order.id}
            had = {r.target_id for r in receipts if r.document_id == order.document_id and r.at < order.created_at}
            assert had <= told

    async def shown_is_ordered(self, showing: Sequence[Showing]) -> None:
        """With nothing left to do, site and street show exactly what is ordered, and nothing recalled."""
        ordered = {row.release for row in showing if row.removed_at is None}
        pages = [e for path, e in self.site.tree.entries.items() if path.startswith("/d/") and not e.gone]
        shown = {release for page in pages for release in page.releases}
        with contextlib.suppress(KeyError):
            shown |= set(self.site.tree.entries["/"].releases)
        shown |= await self.street.shown()
        assert shown == ordered
        assert not shown & set(self.guard.recalled)


@pytest.mark.timeout(280)
def test_any_sequence_of_what_an_office_does_keeps_the_promises(request: pytest.FixtureRequest) -> None:
    template: Path = request.getfixturevalue("_sqlite_template")
    seen.clear()

    # Making a failing sequence shorter would take longer than the test may.
    @settings(max_examples=8, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.lists(actions, min_size=10, max_size=25))
    # A correction at one target must not keep an older recall from the others.
    @example([("recall", 0), ("correct", 0, ("site",)), ("work", 0)])
    def run(steps: list[tuple[object, ...]]) -> None:
        folder = Path(tempfile.mkdtemp(prefix="yunping-stateful-"))
        try:
            shutil.copy(template, folder / "y.sqlite")
            asyncio.run(Year(folder).live(steps))
        finally:
            shutil.rmtree(folder)

    run()
    # A run that never got anywhere proves nothing.
    assert min(seen[name] for name in ("published", "corrected", "recalled", "edit refused", "quiet")) > 0, seen
