"""The plans of an office: which one a piece gets, that the most demanding wins, and that what is frozen reads back."""

import pytest
from hypothesis import given, strategies as st

from cms.content.kinds import Kind
from cms.content.states import Verb
from cms.people.permissions import Action
from cms.review.plans import (
    BUILT_IN,
    THREE_AND_THREE,
    TWO_STEPS,
    Book,
    By,
    ChannelClass,
    Plan,
    Rule,
    RuleStep,
    book_json,
    book_of,
    class_of,
    plan_for,
    plan_json,
    plan_of,
    rule_for,
    terms_json,
    urgent_plan,
    wrong_with,
)

LINE = (("centre", "/c/"), ("institute", "/c/i/"), ("station", "/c/i/s/"))
RANKS = (Action.REVIEW_PASS, Action.REVIEW_SECOND, Action.REVIEW_SIGN)
LEVELS = ("", "centre", "institute", "station", "village")
CHANNELS = ("screen", "web", "tv", "wechat", "douyin", "radio")
SIGNING = st.builds(
    RuleStep, st.just("sign"), st.just(By.CHIEF), st.sampled_from(LEVELS), st.none() | st.integers(1, 99)
)
EARLIER = st.builds(RuleStep, st.just(""), st.sampled_from(By), st.sampled_from(LEVELS), st.none() | st.integers(1, 99))


@st.composite
def rules(draw: st.DrawFn, about: tuple[str, str, str]) -> Rule:
    keys = draw(
        st.lists(st.sampled_from(["review", "first", "second", "special"]), min_size=1, max_size=4, unique=True)
    )
    steps = [draw(EARLIER) for _ in keys]
    named = tuple(RuleStep(key, one.by, one.level, one.hours) for key, one in zip(keys, steps, strict=True))
    return Rule((*named, draw(SIGNING)), *about, proofs=draw(st.integers(0, 3)))


@st.composite
def books(draw: st.DrawFn) -> Book:
    about = st.tuples(st.sampled_from(["", *Kind]), st.sampled_from(["", *ChannelClass]), st.sampled_from(LEVELS[:4]))
    fields = draw(st.lists(about, max_size=5, unique=True))
    written = [draw(rules(one)) for one in dict.fromkeys([("", "", ""), *fields])]
    return Book(tuple(written), draw(st.integers(1, 99)), draw(st.booleans()), draw(st.integers(1, 99)))


@given(books(), st.sampled_from(Kind), st.lists(st.sampled_from(CHANNELS), max_size=6, unique=True), st.integers(1, 3))
def test_plan_when_channels_ask_differently_asks_at_least_what_each_asks(
    book: Book, kind: Kind, channels: list[str], depth: int
) -> None:
    above = LINE[:depth]
    plan = plan_for(book, kind, channels, above)
    assert (plan.book, plan.reviewer_proofs) == (book.version, book.reviewer_proofs)
    assert plan.steps[-1].action is Action.REVIEW_SIGN
    assert plan.verb(len(plan.steps)) is Verb.SIGN
    assert len({step.key for step in plan.steps}) == len(plan.steps) >= 2
    for channel in channels:
        one = plan_for(book, kind, [channel], above)
        assert len(plan.steps) >= len(one.steps)
        assert plan.proofs >= one.proofs
        for mine, joined in zip(reversed(one.steps), reversed(plan.steps), strict=False):
            # A place higher up has a shorter path; none at all is the lowest.
            assert not mine.at or mine.at.startswith(joined.at or mine.at + "x")
            assert RANKS.index(joined.action) >= RANKS.index(mine.action)
            assert mine.hours is None or (joined.hours is not None and joined.hours <= mine.hours)


@given(books())
def test_book_when_written_and_frozen_reads_back(book: Book) -> None:
    assert all(not wrong_with(rule) for rule in book.rules)
    assert book_of(book.version, book_json(book)) == book
    plan = plan_for(book, Kind.NEWS, ["web"], LINE)
    assert plan_of(plan_json(plan), terms_json(plan)) == plan


def test_rule_when_several_fit_is_the_one_about_most() -> None:
    def rule(kind: str, channel: str, level: str) -> Rule:
        return Rule(TWO_STEPS.steps, kind, channel, level)

    any_, news, tv, news_tv = rule("", "", ""), rule("news", "", ""), rule("", "tv", ""), rule("news", "tv", "")
    book = Book((any_, news, tv, news_tv, rule("", "", "station")))
    assert rule_for(book, "notice", ChannelClass.WEB, "centre") is any_
    assert rule_for(book, "news", ChannelClass.TV, "station") is news_tv
    assert rule_for(book, "news", ChannelClass.WEB, "station") is news
    assert rule_for(book, "notice", ChannelClass.TV, "station") is tv


def test_channel_when_unknown_counts_as_what_cannot_be_corrected() -> None:
    assert class_of("screen") is ChannelClass.SCREEN
    assert {class_of(kind) for kind in ("wechat", "douyin", "radio")} == {ChannelClass.ACCOUNT}


def test_three_and_three_when_a_station_writes_for_television_signs_in_the_centre() -> None:
    street = plan_for(THREE_AND_THREE, "news", ["screen", "web"], LINE)
    assert [step.key for step in street.steps] == ["first", "second", "sign"]
    assert (street.proofs, street.steps[-1].at) == (3, "")
    assert plan_for(THREE_AND_THREE, "news", ["screen", "wechat"], LINE).steps[-1].at == "/c/"


def test_release_when_it_is_from_before_there_were_terms_keeps_its_plan() -> None:
    old = [{"key": "review", "action": "review.pass"}, {"key": "sign", "action": "review.sign"}]
    assert [step.action for step in plan_of(old, {}).steps] == [Action.REVIEW_PASS, Action.REVIEW_SIGN]


def test_emergency_takes_two_keys_and_no_proof() -> None:
    plan = urgent_plan(BUILT_IN)
    assert [step.action for step in plan.steps] == [Action.REVIEW_URGENT] * 2
    assert (plan.urgent, plan.proofs, plan.verb(1), plan.verb(2)) == (True, 0, Verb.PASS, Verb.SIGN)
    assert isinstance(plan, Plan)


SIGN, FIRST = RuleStep("sign", By.CHIEF), RuleStep("first")


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (Rule((SIGN,)), "review.plan_steps"),
        (Rule((FIRST, RuleStep("second"))), "review.plan_sign"),
        (Rule((FIRST, RuleStep("sign", By.REVIEWER))), "review.plan_sign"),
        (Rule((FIRST, FIRST, SIGN)), "review.plan_sign"),
        (Rule((RuleStep("tenth"), SIGN)), "review.plan_unknown"),
        (Rule((FIRST, SIGN), kind="rumour"), "review.plan_unknown"),
        (Rule((FIRST, SIGN), proofs=4), "review.plan_unknown"),
        (Rule((RuleStep("first", hours=0), SIGN)), "review.plan_hours"),
    ],
)
def test_rule_when_it_cannot_be_kept_says_what_is_wrong(rule: Rule, code: str) -> None:
    assert wrong_with(rule) == code
