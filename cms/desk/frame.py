"""The frame of the desk: sections that other packages bring, and the one way a page becomes HTML."""

import datetime as dt
import json
import zoneinfo
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import (
    BytecodeCache,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    select_autoescape,
)
from jinja2.bccache import Bucket
from markupsafe import Markup

from cms.content.blocks import SCHEMA, Block
from cms.content.footnotes import numbered
from cms.content.zones import outline as zone_outline
from cms.contract import Form, Piece, Preview, Route
from cms.contract.lists import outline
from cms.contract.tables import cells
from cms.desk.static_files import StaticTree
from cms.desk.tones import tone_of
from cms.kernel.errors import DomainError
from cms.kernel.messages import LANGUAGES, Catalogue

_TEMPLATES = Path(__file__).parent / "templates"
_EDITOR_TEXTS = "desk.editor."
_UPLOAD_TEXTS = "desk.upload."
_CUE_TEXTS = "desk.subtitles.js."
_CUT_TEXTS = "desk.cut.js."
# Markup.format escapes what is put in.
_MOST_ICONS = 1_000
_PLAIN_ICON = Markup('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>')
_NAMED_ICON = Markup('<svg class="icon" role="img" aria-label="{}"><use href="{}#{}"></use></svg>')


class _Compiled(BytecodeCache):
    """Templates compiled in this process, by their source: the environments of all languages share them."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if (known := self._known.get(bucket.key + bucket.checksum)) is not None:
            bucket.bytecode_from_string(known)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


_COMPILED = _Compiled()

Drawing = Callable[[Piece, Form, Mapping[str, str]], Preview]
"""A draft in one form; the mapping has the pictures as data addresses, by the sha256 of their files."""


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the desk with its own entry in the navigation.

    `action` is the permission a person needs to see the entry; each route asks for its own again. `templates` is the
    folder of the section's templates, reachable as ``{key}/name.html``; None for sections of the core. `previews` draw
    drafts for channels that have none of their own, by the channel's kind. `progress` is where a part of a page shows
    how far a delivery got, by the channel's kind, with ``{delivery}`` for its id. One without a `title` has no entry.
    """

    key: str
    title: str
    icon: str
    order: int
    path: str
    action: str
    group: str = "desk.nav.group.work"
    routes: tuple[Route, ...] = ()
    templates: Path | None = None
    previews: Mapping[str, Drawing] = field(default_factory=dict)
    progress: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NavItem:
    """An entry of the navigation as the sidebar shows it."""

    title: str
    icon: str
    path: str
    group: str
    is_current: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class Shell:
    """What every page of a signed-in person shows around its content."""

    person: str
    role: str
    unit: str
    csrf: str
    nav: tuple[NavItem, ...]
    search: str = ""
    banners: tuple[Mapping[str, str], ...] = ()


class Sections:
    """The sections of this installation, in the order of the navigation."""

    def __init__(self, sections: Iterable[Section]) -> None:
        """Raises ValueError when two sections share a key."""
        ordered = sorted(sections, key=lambda section: (section.order, section.key))
        keys = [section.key for section in ordered]
        if len(keys) != len(set(keys)):
            raise ValueError(f"two desk sections share a key: {keys}")
        self._sections = tuple(ordered)

    def __iter__(self) -> Iterator[Section]:
        return iter(self._sections)

    def nav(
        self,
        *,
        current: str,
        allowed: Callable[[str], bool],
        counts: Mapping[str, int] | None = None,
    ) -> tuple[NavItem, ...]:
        """The entries a person may see; `allowed` answers for an action, `counts` are things waiting by section key."""
        return tuple(
            NavItem(
                section.title,
                section.icon,
                section.path,
                section.group,
                section.key == current,
                (counts or {}).get(section.key, 0),
            )
            for section in self._sections
            if section.title and allowed(section.action)
        )

    def routes(self) -> list[Route]:
        return [route for section in self._sections for route in section.routes]

    def drawing(self, kind: str) -> Drawing | None:
        """How a section previews drafts of a channel kind, if one does."""
        return next((section.previews[kind] for section in self._sections if kind in section.previews), None)

    def progress(self, kind: str, delivery: str) -> str:
        """The address of what shows how far a delivery of a channel kind got; empty where nothing does."""
        found = (section.progress[kind] for section in self._sections if kind in section.progress)
        return next(found, "").replace("{delivery}", delivery)

    def template_folders(self) -> dict[str, Path]:
        return {section.key: section.templates for section in self._sections if section.templates}


class Desk:
    """Renders desk pages: one template environment a language over the same templates and texts."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        static: StaticTree,
        sections: Sections,
        zone: zoneinfo.ZoneInfo,
    ) -> None:
        self.static = static
        self.sections = sections
        self._catalogue = catalogue
        self._zone = zone
        self._icons: dict[tuple[str, str], Markup] = {}
        self._environments = {language: self._environment(language) for language in LANGUAGES}

    def render(self, template: str, context: Mapping[str, object], *, language: str = "zh-CN") -> str:
        """The HTML of a template. Raises UndefinedError for a name the caller forgot, KeyError for an unknown text."""
        return self._environments[language].get_template(template).render(context)

    def refusal(self, error: DomainError, *, language: str = "zh-CN") -> Mapping[str, str]:
        """A refusal as the components show it: code, sentence, next step."""
        sentence = self._catalogue.error(language, error.code, error.params)
        return {"code": error.code, "text": sentence.text, "next": sentence.next}

    def _environment(self, language: str) -> Environment:
        folders = {key: FileSystemLoader(path) for key, path in self.sections.template_folders().items()}
        environment = Environment(
            loader=ChoiceLoader([FileSystemLoader(_TEMPLATES), PrefixLoader(folders)]),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            bytecode_cache=_COMPILED,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        environment.globals |= self._globals(language)
        environment.filters |= {"instant": self._instant, "iso": _iso, "compact_json": _compact_json}
        environment.filters |= {"numbered": _numbered, "outline": outline, "cells": cells}
        environment.filters["zone_outline"] = _zone_outline
        return environment

    def _globals(self, language: str) -> dict[str, Any]:
        texts = self._catalogue.table(language, _EDITOR_TEXTS)
        uploads = self._catalogue.table(language, _UPLOAD_TEXTS)
        cues = self._catalogue.table(language, _CUE_TEXTS)
        cuts = self._catalogue.table(language, _CUT_TEXTS)
        return {
            "language": language,
            "t": lambda key, **params: self._catalogue.text(language, key, **params),
            "icon": self._icon,
            "static": self.static.url,
            "tone": tone_of,
            "editor_labels": {key.removeprefix(_EDITOR_TEXTS): text for key, text in texts.items()},
            "upload_texts": {key.removeprefix(_UPLOAD_TEXTS): text for key, text in uploads.items()},
            "cue_texts": {key.removeprefix(_CUE_TEXTS): text for key, text in cues.items()},
            "cut_texts": {key.removeprefix(_CUT_TEXTS): text for key, text in cuts.items()},
        }

    def _icon(self, name: str, label: str = "") -> Markup:
        """An icon of the sprite; without a label it is decoration and hidden from screen readers."""
        found = self._icons.get((name, label))
        if found is None:
            sprite = self.static.url("icons.svg")
            found = _NAMED_ICON.format(label, sprite, name) if label else _PLAIN_ICON.format(sprite, name)
            # A page has a hundred of a few; labels that name what an office has come in any number.
            if len(self._icons) < _MOST_ICONS:
                self._icons[name, label] = found
        return found

    def _instant(self, at: dt.datetime) -> str:
        """A UTC instant as the wall clock of the district shows it."""
        return at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M")


def _iso(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds")


def _numbered(blocks: list[Block]) -> list[Block]:
    """Blocks of a draft as a reader sees them, with their footnotes."""
    return list(numbered({"schema": SCHEMA, "blocks": blocks})["blocks"])


def _zone_outline(points: list[list[int]]) -> str:
    """A zone's corners as SVG has them."""
    return " ".join(f"{x},{y}" for x, y in zone_outline([(x, y) for x, y in points]))


def _compact_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
