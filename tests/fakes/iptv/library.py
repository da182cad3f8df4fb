"""What an operator has: objects and mappings, changed by whole orders or not at all."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

KINDS: Final = frozenset({"Program", "Movie", "Picture", "Series", "Category", "Package"})
_WINDOW: Final = re.compile(r"\d{14}")
_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "Program": ("Name", "LicensingWindowStart", "LicensingWindowEnd"),
    "Series": ("Name",),
    "Movie": ("FileURL", "Type", "SystemLayer"),
    "Picture": ("FileURL",),
}
ID_LONGEST: Final = 32
ADDRESS_LONGEST: Final = 1024


class Rejected(Exception):
    """An object or a mapping of an order is not taken; the whole order is not."""

    def __init__(self, kind: str, name: str, why: str) -> None:
        super().__init__(kind, name, why)
        self.kind = kind
        self.name = name
        self.why = why


@dataclass
class Thing:
    """One object as the operator keeps it; `data` is the beginning of its file."""

    kind: str
    id: str
    properties: dict[str, str]
    data: bytes = b""
    updates: int = 0


@dataclass
class Step:
    """One line of an order: what, to which object or mapping."""

    action: str
    kind: str
    id: str
    properties: dict[str, str]
    parent: str = ""
    parent_kind: str = ""


@dataclass
class Library:
    """`strict`: REGIST of what is there is refused; otherwise it overwrites."""

    categories: set[str]
    strict: bool = True
    things: dict[str, Thing] = field(default_factory=dict)
    mappings: dict[tuple[str, str], Step] = field(default_factory=dict)

    def run(self, steps: list[Step], files: Mapping[str, bytes]) -> None:
        """Carries out all steps or none. Raises Rejected."""
        things = {name: Thing(t.kind, t.id, dict(t.properties), t.data, t.updates) for name, t in self.things.items()}
        mappings = dict(self.mappings)
        for step in steps:
            if step.parent:
                _map(mappings, step, strict=self.strict)
            else:
                _keep(things, step, files, strict=self.strict)
        self._check(things, mappings)
        self.things, self.mappings = things, mappings

    def programmes(self) -> list[Thing]:
        """What a viewer finds and can play: a programme with at least one film."""
        return [
            thing
            for thing in self.things.values()
            if thing.kind == "Program" and any(thing.id == parent for parent, _ in self.mappings)
        ]

    def _check(self, things: Mapping[str, Thing], mappings: dict[tuple[str, str], Step]) -> None:
        for (parent, name), step in list(mappings.items()):
            known = parent in self.categories if step.parent_kind == "Category" else parent in things
            if known and name in things:
                continue
            if step.action == "DELETE" or parent in self.things or name in self.things:
                # What hung on something that went goes with it.
                del mappings[parent, name]
            else:
                raise Rejected(step.kind, name, f"mapping to unknown {parent}")


def read_order(data: bytes) -> list[Step]:
    """Raises Rejected for a document that is none."""
    try:
        root = ET.fromstring(data)
    except ET.ParseError as wrong:
        raise Rejected("ADI", "", str(wrong)) from wrong
    if _local(root.tag) != "ADI":
        raise Rejected("ADI", "", "no ADI")
    found = []
    for node in root.iter():
        if _local(node.tag) in {"Object", "Mapping"}:
            given = {one.get("Name", ""): one.text or "" for one in node if _local(one.tag) == "Property"}
            if _local(node.tag) == "Object":
                found.append(Step(node.get("Action", ""), node.get("ElementType", ""), node.get("ID", ""), given))
            else:
                step = Step(node.get("Action", ""), node.get("ElementType", ""), node.get("ElementID", ""), given)
                step.parent, step.parent_kind = node.get("ParentID", ""), node.get("ParentType", "")
                found.append(step)
    if not found:
        raise Rejected("ADI", "", "an empty order")
    return found


def _keep(things: dict[str, Thing], step: Step, files: Mapping[str, bytes], *, strict: bool) -> None:
    there = things.get(step.id)
    if step.kind not in KINDS or not 0 < len(step.id) <= ID_LONGEST:
        raise Rejected(step.kind, step.id, "bad id or type")
    if step.action == "DELETE":
        if there is None:
            raise Rejected(step.kind, step.id, "not found")
        del things[step.id]
        return
    if step.action not in {"REGIST", "UPDATE"}:
        raise Rejected(step.kind, step.id, f"unknown action {step.action}")
    if step.action == "REGIST" and there is not None and strict:
        raise Rejected(step.kind, step.id, "already exists")
    if step.action == "UPDATE" and there is None:
        raise Rejected(step.kind, step.id, "not found")
    _complete(step)
    updates = 0 if there is None else there.updates + 1
    things[step.id] = Thing(step.kind, step.id, step.properties, files.get(step.id, b""), updates)


def _complete(step: Step) -> None:
    missing = [name for name in _NEEDS.get(step.kind, ()) if not step.properties.get(name)]
    if missing:
        raise Rejected(step.kind, step.id, f"{missing[0]} is missing")
    if len(step.properties.get("FileURL", "")) > ADDRESS_LONGEST:
        raise Rejected(step.kind, step.id, "FileURL too long")
    for name in ("LicensingWindowStart", "LicensingWindowEnd"):
        if name in step.properties and not _WINDOW.fullmatch(step.properties[name]):
            raise Rejected(step.kind, step.id, f"bad {name}")


def _map(mappings: dict[tuple[str, str], Step], step: Step, *, strict: bool) -> None:
    key = (step.parent, step.id)
    if step.action == "DELETE":
        if key not in mappings and strict:
            raise Rejected(step.kind, step.id, "no such mapping")
        mappings.pop(key, None)
    else:
        mappings[key] = step


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
