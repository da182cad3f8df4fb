"""A program may do what it was given and its owner may do: never more, whatever the roles."""

import uuid
from dataclasses import replace

from hypothesis import given, strategies as st

from cms.people.actor import Actor, Grant
from cms.people.permissions import Action, Subject, can, may_anywhere, reach, reach_of_others, scope_of
from cms.people.roles import Role

ME = uuid.UUID(int=1)
HERE = "/320509/04/"
SCOPES = sorted({scope_of(action) for action in Action} - {""})


@given(st.sampled_from(sorted(Role)), st.sets(st.sampled_from(SCOPES)), st.sampled_from(sorted(Action)), st.booleans())
def test_token_when_it_acts_may_no_more_than_its_scopes_and_its_owner(
    role: Role, scopes: set[str], action: Action, own: bool
) -> None:
    owner = Actor(ME, "甲", HERE, (Grant(role, HERE),))
    program = replace(owner, scopes=frozenset(scopes))
    subject = Subject(HERE, frozenset({ME}) if own else frozenset())
    given_it = scope_of(action) in scopes
    assert bool(can(program, action, subject)) == (given_it and bool(can(owner, action, subject)))
    assert reach(program, action) == (reach(owner, action) if given_it else ())
    assert reach_of_others(program, action) == (reach_of_others(owner, action) if given_it else ())
    assert may_anywhere(program, action) == (given_it and may_anywhere(owner, action))


def test_what_concerns_the_account_is_in_no_scope() -> None:
    program = Actor(ME, "甲", HERE, (Grant(Role.CHIEF, HERE),), scopes=frozenset(SCOPES))
    assert can(program, Action.ACCOUNT_MANAGE, Subject(HERE, frozenset({ME}))).reason == "people.denied.token"
    assert [scope for scope in SCOPES if scope.startswith("account")] == []
