"""Reading a callback's body, XML or JSON: hostile until it is checked, so small and without any document type."""

import json
from collections.abc import Mapping
from typing import Any, Final
from xml.parsers import expat

MOST_BYTES: Final = 64 << 10
_MOST_ELEMENTS: Final = 500
_DEEPEST: Final = 8

Event = Mapping[str, Any]


class BadEvent(Exception):
    """It cannot be an event of the platform."""


def read_event(body: bytes) -> Event:
    """Fields of an event; an element that repeats becomes a list. Raises BadEvent."""
    if len(body) > MOST_BYTES:
        raise BadEvent("size")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as problem:
        # An XML reader would find other encodings by itself.
        raise BadEvent("encoding") from problem
    return _json(text) if text.lstrip()[:1] == "{" else _Xml().read(body)


def field(event: Event, *names: str) -> str:
    """A text in it, without the line breaks that the platform puts around some; empty when it is not there."""
    found: Any = event
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return "".join(str(found).split()) if isinstance(found, str | int) else ""


def _json(body: str) -> Event:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise BadEvent("json") from problem
    if not isinstance(value, dict):
        raise BadEvent("json")
    return value


class _Xml:
    """Builds nested fields; stops at the first thing that an event does not have."""

    def __init__(self) -> None:
        self._stack: list[tuple[str, dict[str, Any], list[str]]] = [("", {}, [])]
        self._count = 0

    def read(self, body: bytes) -> Event:
        parser = expat.ParserCreate("utf-8")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        # No document type, so no entities and nothing from outside.
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse
        parser.ProcessingInstructionHandler = self._refuse
        try:
            parser.Parse(body, True)  # noqa: FBT003 - expat's own signature
        except (expat.ExpatError, ValueError) as problem:
            raise BadEvent("xml") from problem
        root = self._stack[0][1]
        found = root.get("xml")
        if not isinstance(found, dict):
            raise BadEvent("xml")
        return found

    def _start(self, name: str, _: object) -> None:
        self._count += 1
        if self._count > _MOST_ELEMENTS or len(self._stack) > _DEEPEST:
            raise BadEvent("xml")
        self._stack.append((name, {}, []))

    def _end(self, _: str) -> None:
        name, children, text = self._stack.pop()
        value: Any = children or "".join(text).strip()
        holder = self._stack[-1][1]
        if name not in holder:
            holder[name] = value
        elif isinstance(holder[name], list):
            holder[name].append(value)
        else:
            holder[name] = [holder[name], value]

    def _text(self, text: str) -> None:
        self._stack[-1][2].append(text)

    def _refuse(self, *_: object) -> int:
        raise BadEvent("xml")
