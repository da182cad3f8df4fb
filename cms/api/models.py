"""The shapes of the API; times are ISO 8601 with an offset."""

import datetime as dt
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from cms.api.resources import Given, Sent

Text = Annotated[str, Field(max_length=2000)]


class Session(Given):
    """Who is signed in, and the token every changing request carries as ``X-CSRF-Token``."""

    name: str
    unit: str
    roles: list[str]
    token: str


class DocumentLine(Given):
    """A piece in a list."""

    id: str
    title: str
    kind: str
    state: str
    column: str
    unit: str
    author: str
    edition: int
    live_edition: int | None
    updated_at: dt.datetime
    scheduled_at: dt.datetime | None
    published_at: dt.datetime | None


class DocumentList(Given):
    """A page of pieces by last change; `next` is the `after` of the next one, null at the end.

    `at_least`: counting stopped at `total`, and there may be more; pages go on to the end.
    """

    documents: list[DocumentLine]
    total: int
    at_least: bool
    next: str | None


class DocumentNew(Sent):
    """A new piece; without a unit it is the writer's own."""

    kind: str
    title: Text = ""
    column: str = ""
    unit: str = ""


class Document(Given):
    """A piece with its draft: what is written, in the form of a working copy."""

    id: str
    edition: int
    state: str
    revision: str
    unit: str
    draft: dict[str, Any]
    version: int
    may: dict[str, bool]


class WorkingCopySent(Sent):
    """What was typed on top of revision `base`; `version` of the copy that was written last, 0 for the first."""

    base: str
    version: int = 0
    draft: dict[str, Any]


class WorkingCopyGiven(Given):
    """The copy as it is kept now."""

    base: str
    version: int


class Note(Sent):
    """A word to those who come next."""

    note: Text = ""


class Submitted(Given):
    """The release people sign."""

    release: str
    state: str


class Approving(Sent):
    """A signature: over which release, opened by which password, with remarks on single blocks."""

    release: str
    password: Annotated[str, Field(min_length=1, max_length=200)]
    opinion: Text = ""
    remarks: dict[str, Text] = Field(default_factory=dict, max_length=500)


class State(Given):
    """Where the edition stands after it."""

    state: str


class Publishing(Sent):
    """Where to, and when; without a time at once."""

    targets: list[str]
    at: AwareDatetime | None = None


class Recalling(Sent):
    """Why it is taken back, for ever; beyond the number one person may recall in an hour, with a second person."""

    reason: Text
    second: Annotated[str, Field(max_length=100)] = ""
    second_password: Annotated[str, Field(max_length=200)] = ""


class Delivery(Given):
    """What became of the piece at one target."""

    id: str
    target: str
    name: str
    channel: str
    kind: str
    state: str
    attempts: int
    finished_at: dt.datetime | None
    url: str | None
    error: str | None
    text: str | None
    next: str | None


class Deliveries(Given):
    """A line a target."""

    deliveries: list[Delivery]
