"""What people do at an account beside posting: a draft on the testers' phones, and readers' comments on and off."""

import pytest

from cms.contract import ContractError, Sent
from renderers.conformance.samples import make_piece
from renderers.wechat import channel
from renderers.wechat.talk import comments
from renderers.wechat.trial import trial
from tests.contract.test_wechat import NOW
from tests.contract.test_wechat_stories import Office
from tests.fakes.stage.faults import Kind

TESTERS = ("shenjia_wx", "o" + "x" * 27)
ADD, UPDATE = "/cgi-bin/draft/add", "/cgi-bin/draft/update"


async def show(office: Office, **settings: object) -> int:
    return await trial(office.piece, office.target(**{"testers": TESTERS, **settings}), office.world.services)


async def test_trial_is_seen_by_the_testers_and_by_nobody_else() -> None:
    office = Office()
    assert await show(office) == 2
    assert [(who, title) for who, title, _ in office.simulator.mass.shown] == [
        (one, office.piece.title) for one in TESTERS
    ]
    assert office.simulator.visible(office.piece.title) == 0
    assert office.counter("pushes") == office.counter("submits") == 0


async def test_second_trial_renews_the_draft_and_a_post_takes_none_for_its_own() -> None:
    office = Office()
    await show(office)
    office.piece = make_piece(5, at=NOW)
    await show(office, theme="#1f5fa8")
    assert (office.counter("drafts"), office.counter("drafts_updated")) == (1, 1)
    assert "#1f5fa8" in office.simulator.mass.shown[-1][2]
    assert isinstance(await office.send(), Sent)
    assert office.counter("drafts") == 2
    # Somebody emptied the box: the next trial begins anew.
    office.simulator.drafts.box.clear()
    await show(office)
    assert office.counter("drafts") == 3


async def test_trial_whose_answer_is_lost_is_told_and_its_draft_found_again() -> None:
    office = Office()
    office.simulator.faults.plan(ADD, Kind.CUT_AFTER)
    with pytest.raises(ContractError, match="trial_lost"):
        await show(office)
    assert await show(office) == 2
    assert office.counter("drafts") == 1


async def test_draft_of_a_trial_is_swept_when_it_is_old() -> None:
    office = Office()
    await show(office)
    office.simulator.advance(3 * 3600)
    office.piece = make_piece(6, at=NOW)
    await office.send()
    assert len(office.simulator.drafts.box) == 0


async def test_trial_without_testers_or_to_a_stranger_says_what_to_do() -> None:
    office = Office()
    with pytest.raises(ContractError) as nobody:
        await show(office, testers=())
    assert nobody.value.code == "wechat.trial_nobody"
    office.simulator.mass.strangers.add(TESTERS[0])
    with pytest.raises(ContractError) as stranger:
        await show(office)
    assert (stranger.value.code, stranger.value.params["person"]) == ("wechat.trial_person", TESTERS[0])


async def test_trials_of_a_day_are_bounded() -> None:
    office = Office()
    with pytest.raises(ContractError) as full:
        await show(office, trials_a_day=1)
    assert (full.value.code, full.value.params) == ("wechat.own_limit_trials", {"limit": 1})


@pytest.mark.parametrize("way", ["publish", "push_all"])
async def test_comments_are_opened_and_closed_by_the_number_of_the_article(way: str) -> None:
    office = Office()
    office.simulator.mass.delay = 0.0
    target, services = office.target(way=way), office.world.services
    outcome = await office.send(way=way)
    assert isinstance(outcome, Sent)
    assert await comments(outcome.post, None, target, services) is False
    assert await comments(outcome.post, True, target, services) is True
    assert await comments(outcome.post, None, target, services) is True
    assert list(office.simulator.talk.values()) == [True]
    office.simulator.faults.plan("/cgi-bin/comment/close", Kind.CUT_AFTER)
    with pytest.raises(ContractError, match="comments_lost"):
        await comments(outcome.post, False, target, services)
    assert await comments(outcome.post, False, target, services) is False
    assert list(office.simulator.talk.values()) == [False]


async def test_comments_without_the_right_or_the_number_say_who_must_act() -> None:
    office = Office()
    outcome = await office.send()
    assert isinstance(outcome, Sent)
    office.simulator.account.rights.discard("comment")
    with pytest.raises(ContractError, match="no_comment_right"):
        await comments(outcome.post, True, office.world.target, office.world.services)
    with pytest.raises(ContractError, match="no_comment_handle"):
        await comments("https://mp.weixin.qq.com/s/by-hand", True, office.world.target, office.world.services)
    assert (
        await comments("https://mp.weixin.qq.com/s/by-hand", None, office.world.target, office.world.services) is None
    )


def test_channel_offers_both() -> None:
    made = channel()
    assert (made.trial, made.comments) == (trial, comments)
