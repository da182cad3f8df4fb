"""Passwords: what a good one is, and argon2id in threads so that sign-in never stops the loop."""

import asyncio
import functools
import itertools
import re
from pathlib import Path
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cms.kernel.errors import Invalid

MIN_LENGTH: Final = 10
# Longer than anybody types; without a bound a megabyte of password would cost a second of a core.
MAX_LENGTH: Final = 200
# Read once at import: a sign-in must not touch the disk in the loop.
_KNOWN: Final = frozenset(Path(__file__).with_name("weak_passwords.txt").read_text("utf-8").split())
_TAIL: Final = re.compile(r"[\d\W_]+$")
_FEW_CHARACTERS: Final = 4


class Passwords:
    """Hashes and checks; at most `at_once` at a time, each 64 MiB and about 50 ms of a core.

    Parameters are RFC 9106's second choice (64 MiB, 3 passes), one lane because a street has many doors and few cores.
    `least` is how many characters the office asks for.
    """

    def __init__(self, *, at_once: int = 2, memory_kib: int = 65_536, passes: int = 3, least: int = MIN_LENGTH) -> None:
        self.least = max(least, MIN_LENGTH)
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._turn = asyncio.Semaphore(at_once)

    def check(self, password: str, *, login: str = "", name: str = "") -> None:
        """Raises as `check_password`, by the office's length."""
        check_password(password, login=login, name=name, least=self.least)

    async def hash(self, password: str) -> str:
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one; `stored` None (no such person) costs the same time and is False."""
        async with self._turn:
            good = await asyncio.to_thread(self._verify, stored, password)
        return good and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether it was hashed with other parameters than today's."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, stored: str | None, password: str) -> bool:
        nobody = self._nobody
        try:
            return self._hasher.verify(stored or nobody, password[:MAX_LENGTH])
        except (VerificationError, InvalidHashError):
            return False

    @functools.cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("nobody has this password")


def check_password(password: str, *, login: str = "", name: str = "", least: int = MIN_LENGTH) -> None:
    """Raises Invalid `people.password_short`, `.password_long`, `.password_weak` or `.password_personal`."""
    if len(password) < least:
        raise Invalid("people.password_short", fields={"password": "people.password_short"}, least=least)
    if len(password) > MAX_LENGTH:
        raise Invalid("people.password_long", fields={"password": "people.password_long"}, most=MAX_LENGTH)
    plain = password.casefold()
    if plain in _KNOWN or _TAIL.sub("", plain) in _KNOWN or len(set(plain)) < _FEW_CHARACTERS or _is_run(plain):
        raise Invalid("people.password_weak", fields={"password": "people.password_weak"})
    if any(part and part.casefold() in plain for part in (login, name)):
        raise Invalid("people.password_personal", fields={"password": "people.password_personal"})


def _is_run(text: str) -> bool:
    """Whether it only counts up or down: 0123456789, jihgfedcba."""
    steps = {ord(after) - ord(before) for before, after in itertools.pairwise(text)}
    return steps in ({1}, {-1})
