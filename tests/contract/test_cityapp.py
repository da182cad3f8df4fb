"""The City App against a receiver made from its description: signed, taken once, replayed by id, given up."""

import asyncio
import contextlib
import datetime as dt
import json
import random

import pytest

from cms.contract import ContractError, NotSent, Outcome, Sent, Unknown
from renderers.cityapp import channel
from renderers.cityapp.events import EventType, gone, reference, shown, signed
from renderers.cityapp.ladder import LADDER
from renderers.cityapp.post import CityAppPost
from renderers.conformance import Platform, check_post
from renderers.conformance.post import Ledger
from renderers.conformance.samples import corrected, make_piece
from renderers.conformance.world import SITE, World
from tests.contract.cityapp import URL, Service, dialled
from tests.fakes.cityapp.app import PATH, App
from tests.fakes.stage.faults import Kind

NOW = dt.datetime(2026, 11, 26, 1, 0, tzinfo=dt.UTC)
POST = CityAppPost()
PIECE = make_piece(5, at=NOW)


class Desk:
    """Sends the piece and asks what became of it."""

    def __init__(self) -> None:
        self.app = App()
        self.world = dialled(self.app)
        self.world.services.state._values["app:known"] = (URL, 1)  # type: ignore[attr-defined]
        self.attempts = 0

    async def send(self) -> Outcome:
        self.attempts += 1
        prepared = await POST.prepare(PIECE, self.world.target, self.world.services)
        return await POST.send(prepared, f"{self.attempts:032x}", self.world.target, self.world.services)

    async def ask(self) -> Outcome:
        return await POST.reconcile(f"{self.attempts:032x}", self.world.target, self.world.services)


async def test_push_under_fifty_schedules_is_shown_exactly_once() -> None:
    apps: list[App] = []

    def make() -> tuple[Platform, World]:
        apps.append(App(seed=str(len(apps))))
        return Service(apps[-1]), dialled(apps[-1], kills=False)

    assert await check_post(channel(), make, now=NOW) == []
    assert [app.journal.counters["publish"] for app in apps if app.journal.counters["publish"] > 1] == []


@pytest.mark.parametrize("seed", range(25))
async def test_push_in_a_storm_of_faults_and_kills_is_taken_at_most_once_and_settles(seed: int) -> None:
    dice, app = random.Random(seed), App(seed=str(seed))
    world, ledger, piece = dialled(app), Ledger(), make_piece(seed, at=NOW)
    app.arrange(dice)
    for turn in range(60):
        if turn == 40:
            app.calm()
        world.faults.calls, world.faults.kill_at = 0, dice.choice((0, 0, *range(1, 9)))
        with contextlib.suppress(asyncio.CancelledError):
            await ledger.drive(POST, piece, world.target, world.services)
        app.advance(600)
        assert app.visible(piece.title) <= 1
    if isinstance(ledger.outcome, Sent):
        assert app.journal.counters["publish"] == 1
    else:
        assert isinstance(ledger.outcome, NotSent)
        # A redirect in answer to the first question looks like an address that is wrong.
        assert ledger.outcome.code in {"cityapp.dead_letter", "cityapp.setup.address_refused"}
        assert app.visible(piece.title) == 0


async def test_event_names_the_version_and_where_to_fetch_it_and_never_the_text() -> None:
    desk = Desk()
    assert isinstance(await desk.send(), Sent)
    (event,) = desk.app.seen.values()
    assert event["type"] == "publish"
    assert event["url"] == f"{SITE.base_url}/d/{PIECE.document}/"
    assert (event["document"], event["edition"], event["release"]) == (PIECE.document, 1, PIECE.release)
    assert "body" not in event
    assert event["cover"].startswith(f"{SITE.media_url}/a/")


async def test_push_whose_answer_is_lost_is_asked_about_and_not_sent_again() -> None:
    desk = Desk()
    desk.app.faults.plan(PATH, Kind.CUT_AFTER)
    assert isinstance(await desk.send(), Unknown)
    desk.app.faults.plan(PATH, Kind.HTTP, status=404)
    assert await desk.ask() == Unknown("HTTP 404")
    assert isinstance(await desk.ask(), Sent)
    assert len([entry for entry in desk.app.journal.entries if entry.method == "POST"]) == 1


async def test_push_that_never_arrives_climbs_the_ladder_and_is_a_dead_letter_until_somebody_replays_it() -> None:
    desk = Desk()
    for step in LADDER:
        desk.app.faults.plan(PATH, Kind.CUT_BEFORE)
        assert isinstance(await desk.send(), Unknown)
        outcome = await desk.ask()
        assert outcome == NotSent("cityapp.not_there", retry=True, wait=step)
        desk.app.advance(step)
    desk.app.faults.plan(PATH, Kind.CUT_BEFORE)
    assert isinstance(await desk.send(), Unknown)
    assert await desk.ask() == NotSent("cityapp.dead_letter", retry=False, params={"tries": len(LADDER) + 1})
    # A person presses «retry»: the same event by its id, and the ladder from its first rung.
    assert isinstance(await desk.send(), Sent)
    assert len({entry.headers["webhook-id"] for entry in desk.app.journal.entries}) == 1


async def test_event_that_is_replayed_after_it_was_taken_does_nothing() -> None:
    desk = Desk()
    assert isinstance(await desk.send(), Sent)
    assert isinstance(await desk.send(), Sent)
    assert desk.app.journal.counters["publish"] == 1


async def test_receiver_is_asked_once_whether_it_answers_questions_before_anything_is_pushed() -> None:
    desk = Desk()
    desk.world.services.state._values.clear()  # type: ignore[attr-defined]
    desk.app.faults.plan(PATH, Kind.HTTP, status=404)
    assert await desk.send() == NotSent(
        "cityapp.setup.no_receiver", retry=False, params={"status": 404, "said": "–", "why": "HTTP 404"}
    )
    desk.app.faults.plan(PATH, Kind.REDIRECT)
    assert await desk.send() == NotSent("cityapp.setup.address_refused", retry=False)
    desk.app.faults.plan(PATH, Kind.CUT_BEFORE)
    outcome = await desk.send()
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == ("cityapp.no_answer", True)
    assert isinstance(await desk.send(), Sent)
    assert isinstance(await desk.send(), Sent)
    assert [entry.method for entry in desk.app.journal.entries].count("GET") == 4


async def test_app_that_asks_for_patience_gets_it() -> None:
    desk = Desk()
    desk.app.faults.plan(PATH, Kind.CODE, code=429)
    outcome = await desk.send()
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.wait) == ("cityapp.too_fast", dt.timedelta(seconds=20))


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "setup.bad_signature"), (404, "setup.no_receiver"), (410, "setup.no_receiver"), (422, "refused")],
)
async def test_app_that_says_no_says_who_must_act(status: int, code: str) -> None:
    desk = Desk()
    desk.app.faults.plan(PATH, Kind.CODE, code=status)
    outcome = await desk.send()
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == (f"cityapp.{code}", False)


async def test_account_without_address_or_secret_is_told_so_and_nothing_is_called() -> None:
    desk = Desk()
    desk.world.services.vault._secrets.clear()  # type: ignore[attr-defined]
    assert await desk.send() == NotSent("cityapp.setup.no_secret", retry=False)
    desk.world.target = World("cityapp").target
    assert await desk.send() == NotSent("cityapp.setup.no_address", retry=False)
    assert desk.app.journal.entries == []


async def test_secret_that_changes_signs_beside_the_old_one() -> None:
    desk = Desk()
    kept = desk.world.services.vault._secrets  # type: ignore[attr-defined]
    kept |= {"signing_secret": "新的签名密钥", "old_signing_secret": desk.app.secret}
    assert isinstance(await desk.send(), Sent)
    del kept["old_signing_secret"]
    outcome = await desk.send()
    assert isinstance(outcome, NotSent)
    assert outcome.code == "cityapp.setup.bad_signature"
    assert not any(secret in repr(desk.world.journal) for secret in ("签名密钥", "v1,"))


async def test_call_that_somebody_kept_and_plays_again_later_is_refused() -> None:
    desk = Desk()
    event = shown(EventType.PUBLISH, reference(PIECE, SITE))
    headers = signed((desk.app.secret,), event.id, int(desk.app.clock.now().timestamp()), event.body)
    desk.app.advance(600)
    status, _, _ = await desk.app.handle("POST", f"https://app.example.cn{PATH}", headers, event.body)
    assert status == 401


async def test_correction_replaces_and_recall_is_tried_until_the_app_confirms() -> None:
    desk = Desk()
    sent = await desk.send()
    assert isinstance(sent, Sent)
    newer = corrected(PIECE, at=NOW)
    prepared = await POST.prepare(newer, desk.world.target, desk.world.services)
    fixed = await POST.correct(sent.post, prepared, "c" * 32, desk.world.target, desk.world.services)
    assert isinstance(fixed, Sent)
    assert (desk.app.visible(PIECE.title), desk.app.visible(newer.title)) == (0, 1)
    desk.app.faults.plan(PATH, Kind.HTTP, status=502)
    with pytest.raises(ContractError, match="recall_lost"):
        await POST.recall(fixed.post, desk.world.target, desk.world.services)
    for _ in range(2):
        receipt = await POST.recall(fixed.post, desk.world.target, desk.world.services)
        assert receipt.state == "gone"
    assert desk.app.visible(newer.title) == 0
    # What is recalled stays away when an older event comes late.
    late = shown(EventType.PUBLISH, reference(PIECE, SITE))
    headers = signed((desk.app.secret,), late.id, int(desk.app.clock.now().timestamp()), late.body)
    await desk.app.handle("POST", f"https://app.example.cn{PATH}", headers, late.body)
    assert desk.app.visible(PIECE.title) == 0


def test_ids_follow_from_the_bytes_and_differ_by_what_happened() -> None:
    frozen = reference(PIECE, SITE)
    ids = {shown(kind, frozen).id for kind in (EventType.PUBLISH, EventType.CORRECT)}
    post = shown(EventType.PUBLISH, frozen).post
    assert len(ids | {gone(post).id}) == 3
    assert shown(EventType.PUBLISH, frozen) == shown(EventType.PUBLISH, frozen)
    assert json.loads(gone(post).body)["edition"] == PIECE.edition


async def test_own_limit_waits_and_costs_no_rung() -> None:
    desk = Desk()
    limited = {**desk.world.target.settings, "pushes_a_minute": 1}
    desk.world.target = type(desk.world.target)("t", "cityapp", "App", (), limited)
    assert isinstance(await desk.send(), Sent)
    outcome = await desk.send()
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == ("cityapp.own_limit_pushes", True)
    assert outcome.wait is not None
