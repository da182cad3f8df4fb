"""Reading XML that came from outside: small, no document type, no entities, names without their namespaces."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

MOST_BYTES: Final = 256 << 10
_MOST_NODES: Final = 5_000
_DEEPEST: Final = 16


class BadMarkup(Exception):
    """It is no document that anybody of the trade would send."""


@dataclass(slots=True)
class Node:
    """An element: its name and attributes without prefixes, the text in it, what stands below."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    below: list["Node"] = field(default_factory=list)

    def every(self, name: str) -> Iterator["Node"]:
        """All elements of a name, whatever their case, at any depth."""
        for node in self.below:
            if node.name.lower() == name.lower():
                yield node
            yield from node.every(name)

    def first(self, name: str) -> str | None:
        """The text of the first one; None where there is none."""
        return next((node.text.strip() for node in self.every(name)), None)


def read(data: bytes) -> Node:
    """The document's root below a nameless node. Raises BadMarkup."""
    if len(data) > MOST_BYTES:
        raise BadMarkup("size")
    return _Reader().read(data)


class _Reader:
    """Stops at the first thing that such a document does not have."""

    def __init__(self) -> None:
        self._stack = [Node("")]
        self._count = 0

    def read(self, data: bytes) -> Node:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        parser.ExternalEntityRefHandler = self._refuse
        parser.ProcessingInstructionHandler = self._refuse
        try:
            parser.Parse(data, True)  # noqa: FBT003 - expat's own signature
        except (expat.ExpatError, ValueError, LookupError) as problem:
            raise BadMarkup("xml") from problem
        return self._stack[0]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > _MOST_NODES or len(self._stack) > _DEEPEST:
            raise BadMarkup("size")
        node = Node(_local(name), {_local(key): value for key, value in attributes.items()})
        self._stack[-1].below.append(node)
        self._stack.append(node)

    def _end(self, _: str) -> None:
        self._stack.pop()

    def _text(self, text: str) -> None:
        self._stack[-1].text += text

    def _refuse(self, *_: object) -> int:
        raise BadMarkup("xml")


def _local(name: str) -> str:
    return name.rpartition(":")[2]
