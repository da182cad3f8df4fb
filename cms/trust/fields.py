"""Strict reading of a decoded object: every field named, typed and bounded, and no other field present."""

import re
from collections.abc import Callable, Collection
from typing import Final, NoReturn, TypeVar

from cms.trust.canonical import Value
from cms.trust.errors import TrustError
from cms.trust.limits import MAX_INTEGER, MAX_STRING

T = TypeVar("T")

HASH: Final = re.compile(r"[0-9a-f]{64}")
KEY_ID: Final = re.compile(r"[0-9a-f]{32}")
UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
DOMAIN: Final = re.compile(r"[a-z0-9.-]{3,64}")
UNIT: Final = re.compile(r"/([a-z0-9_-]{1,40}/){1,10}")
CODE: Final = re.compile(r"[a-z0-9_-]{1,40}")
PUBLIC_ID: Final = re.compile(r"[0-9abcdefghjkmnpqrstvwxyz]{10}")
LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
MEDIA_TYPE: Final = re.compile(r"[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,64}")
BASE64: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")


class Fields:
    """The fields of one object, each to be read once; `done` refuses what nobody asked for."""

    __slots__ = ("_fields", "_path", "_read")

    def __init__(self, value: Value, path: str) -> None:
        if not isinstance(value, dict):
            _refuse(path)
        self._fields = value
        self._path = path
        self._read: set[str] = set()

    def raw(self, name: str) -> Value:
        self._read.add(name)
        if name not in self._fields:
            _refuse(f"{self._path}.{name}")
        return self._fields[name]

    def text(self, name: str, pattern: re.Pattern[str] | None = None, *, limit: int = 0) -> str:
        """A string matching `pattern` wholly, or any of at most `limit` characters."""
        value = self.raw(name)
        if not isinstance(value, str) or (pattern and not pattern.fullmatch(value)):
            _refuse(f"{self._path}.{name}")
        if len(value) > (limit or MAX_STRING):
            _refuse(f"{self._path}.{name}")
        return value

    def one_of(self, name: str, allowed: Collection[str]) -> str:
        value = self.text(name)
        if value not in allowed:
            _refuse(f"{self._path}.{name}")
        return value

    def integer(self, name: str, *, least: int = 0, most: int = MAX_INTEGER) -> int:
        value = self.raw(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            _refuse(f"{self._path}.{name}")
        return value

    def boolean(self, name: str) -> bool:
        value = self.raw(name)
        if not isinstance(value, bool):
            _refuse(f"{self._path}.{name}")
        return value

    def maybe(self, name: str, read: Callable[[str], T]) -> T | None:
        """None where the field is null, else what `read(name)` gives."""
        return None if self.raw(name) is None else read(name)

    def fields(self, name: str) -> "Fields":
        return Fields(self.raw(name), f"{self._path}.{name}")

    def mapping(self, name: str, *, most: int) -> dict[str, Value]:
        value = self.raw(name)
        if not isinstance(value, dict) or len(value) > most:
            _refuse(f"{self._path}.{name}")
        return value

    def each(self, name: str, *, most: int, least: int = 0) -> list["Fields"]:
        """A list of objects."""
        return [
            Fields(item, f"{self._path}.{name}[{index}]") for index, item in enumerate(self._list(name, least, most))
        ]

    def texts(self, name: str, pattern: re.Pattern[str], *, most: int, least: int = 0) -> tuple[str, ...]:
        """A list of strings, each matching `pattern` wholly."""
        found: list[str] = []
        for item in self._list(name, least, most):
            if not isinstance(item, str) or not pattern.fullmatch(item):
                _refuse(f"{self._path}.{name}")
            found.append(item)
        return tuple(found)

    def names(
        self, name: str, allowed: re.Pattern[str] | Collection[str], *, most: int, least: int = 0
    ) -> tuple[str, ...]:
        """A list of strings without repeats, each allowed."""
        pattern = allowed if isinstance(allowed, re.Pattern) else CODE
        found = self.texts(name, pattern, most=most, least=least)
        if len(set(found)) != len(found):
            _refuse(f"{self._path}.{name}")
        if not isinstance(allowed, re.Pattern) and not set(found) <= set(allowed):
            _refuse(f"{self._path}.{name}")
        return found

    def refuse(self, name: str) -> NoReturn:
        """The field is of the right type and still wrong."""
        _refuse(f"{self._path}.{name}")

    def done(self) -> None:
        for name in self._fields.keys() - self._read:
            _refuse(f"{self._path}.{name}")

    def _list(self, name: str, least: int, most: int) -> list[Value]:
        value = self.raw(name)
        if not isinstance(value, list) or not least <= len(value) <= most:
            _refuse(f"{self._path}.{name}")
        return value


def _refuse(field: str) -> NoReturn:
    raise TrustError("trust.schema", field=field)
