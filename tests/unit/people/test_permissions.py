"""The permission table, cell by cell: every role × action × own, other's, elsewhere."""

import itertools
import uuid

import pytest
from hypothesis import given, strategies as st

from cms.kernel.errors import Denied
from cms.people.actor import Actor, Grant
from cms.people.permissions import (
    TABLE,
    Action,
    Relation,
    Subject,
    can,
    may_anywhere,
    outermost,
    reach,
    require_can,
    require_reach,
)
from cms.people.roles import RIGHTS, Role, may_hold_together

ME, SOMEBODY = uuid.UUID(int=1), uuid.UUID(int=2)
HERE, BELOW, ELSEWHERE = "/320509/04/", "/320509/04/017/", "/320509/05/"

# What each role may, written a second time and by hand: a slip in the table shows here. o own, u others' in the unit.
GOLDEN = """
account.manage              everybody:o
audit.export                auditor:ou
audit.read                  auditor:ou
checklist.manage            chief:ou
column.manage               chief:ou
data.manage                 operator:ou
data.read                   editor:ou reviewer:ou chief:ou operator:ou director:ou
document.correct            editor:ou reviewer:ou chief:ou director:ou
document.create             editor:ou reviewer:ou chief:ou contributors:ou director:ou
document.discard            editor:o reviewer:ou chief:ou contributors:o director:ou
document.edit               editor:o reviewer:ou chief:ou contributors:o director:ou
document.read               editor:ou reviewer:ou chief:ou publisher:ou contributors:ou proofreader:ou director:ou
document.share               editor:o reviewer:ou chief:ou director:ou
document.submit             editor:o reviewer:ou chief:ou contributors:o director:ou
document.withdraw           editor:o reviewer:o chief:o contributors:o director:o
library.delete              editor:o reviewer:ou chief:ou contributors:o director:ou
library.edit                editor:ou reviewer:ou chief:ou contributors:o director:ou
library.read                editor:ou reviewer:ou chief:ou publisher:ou contributors:ou proofreader:ou director:ou
library.upload              editor:ou reviewer:ou chief:ou contributors:ou director:ou
people.grant                admin:u
people.manage               admin:u
people.phone                admin:ou
people.read                 admin:ou auditor:ou
publishing.publish          chief:ou publisher:ou
publishing.read             editor:ou reviewer:ou chief:ou publisher:ou operator:ou director:ou
publishing.recall           reviewer:ou chief:ou publisher:ou director:ou
publishing.recall_many      chief:ou
publishing.retry            chief:ou publisher:ou operator:ou
publishing.schedule         chief:ou publisher:ou
review.pass                 reviewer:u chief:u director:u
review.plan                 chief:ou
review.proof                proofreader:u reviewer:u director:u chief:u
review.read                 reviewer:ou chief:ou proofreader:ou director:ou
review.return               reviewer:u chief:u director:u
review.second               chief:u director:u
review.sign                 chief:u
review.urgent               chief:u
screen.manage               operator:ou
screen.pair                 operator:ou
screen.read                 reviewer:ou chief:ou publisher:ou operator:ou director:ou
system.configure            operator:ou
system.read                 operator:ou auditor:ou
target.manage               publisher:ou operator:ou
unit.manage                 admin:ou
values.say                  operator:ou
"""
GROUPS = {"contributors": ("correspondent", "team_leader"), "everybody": tuple(Role)}
LETTERS = {"o": Relation.OWN, "u": Relation.UNIT}


def golden() -> dict[tuple[Role, Action], frozenset[Relation]]:
    cells = {}
    for line in GOLDEN.strip().splitlines():
        action, *roles = line.split()
        for cell in roles:
            name, _, letters = cell.partition(":")
            for role in GROUPS.get(name, (name,)):
                cells[Role(role), Action(action)] = frozenset(LETTERS[letter] for letter in letters)
    return cells


@pytest.mark.parametrize("role", Role)
def test_cells_when_asked_answer_as_written_down(role: Role) -> None:
    actor, written = Actor(ME, "甲", HERE, (Grant(role, HERE),)), golden()
    for action, relation in itertools.product(Action, Relation):
        own = frozenset({ME}) if relation is Relation.OWN else frozenset({SOMEBODY})
        subject = Subject(ELSEWHERE if relation is Relation.OTHER else BELOW, own)
        decision = can(actor, action, subject)
        assert decision.allowed is (relation in written.get((role, action), frozenset())), (action, relation)
        assert bool(decision.reason) is not decision.allowed


def test_every_action_when_looked_up_belongs_to_somebody() -> None:
    assert {action for _, action in golden()} == set(Action)


def test_officers_when_looked_at_hold_no_power_over_content() -> None:
    content = ("document.", "review.", "library.")
    for role in (Role.ADMIN, Role.OPERATOR, Role.AUDITOR):
        assert [action for action in TABLE[role] if action.startswith(content)] == []


@pytest.mark.parametrize(
    ("roles", "good"),
    [
        ((Role.EDITOR, Role.REVIEWER, Role.CHIEF, Role.PUBLISHER), True),
        ((Role.ADMIN,), True),
        ((Role.ADMIN, Role.ADMIN), True),
        ((Role.ADMIN, Role.AUDITOR), False),
        ((Role.OPERATOR, Role.EDITOR), False),
    ],
)
def test_roles_when_held_together_keep_officers_apart(roles: tuple[Role, ...], *, good: bool) -> None:
    assert may_hold_together(roles) is good


def test_person_without_a_role_has_an_account_and_nothing_else() -> None:
    actor = Actor(ME, "甲", HERE)
    allowed = {action for action in Action if can(actor, action, Subject(HERE, frozenset({ME})))}
    assert allowed == {Action.ACCOUNT_MANAGE}
    assert not can(actor, Action.ACCOUNT_MANAGE, Subject(HERE, frozenset({SOMEBODY})))


def test_person_who_must_set_a_password_can_do_nothing_else() -> None:
    actor = Actor(ME, "甲", HERE, (Grant(Role.CHIEF, HERE),), must_set_password=True)
    assert can(actor, Action.DOCUMENT_READ, Subject(HERE)).reason == "people.denied.password"
    assert can(actor, Action.ACCOUNT_MANAGE, Subject(HERE, frozenset({ME})))
    assert not may_anywhere(actor, "document.read")
    with pytest.raises(Denied):
        require_reach(actor, Action.DOCUMENT_READ)


@pytest.mark.parametrize(
    ("role", "action", "unit", "own", "reason"),
    [
        (Role.EDITOR, Action.REVIEW_SIGN, HERE, False, "people.denied.role"),
        (Role.CHIEF, Action.REVIEW_SIGN, ELSEWHERE, False, "people.denied.scope"),
        (Role.CHIEF, Action.REVIEW_SIGN, HERE, True, "people.denied.own"),
        (Role.EDITOR, Action.DOCUMENT_EDIT, HERE, False, "people.denied.not_own"),
    ],
)
def test_denial_when_given_says_why(role: Role, action: Action, unit: str, *, own: bool, reason: str) -> None:
    actor = Actor(ME, "甲", HERE, (Grant(role, HERE),))
    with pytest.raises(Denied) as denied:
        require_can(actor, action, Subject(unit, frozenset({ME} if own else ())))
    assert denied.value.code == reason


def test_prefix_of_a_code_when_compared_is_not_its_subtree() -> None:
    actor = Actor(ME, "甲", HERE, (Grant(Role.CHIEF, "/320509/04/"),))
    assert not can(actor, Action.DOCUMENT_READ, Subject("/320509/040/"))


paths = st.lists(st.sampled_from("abc"), min_size=1, max_size=3).map(lambda names: "/" + "/".join(names) + "/")


@given(st.lists(paths, min_size=1))
def test_outermost_paths_cover_every_path_and_not_each_other(found: list[str]) -> None:
    outer = outermost(found)
    assert all(sum(path.startswith(one) for one in outer) == 1 for path in found)
    assert all(not a.startswith(b) for a in outer for b in outer if a != b)


@given(st.lists(st.tuples(st.sampled_from(list(Role)), paths)), paths, st.sampled_from(list(Action)), st.booleans())
def test_decision_when_allowed_lies_in_reach(
    grants: list[tuple[Role, str]], unit: str, action: Action, own: bool
) -> None:
    actor = Actor(ME, "甲", "/a/", tuple(Grant(role, path) for role, path in grants))
    subject = Subject(unit, frozenset({ME} if own else ()))
    if can(actor, action, subject) and action is not Action.ACCOUNT_MANAGE:
        assert any(unit.startswith(path) for path in reach(actor, action))
        assert may_anywhere(actor, action.value)


def test_rights_when_read_let_only_those_who_review_approve() -> None:
    approving = {role for role, rights in RIGHTS.items() if "approve" in rights}
    assert approving == {Role.REVIEWER, Role.DIRECTOR, Role.CHIEF}
