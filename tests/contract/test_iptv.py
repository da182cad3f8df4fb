"""The kit's fifty schedules at an operator, and what a person of the office sees of each way an order can go."""

import asyncio
import dataclasses
import datetime as dt
from typing import Any

import pytest

from cms.contract import Accepted, Channel, ContractError, NotSent, Outcome, Piece, Prepared, Receipt, Sent, Unknown
from renderers.conformance import Platform, check_post
from renderers.conformance.post import Ledger
from renderers.conformance.samples import HOSTILE, corrected, make_piece
from renderers.conformance.world import World
from renderers.iptv.post import IptvPost
from renderers.iptv.standing import standing
from tests.contract.iptv_world import Dial, FilmedPost, dialled, filmed
from tests.fakes.iptv.operator import SERVICE
from tests.fakes.stage.faults import Kind

NOW = dt.datetime(2026, 11, 26, 1, tzinfo=dt.UTC)
PIECE = filmed(make_piece(1, at=NOW))
POST = IptvPost()


async def sent(dial: Dial, piece: Piece = PIECE, attempt: str = "a1") -> Outcome:
    world = dial.world
    prepared = await POST.prepare(piece, world.target, world.services)
    return await POST.send(prepared, attempt, world.target, world.services)


async def looked(dial: Dial, attempt: str = "a1") -> Outcome:
    return await POST.reconcile(attempt, dial.world.target, dial.world.services)


async def recalled(dial: Dial, post: str) -> Receipt:
    return await POST.recall(post, dial.world.target, dial.world.services)


async def test_fifty_schedules_show_a_piece_exactly_once() -> None:
    def make() -> tuple[Platform, World]:
        dial = dialled(kills=False, repeat_minutes=0)
        return dial.operator, dial.world

    assert [str(one) for one in await check_post(Channel("iptv", post=FilmedPost()), make, now=NOW)] == []


async def test_order_with_one_piece_is_confirmed_and_stands_in_the_category() -> None:
    dial = dialled()
    outcome = await sent(dial)
    assert isinstance(outcome, Sent)
    assert dial.operator.visible(PIECE.title) == 1
    library = dial.operator.library
    assert sorted(one.kind for one in library.things.values()) == ["Movie", "Picture", "Program"]
    assert ("1001", outcome.post) in library.mappings
    programme = library.things[outcome.post].properties
    assert "来源：吴江发布" in programme["Description"]
    assert programme["LicensingWindowStart"] == "20261126090000"
    assert dial.hub.hints == 1
    receipt = await recalled(dial, outcome.post)
    assert receipt.state == "gone"
    assert library.things == {}
    assert library.mappings == {}
    assert library.categories == {"1001", "1002"}


@pytest.mark.parametrize("fault", [None, Kind.CUT_BEFORE, Kind.CUT_AFTER, Kind.MALFORMED, Kind.SLOW])
async def test_worker_killed_at_any_step_leaves_one_piece_and_takes_it_back(fault: Kind | None) -> None:
    for step in range(1, 12):
        dial = dialled()
        if fault is not None:
            dial.operator.faults.plan(SERVICE, fault, seconds=45.0)
        ledger = Ledger()
        dial.world.faults.kill_at = step
        for _ in range(4):
            try:
                await ledger.drive(POST, PIECE, dial.world.target, dial.world.services)
            except asyncio.CancelledError:
                dial.world.faults.kill_at = 0
        assert isinstance(ledger.outcome, Sent), (fault, step, ledger.outcome)
        assert dial.operator.visible(PIECE.title) == 1
        assert dial.operator.journal.counters["orders"] == 1
        dial.world.faults.calls, dial.world.faults.kill_at = 0, step
        receipt: Receipt | None = None
        for _ in range(2):
            try:
                receipt = await recalled(dial, ledger.outcome.post)
            except asyncio.CancelledError:
                dial.world.faults.kill_at = 0
        assert receipt is not None
        assert receipt.state == "gone"
        assert dial.operator.library.things == {}


async def test_correction_updates_what_changed_and_leaves_the_rest_alone() -> None:
    dial = dialled()
    first = await sent(dial)
    assert isinstance(first, Sent)
    orders = len(dial.operator.commands)
    # The same films under new words: only what names them is told again.
    newer = filmed(corrected(make_piece(1, at=NOW), at=NOW))
    prepared = await POST.prepare(newer, dial.world.target, dial.world.services)
    outcome = await POST.correct(first.post, prepared, "a2", dial.world.target, dial.world.services)
    assert outcome == first
    updated = {one.kind: one.updates for one in dial.operator.library.things.values()}
    assert updated == {"Movie": 0, "Picture": 1, "Program": 1}
    assert dial.operator.visible(newer.title) == 1
    again = await POST.correct(first.post, prepared, "a3", dial.world.target, dial.world.services)
    assert again == first
    assert len(dial.operator.commands) == orders + 1


async def test_correction_under_another_prefix_takes_the_old_piece_out_first() -> None:
    dial = dialled()
    first = await sent(dial)
    assert isinstance(first, Sent)
    dial.world.target = dataclasses.replace(dial.world.target, settings={**dial.world.target.settings, "prefix": "WJ"})
    prepared = await POST.prepare(PIECE, dial.world.target, dial.world.services)
    outcome = await POST.correct(first.post, prepared, "a2", dial.world.target, dial.world.services)
    assert isinstance(outcome, Sent)
    assert outcome.post.startswith("WJ")
    assert {one.id[:2] for one in dial.operator.library.things.values()} == {"WJ"}


async def test_film_that_two_pieces_share_stays_when_one_is_taken_back() -> None:
    dial = dialled()
    other = dataclasses.replace(PIECE, document="d000000099", release="f" * 64, title="另一篇")
    first, second = await sent(dial), await sent(dial, other, "b1")
    assert isinstance(first, Sent)
    assert isinstance(second, Sent)
    await recalled(dial, first.post)
    assert (dial.operator.visible(PIECE.title), dial.operator.visible("另一篇")) == (0, 1)
    assert sorted(one.kind for one in dial.operator.library.things.values()) == ["Movie", "Picture", "Program"]


async def test_lecture_of_three_films_is_a_series_and_loses_a_part_by_correction() -> None:
    dial = dialled()
    three = filmed(make_piece(1, at=NOW), 3)
    first = await sent(dial, three)
    assert isinstance(first, Sent)
    kinds = sorted(one.kind for one in dial.operator.library.things.values())
    assert kinds == ["Movie"] * 3 + ["Picture"] + ["Program"] * 3 + ["Series"]
    assert dial.operator.visible("第2讲") == 1
    assert await sent(dial, filmed(make_piece(1, at=NOW), 2), "a2") == first
    assert len([one for one in dial.operator.library.things.values() if one.kind == "Movie"]) == 2
    assert (await recalled(dial, first.post)).state == "gone"
    assert dial.operator.library.things == {}


async def test_order_while_the_operator_works_says_how_far_it_is_and_then_ends() -> None:
    dial = dialled()
    dial.operator.manners.delay = 60.0
    assert await sent(dial) == Accepted("taken")
    assert await looked(dial) == Accepted("taken")
    dial.operator.manners.fetches_fail = 0
    dial.operator.outbox.always.delay = 30.0
    dial.operator.advance(61)
    await dial.operator.outbox.deliver(dial.operator.clock.now(), dial.hub)
    assert await looked(dial) == Accepted("working")
    dial.operator.advance(31)
    await dial.operator.outbox.deliver(dial.operator.clock.now(), dial.hub)
    assert isinstance(await looked(dial), Sent)
    assert dial.operator.journal.counters["exec"] == 1


async def test_notice_when_lost_is_asked_for_by_telling_the_same_order_again() -> None:
    dial = dialled(repeat_minutes=120)
    dial.operator.outbox.plan("ResultNotify", lost=True)
    assert isinstance(await sent(dial), Accepted)
    dial.operator.advance(119 * 60)
    assert isinstance(await looked(dial), Accepted)
    assert dial.operator.journal.counters["exec"] == 1
    dial.operator.advance(61)
    assert isinstance(await looked(dial), Sent)
    assert len(dial.operator.commands) == 1
    assert dial.operator.journal.counters["orders"] == 1


async def told_twice(dial: Dial) -> Outcome:
    """An order whose answer and whose notice were lost, looked at once more."""
    dial.operator.faults.plan(SERVICE, Kind.CUT_AFTER)
    dial.operator.outbox.plan("ResultNotify", lost=True)
    await sent(dial)
    return await looked(dial)


async def test_order_told_again_is_settled_by_the_operators_word_that_its_objects_exist_already() -> None:
    # This operator forgets which orders it had, carries a repeated one out anew, and refuses to REGIST what is there.
    dial = dialled(repeat_minutes=0)
    dial.operator.manners.repeated = "run"
    outcome = await told_twice(dial)
    assert isinstance(outcome, Sent), outcome
    assert len(dial.operator.commands) == 1, "one order id"
    assert next(iter(dial.operator.commands.values())).why is not None
    assert dial.operator.visible(PIECE.title) == 1
    assert "iptv.settled" in [event for event, _ in dial.world.journal]
    # What is known of the piece is right: a correction updates it, and a removal whose answer is lost is settled alike.
    newer = filmed(corrected(make_piece(1, at=NOW), at=NOW))
    assert isinstance(await sent(dial, newer, "a2"), Sent)
    assert dial.operator.visible(newer.title) == 1
    dial.operator.faults.plan(SERVICE, Kind.CUT_AFTER)
    dial.operator.outbox.plan("ResultNotify", lost=True)
    with pytest.raises(ContractError):
        await recalled(dial, outcome.post)
    assert (await recalled(dial, outcome.post)).state == "gone"
    assert dial.operator.library.things == {}


async def test_objects_that_exist_when_an_order_is_told_for_the_first_time_are_somebody_elses() -> None:
    dial = dialled()
    other = dialled()
    assert isinstance(await sent(other), Sent)
    dial.operator.library = other.operator.library
    outcome = await sent(dial)
    assert isinstance(outcome, NotSent)
    assert "already exists" in str(outcome.params["why"])


async def test_order_told_again_that_the_operator_says_it_has_is_one_that_it_took() -> None:
    dial = dialled(repeat_minutes=0)
    dial.operator.manners.repeated, dial.operator.manners.delay = "refused", 60.0
    assert await told_twice(dial) == Accepted("taken")
    dial.operator.advance(61)
    await dial.operator.outbox.deliver(dial.operator.clock.now(), dial.hub)
    # The notice was lost too; their people tell it again.
    dial.operator.calm()
    await dial.operator.outbox.deliver(dial.operator.clock.now(), dial.hub)
    assert isinstance(await looked(dial), Sent)
    assert dial.operator.journal.counters["orders"] == 1


async def test_line_is_remembered_for_the_board_as_it_was_heard_last() -> None:
    dial = dialled()

    async def board() -> tuple[str, bool, tuple[str, ...]]:
        found = await standing(dial.world.target, dial.world.services.state)
        return (found.answer.note if found.answer else "", bool(found.answer and found.answer.is_good), found.notes)

    assert await board() == ("", False, ("iptv.standing.untried",))
    dial.operator.faults.plan(SERVICE, Kind.CUT_BEFORE)
    await sent(dial)
    assert await board() == ("iptv.heard.lost", False, ("iptv.standing.lost",))
    dial.operator.advance(1)
    dial.operator.manners.delay = 5.0
    await looked(dial)
    assert await board() == ("iptv.heard.taken", True, ("iptv.standing.no_notice",))
    dial.operator.advance(6)
    await dial.operator.outbox.deliver(dial.operator.clock.now(), dial.hub)
    assert await board() == ("iptv.heard.noticed", True, ())
    dial.world.target = dataclasses.replace(dial.world.target, settings={})
    assert (await standing(dial.world.target, dial.world.services.state)).notes == ("iptv.standing.incomplete",)
    refusing = dialled(csp="OTHER")
    await sent(refusing)
    told = await standing(refusing.world.target, refusing.world.services.state)
    assert (told.answer and told.answer.note, told.notes) == ("iptv.heard.refused", ("iptv.standing.refused",))


async def test_notice_that_comes_long_after_the_time_of_repeating_ends_the_order() -> None:
    dial = dialled(repeat_minutes=120)
    dial.operator.manners.delay = 7200.0
    assert await sent(dial) == Accepted("taken")
    dial.operator.advance(7201)
    await dial.operator.outbox.deliver(dial.operator.clock.now(), dial.hub)
    assert isinstance(await looked(dial), Sent)
    assert dial.operator.journal.counters["exec"] == 1


async def test_notice_when_told_three_times_changes_things_once() -> None:
    dial = dialled()
    dial.operator.outbox.plan("ResultNotify", copies=3)
    assert isinstance(await sent(dial), Sent)
    assert dial.hub.hints == 1
    assert [status for method, _, status in dial.hub.asked if method == "POST"] == [200, 200, 200]


async def test_object_when_refused_is_said_with_the_operators_reason_and_can_be_tried_again() -> None:
    dial = dialled()
    dial.operator.manners.refuse.append("Movie")
    outcome = await sent(dial)
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == ("iptv.refused_objects", False)
    assert "content refused" in str(outcome.params["why"])
    assert dial.operator.visible(PIECE.title) == 0
    assert isinstance(await sent(dial, attempt="a2"), Sent)


async def test_order_when_refused_at_once_was_not_sent() -> None:
    dial = dialled(csp="OTHER")
    outcome = await sent(dial)
    assert outcome == NotSent("iptv.refused", retry=False, params={"why": "unknown CSPID or LSPID"})
    assert await looked(dial) == NotSent("iptv.not_begun", retry=True)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"csp": ""}, "iptv.setup.incomplete"),
        ({"service": ""}, "iptv.setup.incomplete"),
        ({"prefix": "有空格"}, "iptv.setup.bad_settings"),
    ],
)
async def test_account_when_not_set_up_says_what_is_missing(settings: dict[str, Any], code: str) -> None:
    dial = dialled(**settings)
    outcome = await sent(dial)
    assert isinstance(outcome, NotSent)
    assert (outcome.code, outcome.retry) == (code, False)


async def test_piece_without_a_film_is_not_for_an_operator() -> None:
    assert await sent(dialled(), make_piece(1, at=NOW)) == NotSent("iptv.no_film", retry=False)


async def test_recall_waits_for_the_operators_word_and_asks_again_when_refused() -> None:
    dial = dialled()
    outcome = await sent(dial)
    assert isinstance(outcome, Sent)
    dial.operator.manners.delay = 60.0
    for _ in range(2):
        with pytest.raises(ContractError) as waits:
            await recalled(dial, outcome.post)
        assert waits.value.code == "publishing.platform_has_it"
    dial.operator.manners.refuse.append("Program")
    dial.operator.manners.delay = 0.0
    dial.operator.advance(61)
    await dial.operator.outbox.deliver(dial.operator.clock.now(), dial.hub)
    # What was refused is asked for by a new order, which may be refused as well.
    dial.operator.manners.refuse.append("Movie")
    with pytest.raises(ContractError) as refused:
        await recalled(dial, outcome.post)
    assert refused.value.code == "iptv.recall_refused"
    assert (await recalled(dial, outcome.post)).state == "gone"
    assert (await recalled(dial, outcome.post)).state == "gone"
    assert dial.operator.library.things == {}


async def test_recall_of_what_nobody_here_knows_is_a_persons_task() -> None:
    receipt = await recalled(dialled(), "YP" + "0" * 30)
    assert (receipt.state, receipt.detail["task"]) == ("manual", "iptv.task.delete")


async def test_words_that_are_hostile_arrive_as_words() -> None:
    dial = dialled()
    for number, text in enumerate((*HOSTILE, "控制\x00\x0b\x1f符\ufffe\r\n换行")):
        piece = filmed(make_piece(number, at=NOW, text=text))
        assert isinstance(await sent(dial, piece, f"h{number}"), Sent)
    names = {one.properties["Name"] for one in dial.operator.library.programmes()}
    assert set(HOSTILE) <= names
    assert "控制符\n换行" in names


async def test_sender_that_was_only_slow_tells_nothing_after_it_was_given_up() -> None:
    dial = dialled()
    prepared = await POST.prepare(PIECE, dial.world.target, dial.world.services)
    assert await looked(dial) == NotSent("iptv.not_begun", retry=True)
    assert isinstance(await POST.send(prepared, "a1", dial.world.target, dial.world.services), Unknown)
    assert dial.operator.commands == {}


async def test_payload_when_prepared_twice_is_the_same_bytes() -> None:
    dial = dialled()
    first, second = [await POST.prepare(PIECE, dial.world.target, dial.world.services) for _ in range(2)]
    assert isinstance(first, Prepared)
    assert first == second
