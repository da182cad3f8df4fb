"""Everything the core needs of a channel."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cms.contract.accounts import Comments, Consent, Rate, Stands, Trial, Upkeep
from cms.contract.air import OnAir
from cms.contract.display import Display
from cms.contract.pieces import Piece
from cms.contract.posts import Post
from cms.contract.requests import Admit, Callback, Lost, Serve
from cms.contract.services import Site


@dataclass(frozen=True, slots=True)
class Route:
    """A request route of a channel. `permission` is an action's name, or "public" to say that anyone may."""

    method: str
    path: str
    handler: Callable[..., Awaitable[Any]]
    permission: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What the desk shows of an unsaved draft in one form: a document with its own size, in a sandboxed frame."""

    media_type: str
    data: bytes
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Form:
    """One way a channel shows a piece, for previews: «street screen 1080×1920», «phone»."""

    key: str
    title: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Channel:
    """Everything the core needs of a channel."""

    kind: str
    display: Display | None = None
    post: Post | None = None
    routes: tuple[Route, ...] = ()
    forms: tuple[Form, ...] = ()
    form: Callable[[Piece, Site], bytes] | None = None
    """The piece as this channel will show it, rendered at submit; its hash is part of the release. Pure."""
    preview: Callable[[Piece, Form, Site], Preview] | None = None
    preview_at: Callable[[Piece, Form, Site, Mapping[str, Any]], Preview] | None = None
    """The same as it will look at an account with these `Target.settings`; the desk prefers it once there is one."""
    settings: type[Any] | None = None
    """A pydantic model of `Target.settings`: its fields, with titles and descriptions, are the form on the desk."""
    secrets: tuple[str, ...] = ()
    """Names of what an operator puts into the vault of an account."""
    asset_renditions: frozenset[str] = frozenset()
    """The renditions of pictures this channel draws; they must exist before a piece can be submitted."""
    video_renditions: frozenset[str] = frozenset()
    """The same of videos (`media.house` names them)."""
    page_renditions: frozenset[str] = frozenset()
    """The same of a newspaper's pages (`media.newspaper` names them); none: it shows the cover and the titles."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Characters of a field (`title`, `summary`, `body`) before it cuts or refuses; shown while people write."""
    rates: tuple[Rate, ...] = ()
    """What the platform takes of each call; the core holds an account to it, beside what the channel itself asks of
    `Budget` before it notes an intent."""
    cuts: bool = False
    """It may show stretches of a piece's first video alone, as an override ``cuts`` of the channel names them."""
    serve: Serve | None = None
    lost: Lost | None = None
    remote: str = ""
    """Where the pages for a remote control begin, with ``{code}`` for the target; the desk shows them beside one."""
    entry: Admit | None = None
    """What the desk opens those pages with (``?token=``) for a person, where some of the targets ask for an entry."""
    callback: Callback | None = None
    upkeep: Upkeep | None = None
    consent: Consent | None = None
    standing: Stands | None = None
    trial: Trial | None = None
    comments: Comments | None = None
    hosts: tuple[str, ...] = ()
    """Where what it posts is seen: an address that somebody pastes for a post is there or below. None: anywhere."""
    on_air: OnAir | None = None
    """For a channel with one timeline: how its plan is read, for the page of its day and the wall of channels."""
    seconds: float = 30.0
    """How long one delivery may work at a time; a channel that encodes needs more."""
