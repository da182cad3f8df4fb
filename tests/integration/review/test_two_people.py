"""Whatever people do in whatever order: nothing is approved, scheduled or published without two others' signatures."""

import asyncio
import uuid
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from cms.content.editing import create, save
from cms.content.editions import hand_over, reopen
from cms.content.held import hold
from cms.content.kinds import Kind
from cms.content.models import Edition, Revision
from cms.content.move import move
from cms.content.states import APPROVED, EditionState, Verb
from cms.kernel.db import Database
from cms.kernel.errors import DomainError
from cms.review.approved import approved_release
from cms.review.decline import return_piece, withdraw
from cms.review.models import ApprovalRow, ReleaseRow
from cms.review.submit import submit
from cms.trust.verify import verify_release
from tests.office import NOW, STATION, Office, make_draft, make_office

T = TypeVar("T")
WHO = st.sampled_from(["author", "colleague", "reviewer", "second", "chief", "deputy", "publisher", "neighbour"])
SENDERS = st.sampled_from(["author", "second"])
SIGNERS = st.sampled_from(["reviewer", "chief", "deputy"])


class Newsroom(RuleBasedStateMachine):
    """Everybody tries everything on one piece; the database answers, and is asked from outside after each step."""

    office: Office
    runner: asyncio.Runner

    edition: uuid.UUID
    tried = 0

    def run(self, doing: Coroutine[Any, Any, T]) -> T | None:
        """A refusal is an answer like any other."""
        try:
            return self.runner.run(doing)
        except DomainError:
            return None

    @initialize(name=st.sampled_from(["author", "reviewer", "chief"]))
    def begin(self, name: str) -> None:
        async def do() -> uuid.UUID:
            actor = await self.office.actor(name)
            async with self.office.db.write() as session:
                unit = self.office.units[STATION]
                return (await create(session, actor, kind=Kind.NEWS, unit=unit, draft=make_draft(), now=NOW)).id

        self.edition = self.runner.run(do())

    @rule(name=WHO, title=st.sampled_from(["甲", "乙", "丙"]))
    def edit(self, name: str, title: str) -> None:
        async def do() -> None:
            actor, at = await self.office.actor(name), await self.office.edition(self.edition)
            async with self.office.db.write() as session:
                await save(session, actor, self.edition, make_draft(title), base=at.revision_id, now=NOW)

        self.run(do())

    @rule(name=WHO)
    def send(self, name: str) -> None:
        async def do() -> None:
            actor = await self.office.actor(name)
            async with self.office.db.write() as session:
                await submit(session, actor, self.edition, press=self.office.press, now=NOW)

        self.run(do())

    @rule(name=WHO)
    def sign(self, name: str) -> None:
        self.run(self.office.approve(name, self.edition))

    @rule(sender=SENDERS, first=SIGNERS, then=SIGNERS)
    def send_and_sign(self, sender: str, first: str, then: str) -> None:
        """The likely road, so that the machine gets to its end often enough to mean something."""
        self.send(sender)
        self.sign(first)
        self.sign(then)

    @rule(name=WHO, verb=st.sampled_from(["return", "withdraw", "reopen", "hand_over"]), to=WHO)
    def turn_back(self, name: str, verb: str, to: str) -> None:
        async def do() -> None:
            actor = await self.office.actor(name)
            async with self.office.db.write() as session:
                if verb == "return":
                    await return_piece(session, actor, self.edition, opinion="请改", now=NOW)
                elif verb == "withdraw":
                    await withdraw(session, actor, self.edition, now=NOW)
                elif verb == "reopen":
                    await reopen(session, actor, self.edition, now=NOW)
                else:
                    await hand_over(session, actor, self.edition, to=self.office.people[to], now=NOW)

        self.run(do())

    @rule(name=WHO, verb=st.sampled_from([Verb.SCHEDULE, Verb.UNSCHEDULE, Verb.PUBLISH]))
    def bring_out(self, name: str, verb: Verb) -> None:
        async def do() -> None:
            actor = await self.office.actor(name)
            async with self.office.db.write() as session:
                await move(session, await hold(session, self.edition), verb, actor=actor, now=NOW)

        self.run(do())

    @invariant()
    def two_others_signed_what_is_out(self) -> None:
        if not hasattr(self, "edition"):
            return
        self.runner.run(self._look())

    async def _look(self) -> None:
        async with self.office.db.read() as session:
            edition = await session.get_one(Edition, self.edition)
            revision = await session.get_one(Revision, edition.revision_id)
            wrote = await session.execute(
                select(Revision.created_by).where(Revision.document_id == edition.document_id)
            )
            query = select(ApprovalRow.person_id).join(ReleaseRow, ReleaseRow.id == ApprovalRow.release_id)
            query = query.where(ReleaseRow.edition_id == self.edition, ReleaseRow.round == edition.round)
            signers = set((await session.execute(query)).scalars())
            is_out = EditionState(edition.state) in APPROVED
            try:
                approved = await approved_release(session, self.edition)
            except DomainError:
                assert not is_out
                return
        assert is_out
        assert len(signers) >= 2
        assert not signers & set(wrote.scalars())
        assert approved.release.revision == revision.sha256
        assert approved.release.content["title"] == revision.title
        verify_release(approved.bundle, await self.office.delegations(), now=int(NOW.timestamp() * 1000) + 1)
        type(self).tried += 1


@pytest.mark.parametrize("examples", [0, pytest.param(15, marks=pytest.mark.soak)])
def test_piece_when_everybody_tries_everything_is_never_out_without_two_other_people(
    database_url: str, examples: int
) -> None:
    with asyncio.Runner() as runner:
        Newsroom.runner, Newsroom.tried = runner, 0

        async def opened() -> Database:
            return Database(database_url)

        db = runner.run(opened())
        Newsroom.office = runner.run(make_office(db))
        run_state_machine_as_test(
            Newsroom,
            settings=settings(
                # What is asked is the same; the statements that differ are met in a few.
                max_examples=examples or (15 if db.is_sqlite else 4),
                derandomize=True,
                stateful_step_count=15,
                deadline=None,
                suppress_health_check=list(HealthCheck),
                print_blob=True,
            ),
        )
        runner.run(db.close())
    assert Newsroom.tried > (5 if db.is_sqlite else 1)
