"""Strict reading by declaration: a dataclass says the fields, types and bounds, `read` accepts exactly that."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, NoReturn, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from cms.trust.errors import TrustError
from cms.trust.limits import MAX_INTEGER

T = TypeVar("T")
Rule: TypeAlias = Callable[[Any], bool]


def matches(pattern: str) -> Rule:
    found = re.compile(pattern)
    return lambda value: found.fullmatch(value) is not None


def size(least: int, most: int) -> Rule:
    """Of a string in code points, of a list or an object in items."""
    return lambda value: least <= len(value) <= most


def among(allowed: Collection[str]) -> Rule:
    """One of these, or a list of some of these."""
    names: Final = frozenset(allowed)
    return lambda value: value in names if isinstance(value, str) else names.issuperset(value)


def between(least: int, most: int = MAX_INTEGER) -> Rule:
    return lambda value: least <= value <= most


def distinct(value: tuple[object, ...]) -> bool:
    return len(set(value)) == len(value)


def at_most(most: int) -> Rule:
    """Of a list that may be absent."""
    return lambda value: value is None or len(value) <= most


Hash = Annotated[str, matches("[0-9a-f]{64}")]
KeyId = Annotated[str, matches("[0-9a-f]{32}")]
Base64 = Annotated[str, matches("[A-Za-z0-9_-]{1,128}")]
Uuid = Annotated[str, matches("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
Domain = Annotated[str, matches("[a-z0-9.-]{3,64}")]
Unit = Annotated[str, matches("/([a-z0-9_-]{1,40}/){1,10}")]
Code = Annotated[str, matches("[a-z0-9_-]{1,64}")]
Count = Annotated[int, between(1)]
Ms = Annotated[int, between(0)]
Pixels = Annotated[int, between(0, 1_000_000)]


def read(shape: Callable[..., T], value: object, path: str) -> T:
    """The dataclass `shape` from a decoded object: every field there and right, no other unless it is `OPEN`.

    Raises TrustError `trust.schema` with the `field`.
    """
    if not isinstance(value, dict):
        _refuse(path)
    hints = _hints(shape)
    if value.keys() != hints.keys() and not (getattr(shape, "OPEN", False) and hints.keys() <= value.keys()):
        _refuse(f"{path}.{min(value.keys() ^ hints.keys())}")
    made = {attribute: _one(hint, value[name], f"{path}.{name}") for name, (attribute, hint) in hints.items()}
    return shape(**made)


@cache
def _hints(shape: Any) -> dict[str, tuple[str, Any]]:
    """Field name in the text -> attribute and hint; `class_` and `from_` are spelt without the underscore."""
    hints = get_type_hints(shape, include_extras=True)
    return {item.name.rstrip("_"): (item.name, hints[item.name]) for item in fields(shape)}


def _one(hint: Any, value: object, path: str) -> object:
    kind, arguments = get_origin(hint), get_args(hint)
    if kind is Annotated:
        found = _one(arguments[0], value, path)
        return found if all(rule(found) for rule in arguments[1:]) else _refuse(path)
    if kind in {Union, UnionType}:
        return None if value is None else _one(arguments[0], value, path)
    if kind is tuple and isinstance(value, list):
        return tuple(_one(arguments[0], item, f"{path}[{index}]") for index, item in enumerate(value))
    if kind is Mapping and isinstance(value, dict):
        return {name: _one(arguments[1], item, f"{path}.{name}") for name, item in value.items()}
    if is_dataclass(hint) and isinstance(hint, type):
        return read(hint, value, path)
    return value if hint is object or type(value) is hint else _refuse(path)


def _refuse(field: str) -> NoReturn:
    raise TrustError("trust.schema", field=field)
