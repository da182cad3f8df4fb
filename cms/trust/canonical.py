"""Canonical JSON: one value has exactly one text (docs/formats.md §1), so hashes and signatures mean something."""

import json
import re
import unicodedata
from typing import NoReturn, TypeAlias

from cms.trust.errors import TrustError
from cms.trust.limits import MAX_DEPTH, MAX_INTEGER, MAX_TEXT

Value: TypeAlias = "bool | int | str | list[Value] | dict[str, Value] | None"

_KEY = re.compile(r"[a-z0-9_./:-]{1,128}")


def encode(value: object) -> str:
    """The canonical text of dicts, lists, tuples, strings, integers, booleans and None.

    Raises TrustError `trust.canonical` for anything without a canonical text, `trust.size` above 4 MiB.
    """
    _check(value, 0)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    _utf8(text, MAX_TEXT)
    return text


def decode(text: str | bytes, *, limit: int = MAX_TEXT) -> Value:
    """The value of a canonical text of at most `limit` bytes.

    Raises TrustError `trust.canonical` if it is not the canonical text of its value, `trust.size`.
    """
    if isinstance(text, bytes):
        _sized(len(text), limit)
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError:
            _refuse("utf8")
    else:
        _utf8(text, limit)
    try:
        value: Value = json.loads(text)
    except (ValueError, RecursionError):
        _refuse("syntax")
    if encode(value) != text:
        _refuse("form")
    return value


def _check(value: object, depth: int) -> None:
    if isinstance(value, dict | list | tuple):
        if depth >= MAX_DEPTH:
            _refuse("depth")
        if isinstance(value, dict) and not all(map(_is_key, value)):
            _refuse("key")
        for item in value.values() if isinstance(value, dict) else value:
            _check(item, depth + 1)
    elif isinstance(value, str):
        if "\x00" in value or not unicodedata.is_normalized("NFC", value):
            _refuse("string")
    elif isinstance(value, int):  # bool is an int and within bounds
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            _refuse("number")
    elif value is not None:
        _refuse("type")


def _is_key(name: object) -> bool:
    return isinstance(name, str) and _KEY.fullmatch(name) is not None


def _utf8(text: str, limit: int) -> None:
    try:
        _sized(len(text.encode("utf-8")), limit)
    except UnicodeEncodeError:
        _refuse("surrogate")


def _sized(size: int, limit: int) -> None:
    if size > limit:
        raise TrustError("trust.size", size=size, limit=limit)


def _refuse(reason: str) -> NoReturn:
    raise TrustError("trust.canonical", reason=reason)
