"""Verified values and properties of the approval rule that no single vector shows."""

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from cms.trust.approval import Bundle
from cms.trust.errors import TrustError
from cms.trust.keys import SigningKey
from cms.trust.release import Release, read_release
from cms.trust.signed import Verified, text_of
from cms.trust.verify import verify_delegations, verify_release, verify_root
from tests.vectors import world

ROOT = verify_root(world.by(world.root(), "root"), None)
GRANTED = verify_delegations(world.by(world.delegations(), "delegations"), ROOT)
TEXT = text_of(world.release("p"))
GOOD_SIGNERS = {"qian", "sun", "he"}
EVERYBODY = ["zhao", "qian", "sun", "he", "li", "zhou", "wu", "zheng", "feng", "chen", "mallory"]


def test_verified_when_made_by_anyone_else_is_refused() -> None:
    with pytest.raises(TypeError):
        Verified(read_release(TEXT), TEXT, "0" * 64, proof=object())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(EVERYBODY), max_size=6))
def test_verify_release_passes_exactly_with_two_distinct_good_people(names: list[str]) -> None:
    bundle = world.bundle_of(TEXT, *names)
    if len(GOOD_SIGNERS & set(names)) >= 2:
        passed: Verified[Release] = verify_release(bundle, GRANTED, now=world.T0)
        assert passed.value == read_release(TEXT)
    else:
        with pytest.raises(TrustError):
            verify_release(bundle, GRANTED, now=world.T0)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(TEXT) - 1), st.characters(exclude_categories=["Cs"]))
def test_verify_release_with_one_letter_changed_is_refused(at: int, letter: str) -> None:
    changed = TEXT[:at] + letter + TEXT[at + 1 :]
    good = world.bundle_of(TEXT, "qian", "sun")
    if changed != TEXT:
        with pytest.raises(TrustError):
            verify_release(Bundle(changed, good.approvals), GRANTED, now=world.T0)


def test_verify_release_after_the_delegations_ran_out_is_refused() -> None:
    with pytest.raises(TrustError, match=r"trust\.expired"):
        verify_release(world.bundle_of(TEXT, "qian", "sun"), GRANTED, now=world.T0 + world.YEAR)


def test_release_written_by_text_of_is_read_back_whole() -> None:
    release = world.release("q", class_="urgent", envelope={"not_after": world.T0}, slate=True)
    assert read_release(text_of(release)) == release


def test_generated_keys_differ_and_sign() -> None:
    one, other = SigningKey.generate(), SigningKey.generate()
    assert one.public != other.public
    assert one.public.verifies(one.sign(b"x"), b"x")
    assert not other.public.verifies(one.sign(b"x"), b"x")
    assert SigningKey(one.seed).public == one.public


def test_release_of_a_person_in_two_rights_needs_the_right_to_approve() -> None:
    only = replace(world.delegations(2), people=(world.person("qian"), world.person("sun", rights=("delegate",))))
    granted = verify_delegations(world.by(only, "delegations"), ROOT)
    with pytest.raises(TrustError, match=r"trust\.right"):
        verify_release(world.bundle_of(TEXT, "qian", "sun"), granted, now=world.T0)
