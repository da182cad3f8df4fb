"""What a good password is, and that checking costs the same for people who do not exist."""

import time

import pytest
from hypothesis import given, strategies as st

from cms.kernel.errors import Invalid
from cms.people.codes import code_hash, new_code
from cms.people.passwords import Passwords, check_password

CHEAP = {"memory_kib": 1024, "passes": 1}


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("短", "people.password_short"),
        ("123456789", "people.password_short"),
        ("1234567890", "people.password_weak"),
        ("Password2026!", "people.password_weak"),
        ("ADMIN888888", "people.password_weak"),
        ("aaaaaaaaaaaa", "people.password_weak"),
        ("ababababab", "people.password_weak"),
        ("bcdefghijklm", "people.password_weak"),
        ("zyxwvutsrq", "people.password_weak"),
        ("zhangwei-likes-tea", "people.password_personal"),
        ("我是张伟我喜欢喝茶和散步", "people.password_personal"),
        ("x" * 201, "people.password_long"),
    ],
)
def test_password_when_bad_is_refused(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_password(password, login="zhangwei", name="张伟")
    assert refused.value.code == code


@pytest.mark.parametrize("password", ["晚霞照在运河上，船慢慢走", "tea and walks 47", "correct horse battery"])
def test_password_when_good_is_taken(password: str) -> None:
    check_password(password, login="zhangwei", name="张伟")


async def test_password_when_right_verifies_and_otherwise_not() -> None:
    passwords = Passwords(**CHEAP)
    stored = await passwords.hash("tea and walks 47")
    assert stored.startswith("$argon2id$")
    assert await passwords.verify(stored, "tea and walks 47")
    assert not await passwords.verify(stored, "tea and walks 48")
    assert not await passwords.verify(None, "tea and walks 47")
    assert not await passwords.verify("not a hash", "tea and walks 47")


async def test_unknown_person_when_looked_up_costs_as_much_as_a_known_one() -> None:
    passwords = Passwords(memory_kib=16_384, passes=2)
    stored = await passwords.hash("tea and walks 47")
    await passwords.verify(None, "warm")

    async def cost(known: str | None) -> float:
        spent = []
        for _ in range(3):
            begun = time.process_time()
            await passwords.verify(known, "wrong guess here")
            spent.append(time.process_time() - begun)
        return min(spent)

    known, unknown = await cost(stored), await cost(None)
    assert unknown > known / 2
    assert known > unknown / 2


def test_hash_when_made_with_other_costs_is_outdated() -> None:
    assert Passwords().is_outdated("$argon2id$v=19$m=1024,t=1,p=1$c29tZXNhbHQ$QbEOz2Z3l0h5wSLaHR0r4w")


@given(st.sampled_from([new_code() for _ in range(20)]))
def test_code_when_typed_by_a_person_is_the_same(code: str) -> None:
    assert len(code) == 9
    loud = code.upper().replace("0", "O").replace("1", "I").replace("-", " ")
    assert code_hash(f" {loud} ") == code_hash(code)
