"""Any sequence of what an office does, with channels that break: the promises of publishing hold after each step."""

import asyncio
import datetime as dt
import shutil
import tempfile
import uuid
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
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

T = TypeVar("T")
targets = st.sampled_from([("site",), ("street",), ("site", "street")])


class Fragile(WebDisplay):
    """Breaks as often as it is told."""

    breaks = 0

    async def render(self, delta: Delta, services: Services, now: dt.datetime) -> Files:
        if self.breaks:
            self.breaks -= 1
            raise KeyError("a defect")
        return await super().render(delta, services, now)


class Publishing(RuleBasedStateMachine):
    """Editions by number; the database is the truth, the invariants are what it must never say."""

    template: ClassVar[Path]
    drafts = Bundle("drafts")
    approved = Bundle("approved")
    out = Bundle("out")

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = Path(tempfile.mkdtemp(prefix="yunping-stateful-"))
        shutil.copy(self.template, self.folder / "y.sqlite")
        self.display = Fragile()
        self.store = Store.open(f"file://{self.folder}/store", min_free_bytes=0)
        self.clock, self.guard = FixedClock(office.T0), PaperGuard()
        self.street, self.site = StoreManifests(self.store), TreeReader(self.store)
        self.recalled: set[uuid.UUID] = set()
        self.texts, self.refusals = catalogue(), list[str]()

    @initialize()
    def open(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        self.database = Database(f"sqlite+aiosqlite:///{self.folder}/y.sqlite")
        async with self.database.write() as session:
            await office.furnish(session)
        shop = office.shop_of(self.database, self.clock, self.store, guard=self.guard, screens=self.street)
        self.shop = with_channel(shop, "web", Channel("web", display=self.display))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.run(self.database.close())
        self.run(self.loop.shutdown_default_executor())
        self.loop.close()
        shutil.rmtree(self.folder)

    # what people do

    @rule(target=drafts)
    def write(self) -> uuid.UUID:
        return self.run(office.written(self.database, self.now))

    @rule(target=approved, edition=consumes(drafts))
    def review(self, edition: uuid.UUID) -> uuid.UUID:
        self.run(office.reviewed(self.database, edition, self.now))
        return edition

    @rule(target=out, edition=consumes(approved), where=targets)
    def publish(self, edition: uuid.UUID, where: tuple[str, ...]) -> uuid.UUID:
        self.run(self._try(lambda s: publish_now(s, SUN, edition, targets=where, now=self.now)))
        return edition

    @rule(target=out, edition=consumes(approved), where=targets, minutes=st.integers(1, 40))
    def schedule(self, edition: uuid.UUID, where: tuple[str, ...], minutes: int) -> uuid.UUID:
        at = self.now + dt.timedelta(minutes=minutes)
        self.run(self._try(lambda s: schedule(s, SUN, edition, at=at, targets=where, now=self.now)))
        return edition

    @rule(edition=out)
    def take_back(self, edition: uuid.UUID) -> None:
        self.run(self._try(lambda s: unschedule(s, SUN, edition, now=self.now)))

    @rule(edition=drafts)
    def publish_what_nobody_approved(self, edition: uuid.UUID) -> None:
        with pytest.raises(Refused):
            self.run(self._write(lambda s: publish_now(s, SUN, edition, targets=["site"], now=self.now)))

    @rule(edition=out)
    def edit_what_went_out(self, edition: uuid.UUID) -> None:
        row = self.run(office.edition_of(self.database, edition))
        if row.state in {"scheduled", "published", "recalled", "superseded"}:
            changed = office.draft("改动", self.now)
            with pytest.raises(DomainError):
                self.run(self._write(lambda s: save(s, ZHAO, edition, changed, base=row.revision_id, now=self.now)))

    @rule(target=approved, edition=out)
    def correct(self, edition: uuid.UUID) -> uuid.UUID:
        try:
            return self.run(office.corrected(self.database, edition, f"更正{uuid.uuid4()}", self.now))
        except DomainError:
            # One is at work already, or nothing was ever out.
            return edition

    @rule(edition=out)
    def recall(self, edition: uuid.UUID) -> None:
        document = self.run(office.document_of(self.database, edition)).id
        try:
            self.run(recall(self.database, self.guard, SUN, document, reason="误", now=self.now))
        except Refused:
            return
        self.recalled.add(document)

    @rule(minutes=st.sampled_from([0, 1, 10, 40]))
    def time_goes_by(self, minutes: int) -> None:
        self.clock.advance(dt.timedelta(minutes=minutes))
        self.run(self._work())

    @rule(times=st.integers(1, 3))
    def the_site_breaks(self, times: int) -> None:
        self.display.breaks = times

    @rule()
    def retry_everything(self) -> None:
        for delivery in self.run(self._stuck()):
            self.run(self._try(lambda s, d=delivery: retry(s, SUN, d, now=self.now)))

    # what must hold

    @invariant()
    def promises_hold(self) -> None:
        if hasattr(self, "database"):
            self.run(self._check())

    @property
    def now(self) -> dt.datetime:
        return self.clock.now()

    async def _write(self, do: Any) -> Any:
        async with self.database.write() as session:
            return await do(session)

    async def _try(self, do: Any) -> None:
        """Does it or is refused, in words."""
        try:
            await self._write(do)
        except DomainError as problem:
            self.refusals.append(self.texts.error("zh-CN", problem.code, problem.params).next)
        assert all(self.refusals)

    async def _work(self) -> None:
        await office.worker_of(self.shop).step()
        await self.site.refresh()

    async def _stuck(self) -> list[uuid.UUID]:
        async with self.database.read() as session:
            rows = await session.scalars(select(Delivery.id).where(Delivery.state.in_(["failed", "missed", "retry"])))
            return list(rows.all())

    async def _check(self) -> None:
        async with self.database.read() as session:
            live = select(Edition.document_id).where(Edition.is_live).group_by(Edition.document_id)
            assert (await session.execute(live.having(func.count() > 1))).first() is None
            deliveries = (await session.scalars(select(Delivery))).all()
            showing = (await session.scalars(select(Showing))).all()
            receipts = (await session.scalars(select(Receipt).order_by(Receipt.at))).all()
            await self._approved_only(session)
        self._nothing_is_lost(deliveries, receipts)
        if not any(d.state in OPEN for d in deliveries):
            await self._shown_is_ordered(showing)

    async def _approved_only(self, session: AsyncSession) -> None:
        """Every release that was ever ordered has two approvals by people who did not write it."""
        ordered = set(
            (await session.scalars(select(Publication.release).where(Publication.release.is_not(None)))).all()
        )
        for release in ordered:
            row = (await session.scalars(select(ReleaseRow).where(ReleaseRow.hash == release))).one()
            people = (
                await session.scalars(select(ApprovalRow.person_id).where(ApprovalRow.release_id == row.id))
            ).all()
            assert len({str(p) for p in people} - set(row.authors)) >= 2

    def _nothing_is_lost(self, deliveries: Any, receipts: Any) -> None:
        proven = {r.delivery_id for r in receipts}
        for one in deliveries:
            if one.state in {"live", "gone"}:
                assert one.id in proven
            elif one.state in {"failed", "missed", "cancelled", "retry", "unknown"}:
                assert one.error_code
            else:
                assert one.state == "due"

    async def _shown_is_ordered(self, showing: Any) -> None:
        """With nothing left to do: site and street show exactly what is ordered, and nothing recalled."""
        site = {s.release for s in showing if s.removed_at is None}
        pages = [e for p, e in self.site.tree.entries.items() if p.startswith("/d/") and not e.gone]
        shown = {release for page in pages for release in page.releases} | await self.street.shown()
        assert shown == site
        assert not shown & set(self.guard.recalled)
        assert not {s.document_id for s in showing if s.removed_at is None and s.release in self.guard.recalled}


@pytest.mark.timeout(280)
def test_any_sequence_of_what_an_office_does_keeps_the_promises(request: pytest.FixtureRequest) -> None:
    machine = type("Office", (Publishing,), {"template": request.getfixturevalue("_sqlite_template")})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            # A failure prints its steps; making them fewer would take longer than the run has.
            phases=[Phase.explicit, Phase.generate],
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
