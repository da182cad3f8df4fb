"""The part of ``docs/glossary.md`` that is made from code: every state and role a person meets, with its words."""

from collections.abc import Callable, Iterator, Mapping
from enum import Enum, StrEnum
from typing import Final

from cms.content.importing.feeds import FeedState
from cms.content.importing.pool import PoolState
from cms.content.importing.sheet_runs import SheetState
from cms.content.kinds import Kind
from cms.content.states import EditionState, Verb
from cms.datafeeds.states import DataState
from cms.kernel.messages import Catalogue, catalogue
from cms.library.rights import Rights
from cms.library.states import RemakeState, UploadState, VideoState
from cms.live.recordings import RecordingState
from cms.live.rules import SourceKind
from cms.newspaper.states import DrawState
from cms.outlets.rules import OutletKind
from cms.people.roles import Role
from cms.publishing.calendar import EntryState
from cms.publishing.states import DeliveryState, PublicationKind
from cms.webhooks.events import EventFamily
from cms.webhooks.states import CallState

BEGIN: Final = "<!-- states: made by `python -m deploy.settings_page` -->\n"
END: Final = "<!-- end of states -->\n"
_HEAD: Final = "| identifier | stored as | 界面 | label |\n| --- | --- | --- | --- |\n"


def _by_name(member: Enum) -> str:
    return f"enum.{type(member).__name__}.{member.name}"


def _chip(member: Enum) -> str:
    return f"desk.state.{member.value}"


def _publication(member: Enum) -> str:
    return f"publishing.kind.{member.value}"


# Every enum whose members the desk shows, and the key of the words it shows for one.
LABELS: Final[Mapping[type[StrEnum], Callable[[Enum], str]]] = {
    Kind: _by_name,
    Role: _by_name,
    EditionState: _chip,
    Verb: _by_name,
    PublicationKind: _publication,
    DeliveryState: _chip,
    EntryState: _chip,
    VideoState: _chip,
    RemakeState: _by_name,
    UploadState: _by_name,
    DrawState: _by_name,
    Rights: _by_name,
    FeedState: _by_name,
    DataState: _by_name,
    PoolState: _by_name,
    SheetState: _by_name,
    EventFamily: _by_name,
    CallState: _chip,
    OutletKind: _by_name,
    SourceKind: _by_name,
    RecordingState: _by_name,
}


def labels(language: str, texts: Catalogue | None = None) -> Iterator[tuple[type[StrEnum], StrEnum, str]]:
    """Each member with its label. Raises KeyError for a member without one."""
    said = texts or catalogue()
    for kind, key in LABELS.items():
        for member in kind:
            yield kind, member, said.text(language, key(member))


def states() -> str:
    """The tables of the glossary, one an enum."""
    english = {member: label for _, member, label in labels("en")}
    parts: list[str] = []
    before = None
    for kind, member, label in labels("zh-CN"):
        if kind is not before:
            about = (kind.__doc__ or "").strip().partition(".")[0]
            parts.append(f"\n### {kind.__name__}\n\n{about}.\n\n{_HEAD}")
            before = kind
        parts.append(f"| `{member.name}` | `{member.value}` | {label} | {english[member]} |\n")
    return "".join(parts)


def with_states(page: str) -> str:
    """The page with its made part made anew. Raises ValueError when the marks are missing."""
    head, mark, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not mark or not end:
        raise ValueError("the glossary has lost its marks")
    return f"{head}{BEGIN}{states()}\n{END}{tail}"
