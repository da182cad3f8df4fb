"""The life of an edition as a table: total, printed, and safe in each way out."""

import pytest
from hypothesis import given, strategies as st

from cms.content.states import APPROVED, BY_SYSTEM, EDITABLE, OPEN, TABLE, EditionState, Verb, step, verbs
from cms.kernel.errors import Refused

# One line a state; long as they are, they are read as a table.
PRINTED = """
draft       discard->discarded edit->draft rush->submitted submit->submitted
submitted   pass->submitted return->returned sign->approved withdraw->draft
returned    discard->discarded edit->returned rush->submitted submit->submitted
approved    edit->draft fail->failed publish->published publish_urgent->pending_review recall->recalled \
reopen->draft return->returned schedule->scheduled
scheduled   fail->failed publish->published publish_urgent->pending_review recall->recalled schedule->scheduled \
unschedule->approved
published   recall->recalled supersede->superseded
superseded  recall->recalled
recalled
discarded
failed      publish->published publish_urgent->pending_review recall->recalled reopen->draft schedule->scheduled
pending_review confirm->published recall->recalled supersede->superseded
"""


def printed() -> str:
    lines = []
    for state in EditionState:
        ways = (f"{verb.value}->{found.to.value}" for verb, found in sorted(TABLE[state].items()))
        lines.append(f"{state.value:<11} {' '.join(ways)}".rstrip())
    return "\n".join(lines)


def test_table_when_printed_is_the_one_we_know() -> None:
    assert printed() == PRINTED.strip()


def test_table_when_read_has_every_state_and_uses_every_verb() -> None:
    assert set(TABLE) == set(EditionState)
    assert {verb for row in TABLE.values() for verb in row} == set(Verb)


@pytest.mark.parametrize("state", EditionState)
@pytest.mark.parametrize("verb", Verb)
def test_verb_when_not_in_the_row_of_a_state_is_refused(state: EditionState, verb: Verb) -> None:
    if verb in verbs(state):
        assert step(state, verb).to in EditionState
        return
    with pytest.raises(Refused) as refused:
        step(state, verb)
    assert refused.value.code == "content.state"


def test_approval_when_looked_for_is_reached_by_signing_alone() -> None:
    """Into the approved states lead only the signature, and ways from another approved state."""
    ways = [
        (state, verb)
        for state, row in TABLE.items()
        for verb, found in row.items()
        if found.to in APPROVED and state not in APPROVED
    ]
    assert ways == [(EditionState.SUBMITTED, Verb.SIGN)]


@given(st.lists(st.sampled_from(Verb), max_size=40))
def test_history_when_any_verbs_are_tried_is_out_only_on_a_signature_after_the_last_text(tried: list[Verb]) -> None:
    state, signed = EditionState.DRAFT, False
    for verb in tried:
        way = TABLE[state].get(verb)
        if way is None:
            continue
        state = way.to
        signed = verb is Verb.SIGN or (signed and state in APPROVED)
        assert signed or state not in APPROVED
        assert state is not EditionState.PUBLISHED_PENDING_REVIEW or verb is Verb.PUBLISH_URGENT


def test_edit_when_allowed_leaves_no_approval_standing() -> None:
    assert all(found.to in EDITABLE for row in TABLE.values() for verb, found in row.items() if verb is Verb.EDIT)
    assert Verb.EDIT not in verbs(EditionState.SCHEDULED) | verbs(EditionState.PUBLISHED)


def test_verbs_without_a_permission_are_the_systems_own() -> None:
    alone = {verb for row in TABLE.values() for verb, found in row.items() if found.action is None}
    assert alone <= BY_SYSTEM


def test_states_that_are_over_lead_nowhere_but_to_recall() -> None:
    for state in set(EditionState) - OPEN - {EditionState.PUBLISHED, EditionState.PUBLISHED_PENDING_REVIEW}:
        assert verbs(state) <= {Verb.RECALL}
