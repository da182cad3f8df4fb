"""Sealed keys open with the right password on the right machine, and in no other way."""

import json
from pathlib import Path

import pytest

from cms.guard.errors import GuardRefused
from cms.guard.keyring import Cost, Keyring
from cms.trust.keys import PublicKey
from tests.vectors.world import uuid_of

CHEAP = Cost(passes=1, memory=8)
QIAN, SUN = uuid_of("qian"), uuid_of("sun")


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(tmp_path / "keys", cost=CHEAP)


def sealed_file(tmp_path: Path, public: PublicKey) -> Path:
    return tmp_path / "keys" / "people" / f"{public.id}.json"


def test_enrolled_key_opens_with_its_password_alone(keyring: Keyring) -> None:
    public = keyring.enrol(QIAN, "right password")
    key = keyring.open(QIAN, public.text, "right password")
    assert key is not None
    assert public.verifies(key.sign(b"x"), b"x")
    assert keyring.open(QIAN, public.text, "wrong password") is None


def test_sealed_key_without_the_pepper_does_not_open(keyring: Keyring, tmp_path: Path) -> None:
    public = keyring.enrol(QIAN, "right password")
    stolen = Keyring(tmp_path / "other", cost=CHEAP)
    (tmp_path / "other" / "people" / f"{public.id}.json").write_bytes(sealed_file(tmp_path, public).read_bytes())
    assert stolen.open(QIAN, public.text, "right password") is None


def test_sealed_key_in_the_place_of_another_person_does_not_open(keyring: Keyring, tmp_path: Path) -> None:
    mine, theirs = keyring.enrol(QIAN, "my password"), keyring.enrol(SUN, "their password")
    sealed_file(tmp_path, theirs).write_bytes(sealed_file(tmp_path, mine).read_bytes())
    with pytest.raises(GuardRefused, match=r"guard\.key_missing"):
        keyring.open(SUN, theirs.text, "my password")
    renamed = json.loads(sealed_file(tmp_path, mine).read_text("utf-8"))
    renamed |= {"person": SUN, "public": theirs.text}
    sealed_file(tmp_path, theirs).write_text(json.dumps(renamed, sort_keys=True, separators=(",", ":")), "utf-8")
    assert keyring.open(SUN, theirs.text, "my password") is None


def test_reseal_with_the_wrong_password_changes_nothing(keyring: Keyring) -> None:
    public = keyring.enrol(QIAN, "right password")
    assert not keyring.reseal(QIAN, public.text, old="wrong password", new="new password")
    assert keyring.reseal(QIAN, public.text, old="right password", new="new password")
    assert keyring.open(QIAN, public.text, "right password") is None
    assert keyring.open(QIAN, public.text, "new password") is not None


def test_destroyed_key_is_gone(keyring: Keyring) -> None:
    public = keyring.enrol(QIAN, "right password")
    keyring.destroy(public.text)
    assert not keyring.holds(public.text)
    with pytest.raises(GuardRefused, match=r"guard\.key_missing"):
        keyring.open(QIAN, public.text, "right password")


def test_own_keys_and_derived_secrets_are_the_same_at_the_next_start(keyring: Keyring, tmp_path: Path) -> None:
    again = Keyring(tmp_path / "keys", cost=CHEAP)
    assert again.own("guard").public == keyring.own("guard").public
    assert again.own("guard").public != again.own("root").public
    assert again.derive("bundle") == keyring.derive("bundle")
    assert again.derive("bundle") != again.derive("other")


def test_files_hold_no_password_and_no_seed(keyring: Keyring, tmp_path: Path) -> None:
    public = keyring.enrol(QIAN, "right password")
    key = keyring.open(QIAN, public.text, "right password")
    assert key is not None
    raw = sealed_file(tmp_path, public).read_bytes()
    assert b"right password" not in raw
    assert key.seed not in raw
    assert key.seed.hex().encode() not in raw
