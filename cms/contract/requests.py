"""What a channel answers at request time: readers, set-top boxes and platforms that call back."""

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cms.contract.pieces import Target
from cms.contract.services import Assets, Published, Services, Site


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for a channel. `path` is what follows the channel's own prefix; header names are lower case.

    `secret` is the installation's for this kind of channel, from which it may derive keys of its own; it never leaves
    the process. Empty where there is none.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    now: dt.datetime
    secret: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes [start, start + length) of the file `sha256` of the store, sent without passing through memory."""

    sha256: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: parts one after another.

    `releases` are the signed pieces it shows: a recall of any of them makes it 410, as does that of a file in a `Span`.
    `hint` (callbacks): the platform says that something changed, so that open deliveries are looked at now.
    `viewing` is the code of the target whose moving list this is: asking for it again and again is watching; `viewer`
    is what tells viewers apart, where the request carries something better than its address.
    """

    status: int
    media_type: str = "text/plain; charset=utf-8"
    parts: tuple[bytes | Span, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    releases: tuple[str, ...] = ()
    hint: bool = False
    viewing: str = ""
    viewer: str = ""


Serve = Callable[[Ask, Published, Assets, Site], Awaitable[Reply | None]]
"""Answers below ``/{kind}/`` what is not a published file; a function of its arguments only; None is a 404."""

Lost = Callable[[Ask, int, Published, Site], Awaitable[Reply | None]]
"""The channel's own page for an address that is not there (404) or was taken back (410); None: the common one."""

Admit = Callable[[Sequence[Target], bytes, str, dt.datetime], str]
"""What opens the pages of targets that ask where one comes from: signed with the secret of the channel's kind for one
person (a word), from an instant on; empty where none of them asks."""

Callback = Callable[[Ask, Target, Services], Awaitable[Reply]]
"""Answers the platform below ``/hooks/{kind}/{target code}/``; checks its signature itself."""
