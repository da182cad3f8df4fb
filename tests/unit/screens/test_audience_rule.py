"""Who gets a target: equal to sets taken by brute force, over 801 places and whatever rule."""

from hypothesis import given, strategies as st

from cms.contract import AudienceRule, Receiver, Target, Why
from cms.contract.audience import SETTING
from cms.planning.moving import moved_within
from tests.unit.screens.test_outages import INSTITUTES, PLACES, POINTS, STATIONS

TAGS = ("hall", "school", "market", "indoor", "large")
RECEIVERS = [
    Receiver(f"screen-{place:03d}", unit, frozenset(tag for bit, tag in enumerate(TAGS) if place >> bit & 1))
    for place, unit in enumerate(PLACES)
]
units = st.lists(st.sampled_from([*PLACES[:60], *STATIONS[:40], *POINTS[:40]]), max_size=5, unique=True).map(tuple)
tags = st.lists(st.sampled_from(TAGS), max_size=2, unique=True).map(tuple)
ids = st.lists(st.sampled_from([one.id for one in RECEIVERS]), max_size=6, unique=True).map(tuple)


def brute(rule: AudienceRule) -> set[str]:
    """The same in sets, a list of the rule at a time."""

    def under(paths: tuple[str, ...]) -> set[str]:
        return {one.id for one in RECEIVERS for path in paths if one.unit[: len(path)] == path}

    def tagged(wanted: tuple[str, ...]) -> set[str]:
        return {one.id for one in RECEIVERS if set(wanted) & one.tags}

    reached = under(rule.units) & (tagged(rule.tags) if rule.tags else {one.id for one in RECEIVERS})
    return (reached - under(rule.except_units) - tagged(rule.except_tags) | set(rule.screens)) - set(
        rule.except_screens
    )


@given(st.builds(AudienceRule, units, tags, units, tags, ids, ids))
def test_rule_over_all_801_places_equals_the_sets(rule: AudienceRule) -> None:
    assert {one.id for one in RECEIVERS if rule.reaches(one)} == brute(rule)


@given(st.builds(AudienceRule, units, tags, units, tags, ids, ids), st.sampled_from(RECEIVERS))
def test_reason_names_a_line_that_is_in_the_rule_and_true_of_the_screen(rule: AudienceRule, one: Receiver) -> None:
    said = rule.decide(one)
    holds = {
        Why.NAMED: said.line in rule.screens and said.line == one.id,
        Why.LEFT_OUT: said.line in rule.except_screens and said.line == one.id,
        Why.UNIT: said.line in rule.units and one.unit.startswith(said.line),
        Why.TAG: said.line in rule.tags and said.line in one.tags,
        Why.LEFT_UNIT: said.line in rule.except_units and one.unit.startswith(said.line),
        Why.LEFT_TAG: said.line in rule.except_tags and said.line in one.tags,
        Why.NO_TAG: not set(rule.tags) & one.tags,
        Why.ELSEWHERE: not any(one.unit.startswith(unit) for unit in rule.units),
    }
    assert holds[said.why]


def test_rule_when_kept_among_the_settings_is_read_as_it_was_and_follows_a_unit_that_moves() -> None:
    rule = AudienceRule((INSTITUTES[0],), ("hall",), (STATIONS[0],), (), ("one",), ())
    settings = {SETTING: rule.kept(), "other": 3}
    assert AudienceRule.of(Target("all", "screen", "", rule.units, settings)) == rule
    followed = moved_within(settings, INSTITUTES[0], f"{INSTITUTES[1]}i00/")
    assert AudienceRule.read((), followed).except_units == (f"{INSTITUTES[1]}i00/s000/",)
    assert AudienceRule.read((), followed).screens == ("one",)
