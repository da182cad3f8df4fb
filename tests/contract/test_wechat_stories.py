"""Troubles of a WeChat account told from the simulator's side: what is said, who must act, and what is left behind."""

import dataclasses
import datetime as dt

import pytest

from cms.contract import Accepted, ContractError, Manual, NotSent, Outcome, Sent, Target, Unknown
from renderers.conformance.samples import corrected, make_piece
from renderers.wechat.post import WeChatPost
from tests.contract.wechat import account_settings, dialled
from tests.fakes.stage.faults import Kind
from tests.fakes.wechat.simulator import WeChat

NOW = dt.datetime(2026, 11, 26, 1, 0, tzinfo=dt.UTC)
POST = WeChatPost()
ADD, SUBMIT = "/cgi-bin/draft/add", "/cgi-bin/freepublish/submit"


class Office:
    """Sends pieces and asks what became of them."""

    def __init__(self) -> None:
        self.simulator = WeChat()
        self.simulator.publishing.plan.delay = 0.0
        self.world, self.wire, self.state = dialled(self.simulator)
        self.piece = make_piece(5, at=NOW)
        self.attempts = 0

    @property
    def attempt(self) -> str:
        return f"{self.attempts:032x}"

    async def send(self, **settings: object) -> Outcome:
        self.attempts += 1
        target = self.target(**settings)
        prepared = await POST.prepare(self.piece, target, self.world.services)
        return await POST.send(prepared, self.attempt, target, self.world.services)

    async def ask(self) -> Outcome:
        return await POST.reconcile(self.attempt, self.world.target, self.world.services)

    def target(self, **settings: object) -> Target:
        return dataclasses.replace(self.world.target, settings={**account_settings(self.simulator.account), **settings})

    def counter(self, name: str) -> int:
        return self.simulator.journal.counters[name]


@pytest.mark.parametrize(
    ("result", "code"), [(2, "wechat.status_original"), (3, "wechat.status_failed"), (4, "wechat.status_review")]
)
async def test_review_when_it_refuses_ends_the_post_and_removes_the_draft(result: int, code: str) -> None:
    office = Office()
    office.simulator.publishing.plan.result = result
    assert await office.send() == NotSent(code, retry=False)
    assert len(office.simulator.drafts.box) == 0
    assert office.simulator.visible(office.piece.title) == 0
    # A person presses «retry» after the office changed nothing but its luck.
    office.simulator.publishing.plan.result = 0
    assert isinstance(await office.send(), Sent)


async def test_review_while_it_lasts_is_accepted_and_then_known() -> None:
    office = Office()
    office.simulator.publishing.plan.delay = 3600.0
    assert await office.send() == Accepted("in_review")
    assert await office.ask() == Accepted("in_review")
    office.simulator.advance(3600)
    assert isinstance(await office.ask(), Sent)
    assert isinstance(await office.ask(), Sent)
    assert office.counter("publications") == 1


async def test_status_when_it_cannot_be_read_stays_accepted() -> None:
    office = Office()
    office.simulator.faults.plan("/cgi-bin/freepublish/get", Kind.HTTP, status=502)
    assert await office.send() == Accepted("HTTP 502")
    assert isinstance(await office.ask(), Sent)


@pytest.mark.parametrize("code", [40001, 42001])
async def test_token_when_dead_is_renewed_and_nothing_is_doubled(code: int) -> None:
    office = Office()
    office.simulator.faults.plan(ADD, Kind.CODE, code=code)
    outcome = await office.send()
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == ("wechat.token_refused", True)
    assert isinstance(await office.send(), Sent)
    assert office.counter("drafts") == 1


async def test_token_when_all_died_is_renewed_within_one_read() -> None:
    office = Office()
    office.simulator.publishing.plan.delay = 60.0
    assert isinstance(await office.send(), Accepted)
    office.simulator.tokens.kill()
    office.simulator.advance(60)
    assert isinstance(await office.ask(), Sent)


async def test_token_is_shared_and_asked_for_once() -> None:
    office = Office()
    await office.send()
    other = dataclasses.replace(office.world.services)
    office.piece = make_piece(6, at=NOW)
    office.world.services = other
    await office.send()
    asked = [entry for entry in office.simulator.journal.entries if entry.path == "/cgi-bin/stable_token"]
    assert len(asked) == 1
    assert asked[0].json()["force_refresh"] is False


async def test_secret_is_in_no_note_and_no_journal() -> None:
    office = Office()
    office.simulator.faults.plan(ADD, Kind.CODE, code=40001)
    await office.send()
    await office.send()
    token = office.simulator.tokens.stable[-1].value
    kept = repr(office.world.journal) + repr(office.state._state._values)  # type: ignore[attr-defined]
    assert office.simulator.account.secret not in kept
    assert token not in kept


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda account: setattr(account, "frozen", True), "wechat.setup.secret_frozen"),
        (lambda account: setattr(account, "allowed", frozenset()), "wechat.setup.ip_not_listed"),
        (lambda account: setattr(account, "secret", "another"), "wechat.setup.bad_secret"),
        (lambda account: account.rights.discard("freepublish"), "wechat.rights.no_right"),
        (lambda account: account.rights.discard("draft"), "wechat.rights.no_right"),
        (lambda account: account.rights.discard("material"), "wechat.rights.no_right"),
    ],
)
async def test_account_that_is_not_set_up_fails_with_what_an_administrator_must_do(change: object, code: str) -> None:
    office = Office()
    change(office.simulator.account)  # type: ignore[operator]
    outcome = await office.send()
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == (code, False)
    assert len(office.simulator.drafts.box) == 0
    if code == "wechat.setup.ip_not_listed":
        assert "127.0.0.1" in str(outcome.params["text"])


async def test_account_without_secret_or_appid_is_told_so() -> None:
    office = Office()
    outcome = await office.send(appid="")
    assert outcome == NotSent("wechat.setup.no_appid", retry=False)
    office.world.services.vault._secrets.clear()  # type: ignore[attr-defined]
    assert await office.send() == NotSent("wechat.setup.no_secret", retry=False)
    assert await office.send(theme="red") == NotSent(
        "wechat.setup.bad_settings", retry=False, params={"field": "theme"}
    )


async def test_address_that_waits_for_its_administrator_is_tried_again() -> None:
    office = Office()
    office.simulator.account.address_state = 89507
    outcome = await office.send()
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.wait) == ("wechat.ip_refused_hour", dt.timedelta(hours=1))


async def test_quota_of_the_day_waits_for_the_next_and_keeps_the_draft() -> None:
    office = Office()
    office.simulator.limits.daily[SUBMIT] = 0
    outcome = await office.send()
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == ("wechat.rate_day", True)
    assert outcome.wait is not None
    assert outcome.wait > dt.timedelta(hours=10)
    office.simulator.limits.daily[SUBMIT] = 10
    assert isinstance(await office.send(), Sent)
    assert office.counter("drafts") == 1


async def test_own_limits_hold_before_the_platform_does() -> None:
    office = Office()
    assert isinstance(await office.send(publishes_a_day=1), Sent)
    office.piece = make_piece(6, at=NOW)
    outcome = await office.send(publishes_a_day=1)
    assert isinstance(outcome, NotSent)
    assert outcome.code == "wechat.own_limit_publishes"
    office.piece = make_piece(7, at=NOW)
    assert (await office.send(calls_a_minute=1)).code == "wechat.own_limit_calls"  # type: ignore[union-attr]


@pytest.mark.parametrize("code", [53504, 53505])
async def test_draft_that_needs_the_console_is_a_task_and_stays_in_the_box(code: int) -> None:
    office = Office()
    office.simulator.faults.plan(SUBMIT, Kind.CODE, code=code)
    outcome = await office.send()
    assert isinstance(outcome, Manual)
    assert outcome.detail["task"] == "wechat.task.publish"
    assert len(office.simulator.drafts.box) == 1
    assert isinstance(await office.ask(), Manual)


async def test_content_that_is_refused_leaves_no_draft() -> None:
    office = Office()
    office.simulator.faults.plan(SUBMIT, Kind.CODE, code=53503)
    outcome = await office.send()
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == ("wechat.bad_content", False)
    assert len(office.simulator.drafts.box) == 0


async def test_cover_when_somebody_emptied_the_library_is_uploaded_anew() -> None:
    office = Office()
    await office.send()
    office.simulator.media.library.clear()
    office.piece = dataclasses.replace(office.piece, release="another")
    outcome = await office.send()
    assert isinstance(outcome, NotSent)
    assert outcome.retry
    assert isinstance(await office.send(), Sent)
    assert office.counter("materials") == 2


async def test_cover_whose_answer_was_lost_is_found_in_the_library() -> None:
    office = Office()
    office.simulator.faults.plan("/cgi-bin/material/add_material", Kind.CUT_AFTER)
    assert isinstance(await office.send(), NotSent)
    assert isinstance(await office.send(), Sent)
    assert office.counter("materials") == 1


async def test_pictures_are_uploaded_once_over_many_tries() -> None:
    office = Office()
    for _ in range(3):
        office.simulator.faults.plan(ADD, Kind.CODE, code=45011)
        assert isinstance(await office.send(), NotSent)
    assert isinstance(await office.send(), Sent)
    assert (office.counter("images"), office.counter("materials")) == (1, 1)


async def test_picture_that_was_recalled_fails_and_says_which() -> None:
    office = Office()
    target = office.target()
    prepared = await POST.prepare(office.piece, target, office.world.services)
    office.world.faults.gone = set(prepared.uploads)
    outcome = await POST.send(prepared, "a" * 32, target, office.world.services)
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == ("wechat.asset_gone", False)


async def test_article_that_is_too_long_is_never_sent() -> None:
    office = Office()
    long = {"schema": 1, "blocks": [{"id": "b_000000000001", "type": "paragraph", "text": [{"t": "字" * 20_000}]}]}
    office.piece = dataclasses.replace(office.piece, body=long)
    outcome = await office.send()
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == ("wechat.too_many_characters", False)
    assert office.wire.calls == 0


async def test_draft_that_nobody_submits_any_more_is_swept() -> None:
    office = Office()
    office.wire.kill_before = 99
    office.simulator.faults.plan(SUBMIT, Kind.CODE, code=45011)
    assert isinstance(await office.send(), NotSent)
    assert len(office.simulator.drafts.box) == 1
    office.simulator.advance(dt.timedelta(hours=3))
    office.piece = make_piece(6, at=NOW)
    assert isinstance(await office.send(), Sent)
    assert len(office.simulator.drafts.box) == 0


async def test_recall_deletes_and_may_be_said_twice() -> None:
    office = Office()
    sent = await office.send()
    assert isinstance(sent, Sent)
    for _ in range(2):
        receipt = await POST.recall(sent.post, office.target(), office.world.services)
        assert receipt.state == "gone"
        assert receipt.at == office.simulator.clock.now()
    assert office.simulator.visible(office.piece.title) == 0
    assert office.counter("articles_deleted") == 1
    assert isinstance(await office.ask(), NotSent)


@pytest.mark.parametrize("kind", [Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.HTTP])
async def test_recall_whose_answer_is_lost_is_not_said_to_be_done_unless_it_is(kind: Kind) -> None:
    office = Office()
    sent = await office.send()
    assert isinstance(sent, Sent)
    office.simulator.faults.plan("/cgi-bin/freepublish/delete", kind)
    if kind is not Kind.CUT_AFTER:
        with pytest.raises(ContractError, match="recall_lost"):
            await POST.recall(sent.post, office.target(), office.world.services)
        assert office.simulator.visible(office.piece.title) == 1
    receipt = await POST.recall(sent.post, office.target(), office.world.services)
    assert receipt.state == "gone"
    assert office.simulator.visible(office.piece.title) == 0


async def test_recall_without_the_right_is_a_task_for_a_person() -> None:
    office = Office()
    sent = await office.send()
    assert isinstance(sent, Sent)
    office.simulator.account.rights.discard("freepublish")
    receipt = await POST.recall(sent.post, office.target(), office.world.services)
    assert (receipt.state, receipt.detail["task"]) == ("manual", "wechat.task.delete")


async def test_recall_on_another_account_is_never_said_to_be_done() -> None:
    office = Office()
    sent = await office.send()
    assert isinstance(sent, Sent)
    receipt = await POST.recall(sent.post, office.target(appid="wx-other"), office.world.services)
    assert receipt.state == "manual"
    assert office.simulator.visible(office.piece.title) == 1


async def test_recall_of_what_a_person_published_goes_by_its_address() -> None:
    office = Office()
    sent = await office.send()
    assert isinstance(sent, Sent)
    assert sent.url
    receipt = await POST.recall(sent.url, office.target(), office.world.services)
    assert receipt.state == "gone"
    assert office.simulator.visible(office.piece.title) == 0
    nowhere = await POST.recall("https://mp.weixin.qq.com/s/none", office.target(), office.world.services)
    assert nowhere.state == "manual"


async def test_correction_when_the_old_one_cannot_be_deleted_publishes_nothing() -> None:
    office = Office()
    sent = await office.send()
    assert isinstance(sent, Sent)
    newer = corrected(office.piece, at=NOW)
    prepared = await POST.prepare(newer, office.target(), office.world.services)
    office.simulator.faults.plan("/cgi-bin/freepublish/delete", Kind.CUT_BEFORE)
    outcome = await POST.correct(sent.post, prepared, "c" * 32, office.target(), office.world.services)
    assert isinstance(outcome, NotSent)
    assert outcome.retry
    assert office.simulator.visible(newer.title) == 0
    outcome = await POST.correct(sent.post, prepared, "d" * 32, office.target(), office.world.services)
    assert isinstance(outcome, Sent)
    assert (office.simulator.visible(office.piece.title), office.simulator.visible(newer.title)) == (0, 1)


async def test_article_that_was_deleted_by_hand_before_it_was_found_is_told() -> None:
    office = Office()
    office.simulator.faults.plan(SUBMIT, Kind.CUT_AFTER)
    assert isinstance(await office.send(), Unknown)
    office.simulator.advance(5)
    [publication] = office.simulator.publishing.newest()
    office.simulator.publishing.delete(publication.article_id, 0)
    assert await office.ask() == NotSent("wechat.status_deleted", retry=False)


async def test_submit_that_never_gets_an_answer_is_given_up_without_a_trace() -> None:
    office = Office()
    outcome: Outcome = Unknown("")
    for _ in range(20):
        office.simulator.faults.plan(SUBMIT, Kind.CUT_BEFORE)
        outcome = await office.send() if isinstance(outcome, NotSent) or not outcome.why else await office.ask()  # type: ignore[union-attr]
        office.simulator.advance(dt.timedelta(minutes=40))
        if isinstance(outcome, NotSent) and not outcome.retry:
            break
    assert outcome == NotSent("wechat.submit_lost", retry=False, params={"tries": 5})
    assert len(office.simulator.drafts.box) == 0


async def test_attempt_that_was_closed_by_reconcile_can_begin_nothing_later() -> None:
    office = Office()
    office.attempts = 1
    assert await office.ask() == NotSent("wechat.not_begun", retry=True)
    office.attempts = 0
    assert await office.send() == Unknown("taken_over")
    assert office.wire.calls == 0
