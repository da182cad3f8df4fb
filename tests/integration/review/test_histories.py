"""Whatever an office does under whatever plan: nothing is out without the plan's distinct people, proofs and keys."""

import asyncio
import shutil
import uuid
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.models import Edition, Revision
from cms.content.states import APPROVED, EditionState
from cms.kernel.db import Database
from cms.people.models import Membership
from cms.people.roles import Role
from cms.planning.targets import add_target
from cms.publishing.publish import publish_now
from cms.publishing.urgent import bring_out as bring_out_urgent
from cms.review.after import review_after
from cms.review.approve import current_release
from cms.review.approved import approved_release
from cms.review.books import current_book, save_book
from cms.review.models import AfterReview, ApprovalRow, ProofMark, ReleaseRow
from cms.review.plans import CHECKS, THREE_STEPS, TWO_STEPS, Book, Rule, plan_of
from cms.review.proof import mark_proof
from cms.review.submit import submit
from cms.trust.verify import verify_release
from tests.integration.review.test_two_people import SENDERS, WHO, Newsroom
from tests.office import CENTRE, NOW, make_office

BOOKS = (
    Book((TWO_STEPS,)),
    Book((Rule(TWO_STEPS.steps, proofs=1),), reviewer_proofs=True),
    Book((Rule(THREE_STEPS.steps, proofs=1),)),
)
CHIEFS = st.sampled_from(["chief", "deputy", "nobody"])
PROOFERS = st.sampled_from(["colleague", "author", "second", "nobody"])
HIRED = (
    ("nobody", Role.CHIEF),
    ("second", Role.DIRECTOR),
    ("colleague", Role.PROOFREADER),
    ("author", Role.PROOFREADER),
)
OUT = {EditionState.PUBLISHED, EditionState.PUBLISHED_PENDING_REVIEW}
seen: Counter[str] = Counter()


class Histories(Newsroom):
    """As the newsroom, under plans of several kinds, with proofs, emergencies and real publications."""

    @initialize(book=st.sampled_from(BOOKS))
    def choose(self, book: Book) -> None:
        async def do() -> None:
            chief = await self.office.actor("chief")
            async with self.office.db.write() as session:
                await save_book(session, chief, book, seen=(await current_book(session)).version, now=NOW)

        self.runner.run(do())

    @rule(name=PROOFERS, fault=st.booleans())
    def proofread(self, name: str, fault: bool) -> None:
        async def do() -> None:
            actor = await self.office.actor(name)
            async with self.office.db.write() as session:
                row = await self.release(session)
                checks = {**dict.fromkeys(CHECKS, "good"), "typos": "fault" if fault else "good"}
                await mark_proof(session, actor, self.edition, seen=row.hash, checks=checks, note="有误", now=NOW)

        self.run(do())

    @rule(sender=SENDERS, proofer=PROOFERS)
    def all_the_way(self, sender: str, proofer: str) -> None:
        """The likely road of every plan."""
        self.send(sender)
        self.proofread(proofer, fault=False)
        for name in ("reviewer", "second", "chief", "deputy"):
            self.sign(name)
        self.bring_out("chief")

    @rule(name=WHO)
    def rush(self, name: str) -> None:
        async def do() -> None:
            actor = await self.office.actor(name)
            async with self.office.db.write() as session:
                await submit(session, actor, self.edition, press=self.office.press, note="险情", urgent=True, now=NOW)

        self.run(do())

    @rule(sender=SENDERS, keys=st.permutations(["chief", "deputy", "nobody"]))
    def two_keys(self, sender: str, keys: list[str]) -> None:
        first, then, third = keys
        self.rush(sender)
        self.sign(first)
        self.sign(then)
        self.bring_out(then)
        self.two_others_signed_what_is_out()
        self.look_afterwards(third, agreed=True)

    @rule(name=WHO)
    def bring_out(self, name: str) -> None:
        async def do() -> None:
            actor = await self.office.actor(name)
            async with self.office.db.write() as session:
                if await bring_out_urgent(session, actor, self.edition, now=NOW) is None:
                    await publish_now(session, actor, self.edition, targets=["site"], now=NOW)

        self.run(do())

    @rule(name=CHIEFS, agreed=st.booleans())
    def look_afterwards(self, name: str, agreed: bool) -> None:
        async def do() -> None:
            actor = await self.office.actor(name)
            async with self.office.db.write() as session:
                row = await self.release(session)
                await review_after(session, actor, self.edition, agreed=agreed, opinion="意见", seen=row.hash, now=NOW)

        self.run(do())

    async def release(self, session: AsyncSession) -> ReleaseRow:
        return await current_release(session, await session.get_one(Edition, self.edition))

    @invariant()
    def two_others_signed_what_is_out(self) -> None:
        if hasattr(self, "edition"):
            self.runner.run(self._check())

    async def _check(self) -> None:
        async with self.office.db.read() as session:
            edition = await session.get_one(Edition, self.edition)
            state = EditionState(edition.state)
            if state not in APPROVED:
                return
            row = await self.release(session)
            approved = await approved_release(session, self.edition)
            wrote = set(
                (
                    await session.scalars(
                        select(Revision.created_by).where(Revision.document_id == edition.document_id)
                    )
                ).all()
            ) | set(map(uuid.UUID, row.authors))
            query = select(ApprovalRow.person_id).where(ApprovalRow.release_id == row.id)
            signed = (await session.scalars(query)).all()
            proofs = (await session.scalars(select(ProofMark).where(ProofMark.release_id == row.id))).all()
            after = (await session.scalars(select(AfterReview).where(AfterReview.release_id == row.id))).one_or_none()
        plan = plan_of(row.plan, row.terms)
        proofed = {one.person_id for one in proofs if one.clean}
        assert len(set(signed)) == len(signed) == len(plan.steps) >= 2
        assert len(proofed) >= plan.proofs
        assert not (set(signed) | proofed) & wrote
        assert plan.reviewer_proofs or not set(signed) & proofed
        urgent = approved.release.class_ == "urgent"
        assert urgent == plan.urgent
        if state in OUT:
            confirmed = after is not None and after.agreed
            assert (state is EditionState.PUBLISHED_PENDING_REVIEW) == (urgent and not confirmed)
            seen[f"{state} {'urgent' if urgent else len(plan.steps)}"] += 1
        if after is not None:
            assert after.person_id not in {*signed, *wrote}
        verify_release(approved.bundle, await self.office.delegations(), now=int(NOW.timestamp() * 1000) + 1)


def test_history_of_any_plan_is_never_out_without_what_the_plan_asks(
    request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    path = tmp_path / "h.sqlite"
    shutil.copy(request.getfixturevalue("_sqlite_template"), path)
    seen.clear()
    with asyncio.Runner() as runner:

        async def opened() -> Database:
            return Database(f"sqlite+aiosqlite:///{path}")

        db = runner.run(opened())
        Histories.runner, Histories.office = runner, runner.run(make_office(db))

        async def furnish() -> None:
            office = Histories.office
            async with db.write() as session:
                await add_target(session, None, code="site", kind="web", name="网站", unit=CENTRE, now=NOW)
                for name, role in HIRED:
                    member = {"person_id": office.people[name], "unit_id": office.units[CENTRE]}
                    session.add(Membership(id=uuid.uuid4(), role=role.value, granted_at=NOW, **member))

        runner.run(furnish())
        for book in BOOKS:  # the roads that must be open, whatever is drawn below
            for keys in ([], ["chief", "deputy", "nobody"]):
                road = Histories()
                road.begin("author")
                road.choose(book)
                if keys:
                    road.two_keys("author", keys)
                else:
                    road.all_the_way("author", "colleague")
                road.two_others_signed_what_is_out()
        run_state_machine_as_test(
            Histories,
            settings=settings(
                max_examples=14,
                derandomize=True,
                stateful_step_count=10,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
        runner.run(db.close())
    # A run that never got anywhere proves nothing.
    assert {"published 2", "published 3", "pending_review urgent", "published urgent"} <= set(seen), seen
