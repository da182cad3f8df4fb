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
Rule: TypeAlias = Callable[[Any], object]
_Reader: TypeAlias = Callable[[object, str, str], object]


def matches(pattern: str) -> Rule:
    found: Rule = re.compile(pattern).fullmatch  # a match is true
    return found


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
    readers, is_open = _readers(shape)
    if value.keys() != readers.keys() and not (is_open and readers.keys() <= value.keys()):
        _refuse(f"{path}.{min(value.keys() ^ readers.keys())}")
    return shape(*[take(value[name], path, name) for name, take in readers.items()])


@cache
def _readers(shape: Any) -> tuple[Mapping[str, _Reader], bool]:
    """Field name in the text -> its reader, in the order of the fields; and whether others may stand beside them.

    Declarations are looked at once: what ten thousand screens say when they come back is read by these alone.
    `class_` and `from_` are spelt without the underscore.
    """
    hints = get_type_hints(shape, include_extras=True)
    found = {item.name.rstrip("_"): _reader(hints[item.name]) for item in fields(shape)}
    return found, getattr(shape, "OPEN", False)


def _reader(hint: Any) -> _Reader:
    """How a value of this type is read: called with the value, the path of what holds it, and its name there."""
    kind, arguments = get_origin(hint), get_args(hint)
    if kind is Annotated:
        is_plain = arguments[0] in {str, int} and len(arguments) == 2
        return _plain(*arguments) if is_plain else _ruled(_reader(arguments[0]), arguments[1:])
    if kind in {Union, UnionType}:
        return _nullable(_reader(arguments[0]))
    if kind is tuple:
        return _listed(_reader(arguments[0]))
    if kind is Mapping:
        return _mapped(_reader(arguments[1]))
    if is_dataclass(hint) and isinstance(hint, type):
        return lambda value, path, name: read(hint, value, f"{path}.{name}" if name else path)
    return _anything if hint is object else _exactly(hint)


def _plain(hint: type, rule: Rule) -> _Reader:
    """What most fields are: a string or a number under one rule, looked at in one step."""

    def take(value: object, path: str, name: str) -> object:
        if type(value) is not hint or not rule(value):
            _refuse_at(path, name)
        return value

    return take


def _ruled(inner: _Reader, rules: tuple[Rule, ...]) -> _Reader:
    def take(value: object, path: str, name: str) -> object:
        found = inner(value, path, name)
        for rule in rules:
            if not rule(found):
                _refuse_at(path, name)
        return found

    return take


def _nullable(inner: _Reader) -> _Reader:
    return lambda value, path, name: None if value is None else inner(value, path, name)


def _listed(inner: _Reader) -> _Reader:
    def take(value: object, path: str, name: str) -> object:
        if not isinstance(value, list):
            _refuse_at(path, name)
        at = f"{path}.{name}" if name else path
        return tuple([inner(item, f"{at}[{index}]", "") for index, item in enumerate(value)])

    return take


def _mapped(inner: _Reader) -> _Reader:
    def take(value: object, path: str, name: str) -> object:
        if not isinstance(value, dict):
            _refuse_at(path, name)
        at = f"{path}.{name}" if name else path
        return {key: inner(item, at, key) for key, item in value.items()}

    return take


def _exactly(hint: type) -> _Reader:
    def take(value: object, path: str, name: str) -> object:
        if type(value) is not hint:
            _refuse_at(path, name)
        return value

    return take


def _anything(value: object, _path: str, _name: str) -> object:
    return value


def _refuse_at(path: str, name: str) -> NoReturn:
    _refuse(f"{path}.{name}" if name else path)


def _refuse(field: str) -> NoReturn:
    raise TrustError("trust.schema", field=field)
