"""Displays: from what changed at a target to the files or manifests that show it."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from cms.contract.pieces import Piece, Slot, Target
from cms.contract.services import Services


@dataclass(frozen=True, slots=True)
class Removed:
    """A document that left a target, with every release of it that was ever there."""

    document: str
    releases: tuple[str, ...]
    column: str
    published_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Delta:
    """What changed at a target since its last render; `full` asks for everything (first time, roll-over, repair)."""

    target: Target
    changed: tuple[Piece, ...] = ()
    removed: tuple[Removed, ...] = ()
    full: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """One file of the public tree. `releases` are the signed pieces it shows: a recall of any of them hides it."""

    path: str
    media_type: str
    data: bytes
    releases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Files:
    """The files that change, in the order in which they may become visible (assets, article, lists, home).

    `rolls`: they hold a timeline of the next days, so that the target must be rendered anew each day.
    """

    write: tuple[File, ...]
    remove: tuple[str, ...] = ()
    rolls: bool = False


@dataclass(frozen=True, slots=True)
class ManifestDraft:
    """The unsigned line-up of one audience, for the guard to sign; `receivers` are the ids that get it."""

    audience: str
    receivers: tuple[str, ...]
    slots: tuple[Slot, ...]
    bundles: Mapping[str, tuple[str, int]]  # release hash -> (sha256 of the bundle file, size in bytes)


@dataclass(frozen=True, slots=True)
class Manifests:
    """The manifests that change; a receiver in none of them keeps what it has."""

    drafts: tuple[ManifestDraft, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof of what happened at a target; `places` are where it can be seen (paths, post ids, audience codes).

    ``manual`` is a task for a person; its `detail` tells it: ``task`` (a message key of the channel), ``pack`` (the
    sha256 of a file to take along), ``link`` (where to do it), ``ask`` (``url``, ``proof`` or ``none``: what the person
    confirms with; a proof is a picture of the screen).
    """

    state: Literal["live", "gone", "manual"]
    at: dt.datetime
    places: tuple[str, ...] = ()
    url: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@runtime_checkable
class Display(Protocol):
    """Shows what is live. `render` must be a function of the delta and the services: a retry gives the same bytes."""

    async def render(self, delta: Delta, services: Services, now: dt.datetime) -> Files | Manifests: ...
