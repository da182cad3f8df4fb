"""What an operator is told of one piece: its elements, how they hang together, and what of it must be said now. Pure.

An element's id is the account's prefix and a hash of what it is *in its document*, also for the films: a film that two
pieces share is two elements, so taking one piece back never takes the other's away. Fingerprints are of what is said
and of the file's own hash, never of the address under which it is offered: that changes every time.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Self

from renderers.iptv.payload import Film, Payload
from renderers.iptv.profiles import Profile
from renderers.iptv.settings import ID_LONGEST, AccountSettings

CATEGORY: Final = "Category"
# Films and pictures stand before what needs them; taken away in the other order.
_ORDER: Final = ("Movie", "Picture", "Program", "Series")


class Act(StrEnum):
    """What is asked of the operator; the profile has its word for it."""

    REGIST = "regist"
    UPDATE = "update"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Element:
    """One object. `file` names the file it offers (a sha256), empty for those that are only words."""

    kind: str
    id: str
    properties: Mapping[str, str]
    file: str = ""

    @property
    def fingerprint(self) -> str:
        return _hash(json.dumps([self.kind, dict(self.properties), self.file], ensure_ascii=False, sort_keys=True))


@dataclass(frozen=True, slots=True, order=True)
class Link:
    """One mapping: a parent, what hangs below it, and what is said of that."""

    parent_kind: str
    parent: str
    kind: str
    id: str
    said: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        return self.parent, self.id


@dataclass(frozen=True, slots=True)
class Standing:
    """What the operator has of a piece, as far as it confirmed it: kinds and fingerprints by id, and the links."""

    elements: Mapping[str, tuple[str, str]]
    links: frozenset[Link] = frozenset()

    @property
    def is_empty(self) -> bool:
        return not self.elements and not self.links

    def as_json(self) -> dict[str, Any]:
        links = [[*link.key, link.parent_kind, link.kind, [list(one) for one in link.said]] for link in self.links]
        return {"elements": {name: list(one) for name, one in self.elements.items()}, "links": sorted(links)}

    @classmethod
    def from_json(cls, told: Mapping[str, Any] | None) -> Self:
        if not told:
            return cls({})
        links = (
            Link(parent_kind, parent, kind, name, tuple((str(key), str(value)) for key, value in said))
            for parent, name, parent_kind, kind, said in told["links"]
        )
        return cls({name: (kind, seen) for name, (kind, seen) in told["elements"].items()}, frozenset(links))


@dataclass(frozen=True, slots=True)
class Changes:
    """What an order says: elements and links with what is asked; nothing of either when the operator has it all."""

    elements: Sequence[tuple[Act, Element]]
    links: Sequence[tuple[Act, Link]]

    def __bool__(self) -> bool:
        return bool(self.elements or self.links)


def id_of(settings: AccountSettings, document: str, what: str) -> str:
    """At most 32 characters; `what` is the element's part in its document: ``program``, ``movie 0``."""
    return settings.prefix + _hash(f"{document}\n{what}")[: ID_LONGEST - len(settings.prefix)]


def wanted(payload: Payload, settings: AccountSettings, dialect: Profile) -> tuple[list[Element], list[Link]]:
    """Everything the operator is to have of a piece: one programme, or a series of them where it has several films."""
    making = _Making(payload, settings, dialect)
    return making.elements(), sorted(making.links())


def standing_of(elements: Iterable[Element], links: Iterable[Link]) -> Standing:
    return Standing({one.id: (one.kind, one.fingerprint) for one in elements}, frozenset(links))


def changes(elements: Sequence[Element], links: Sequence[Link], there: Standing) -> Changes:
    """REGIST for what was never confirmed, UPDATE for what differs, DELETE for what is no longer wanted."""
    said: list[tuple[Act, Element]] = []
    for element in sorted(elements, key=lambda one: _ORDER.index(one.kind)):
        before = there.elements.get(element.id)
        if before is None:
            said.append((Act.REGIST, element))
        elif before[1] != element.fingerprint:
            said.append((Act.UPDATE, element))
    kept = {one.id for one in elements}
    over = [Element(kind, name, {}) for name, (kind, _) in there.elements.items() if name not in kept]
    said += [(Act.DELETE, one) for one in sorted(over, key=lambda one: (-_ORDER.index(one.kind), one.id))]
    return Changes(said, _links(links, there))


def removal(there: Standing) -> Changes:
    """Everything of a piece taken away; a category is a link's parent only, so it stays whatever goes."""
    return changes((), (), there)


def _links(links: Sequence[Link], there: Standing) -> list[tuple[Act, Link]]:
    before = {link.key: link for link in there.links}
    said: list[tuple[Act, Link]] = []
    for link in links:
        old = before.pop(link.key, None)
        if old != link:
            said.append((Act.REGIST if old is None else Act.UPDATE, link))
    return said + [(Act.DELETE, link) for link in sorted(before.values())]


class _Making:
    def __init__(self, payload: Payload, settings: AccountSettings, dialect: Profile) -> None:
        self._payload = payload
        self._settings = settings
        self._dialect = dialect
        self._series = len(payload.films) > 1
        self._top = "series" if self._series else "program 0"

    def elements(self) -> list[Element]:
        found = [self._picture()] if self._payload.poster else []
        if self._series:
            found.append(self._element("Series", "series", self._whole(VolumnCount=str(len(self._payload.films)))))
        for number, film in enumerate(self._payload.films):
            found += [self._movie(number, film), self._program(number, film)]
        return found

    def links(self) -> list[Link]:
        payload, found = self._payload, []
        top_kind, top = ("Series" if self._series else "Program"), self._id(self._top)
        for number, _ in enumerate(payload.films):
            program = self._id(f"program {number}")
            found.append(Link("Program", program, "Movie", self._id(f"movie {number}")))
            if self._series:
                found.append(Link("Series", top, "Program", program, (("Sequence", str(number + 1)),)))
        if payload.poster:
            said = (("Type", self._dialect.value("PictureType", "poster")),)
            found.append(Link("Picture", self._id("picture"), top_kind, top, said))
        category = self._settings.columns.get(payload.column)
        if category:
            found.append(Link(CATEGORY, category, top_kind, top))
        return found

    def _id(self, what: str) -> str:
        return id_of(self._settings, self._payload.document, what)

    def _element(self, kind: str, what: str, given: Mapping[str, str], file: str = "") -> Element:
        return Element(kind, self._id(what), self._dialect.properties(kind, given), file)

    def _whole(self, **more: str) -> dict[str, str]:
        payload = self._payload
        return {
            "Name": payload.title,
            "SearchName": payload.search,
            "Genre": payload.column_name,
            "Keywords": payload.column_name,
            "ContentProvider": payload.sponsor,
            "LicensingWindowStart": payload.start,
            "LicensingWindowEnd": payload.end,
            "Description": payload.description,
            **more,
        }

    def _program(self, number: int, film: Film) -> Element:
        own = {"Name": film.title} if self._series and film.title else {}
        if self._series and not film.title:
            own = {"Name": f"{self._payload.title}（{number + 1}）"}
        told = self._whole(SeriesFlag="1" if self._series else "0", Duration=self._dialect.length(film.milliseconds))
        return self._element("Program", f"program {number}", {**told, **own})

    def _movie(self, number: int, film: Film) -> Element:
        told = {
            "Duration": self._dialect.length(film.milliseconds),
            "FileSize": str(film.size),
            "Resolution": self._dialect.value("Resolution", film.rung),
        }
        return self._element("Movie", f"movie {number}", told, film.sha256)

    def _picture(self) -> Element:
        return self._element("Picture", "picture", {"Description": self._payload.title}, self._payload.poster)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
