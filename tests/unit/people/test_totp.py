"""Codes of authenticator apps against the vectors of RFC 6238, and never twice; seals open only where they belong."""

import datetime as dt
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest

from cms.kernel.errors import Unavailable
from cms.people.models import Person
from cms.people.roles import Role
from cms.people.sealing import Sealer
from cms.people.sessions import SessionRules, owed
from cms.people.totp import address, as_text, code_at, matching_step, new_secret, step_of

# RFC 6238, appendix B, SHA-1; eight digits there, of which an app shows the last six.
SECRET = b"12345678901234567890"
VECTORS = {59: "94287082", 1111111109: "07081804", 1234567890: "89005924", 20000000000: "65353130"}
NOW = dt.datetime(2026, 11, 26, 8, 0, 10, tzinfo=dt.UTC)


@pytest.mark.parametrize("seconds", VECTORS)
def test_code_when_computed_is_the_one_of_the_standard(seconds: int) -> None:
    at = dt.datetime.fromtimestamp(seconds, dt.UTC)
    assert code_at(SECRET, step_of(at)) == VECTORS[seconds][2:]


def test_code_when_near_is_taken_and_when_used_old_or_misshapen_is_not() -> None:
    here = step_of(NOW)
    for drift in (-1, 0, 1):
        assert matching_step(SECRET, code_at(SECRET, here + drift), now=NOW, after=0) == here + drift
    code = code_at(SECRET, here)
    assert matching_step(SECRET, f" {code[:3]} {code[3:]} ", now=NOW, after=here - 1) == here
    assert matching_step(SECRET, code, now=NOW, after=here) is None
    assert matching_step(SECRET, code_at(SECRET, here - 1), now=NOW, after=here) is None
    for wrong in (
        code_at(SECRET, here - 2),
        code_at(SECRET, here + 2),
        "",
        "12345",
        "1234567",
        "１２３４５６",
        "abcdef",
    ):
        assert matching_step(SECRET, wrong, now=NOW, after=0) is None


def test_address_when_read_by_an_app_says_whose_it_is() -> None:
    secret = new_secret()
    parts = urlsplit(address(secret, login="wang@x", issuer="吴江 发布"))
    query = parse_qs(parts.query)
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert query["issuer"] == ["吴江 发布"]
    assert query["secret"] == [as_text(secret).replace(" ", "")]
    assert len(secret) == 20


def test_seal_when_opened_for_another_or_by_another_key_stays_shut() -> None:
    sealed = Sealer(bytes(32)).seal("a", SECRET)
    assert SECRET not in sealed
    assert Sealer(bytes(32)).open("a", sealed) == SECRET
    for sealer, label in ((Sealer(bytes(32)), "b"), (Sealer(b"x" * 32), "a")):
        with pytest.raises(Unavailable, match=r"people\.sealed"):
            sealer.open(label, sealed)


def test_account_when_the_office_asks_owes_a_newer_password_before_a_factor() -> None:
    rules = SessionRules(factor_roles=frozenset({Role.CHIEF}), password_age=dt.timedelta(days=90))
    person = Person(id=uuid.UUID(int=1), password_set_at=NOW - dt.timedelta(days=90))
    chief, editor = frozenset({Role.CHIEF, Role.EDITOR}), frozenset({Role.EDITOR})
    assert owed(person, chief, rules, has_factor=False, now=NOW) == "password"
    person.password_set_at = NOW
    assert owed(person, chief, rules, has_factor=False, now=NOW) == "factor"
    assert owed(person, chief, rules, has_factor=True, now=NOW) == ""
    assert owed(person, editor, rules, has_factor=False, now=NOW) == ""
