"""What an editor writes, as one frozen value: the form of working copies, of saves, and of what is hashed."""

import datetime as dt
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cms.content.blocks import Body, clean_text, empty_body, read_body
from cms.content.models import Revision
from cms.kernel.clock import from_ms, to_ms
from cms.kernel.errors import Invalid
from cms.kernel.text import one_line, pinyin_key
from cms.trust.canonical import encode
from cms.trust.signed import digest
from media.marks import MarksWrong, read_marks

DEFAULT_OFFLINE: Final = dt.timedelta(days=7)
_FIELDS: Final = frozenset(
    [
        "title",
        "subtitle",
        "summary",
        "byline",
        "language",
        "column",
        "cover",
        "cover_alt",
        "narration",
        "body",
        "channels",
        "envelope",
        "overrides",
    ]
)
_CODE: Final = re.compile(r"[a-z0-9_-]{1,40}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,4}")
_UNIT: Final = re.compile(r"/([a-z0-9_-]{1,40}/){1,10}")
# What a channel may say in its own words.
OVERRIDABLE: Final = ("title", "summary", "cover", "body", "cuts")
# More than the channels of any house; each may bring a text of its own.
_CHANNELS: Final = 16
LIMITS: Final = {
    "cuts": 400,
    "title": 200,
    "subtitle": 200,
    "summary": 1000,
    "cover_alt": 200,
    "byline": 100,
    "units": 100,
}
# Beyond, the integer milliseconds of a calendar typo would no longer be a date.
_LATEST: Final = to_ms(dt.datetime(2200, 1, 1, tzinfo=dt.UTC))


@dataclass(frozen=True, slots=True)
class BylineDraft:
    """The duties 来源, 记者/作者, 责编, 主办 and the date; empty until filled."""

    source: str = ""
    reporter: str = ""
    editor: str = ""
    sponsor: str = ""
    date: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class EnvelopeDraft:
    """What the piece asks to be used for.

    `units` are paths, none meaning its own unit; `offline` is how long a screen may show it without hearing from us,
    None meaning evergreen.
    """

    units: tuple[str, ...] = ()
    not_before: dt.datetime | None = None
    not_after: dt.datetime | None = None
    offline: dt.timedelta | None = DEFAULT_OFFLINE


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything about a piece that is written by people; may be incomplete. `narration` is a recording of it."""

    title: str = ""
    subtitle: str = ""
    summary: str = ""
    byline: BylineDraft = BylineDraft()
    language: str = "zh-CN"
    column: str | None = None
    cover: uuid.UUID | None = None
    cover_alt: str = ""
    narration: uuid.UUID | None = None
    body: Body = field(default_factory=empty_body)
    channels: tuple[str, ...] = ()
    envelope: EnvelopeDraft = EnvelopeDraft()
    overrides: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def pinyin(self) -> str:
        return pinyin_key(self.title)[:200]


def read_draft(value: Mapping[str, Any]) -> Draft:
    """A draft from the JSON of `draft_json`, a form or an API call; missing fields are empty, unknown ones refused.

    Raises Invalid `content.draft` naming the fields, and as `read_body`.
    """
    wrong: dict[str, str] = dict.fromkeys(map(str, value.keys() - _FIELDS), "content.field_unknown")
    read = _Reader(wrong)
    byline, envelope = read.mapping(value, "byline"), read.mapping(value, "envelope")
    offline = read.ms(envelope, "offline", absent=DEFAULT_OFFLINE // dt.timedelta(milliseconds=1))
    draft = Draft(
        title=read.line(value, "title", LIMITS["title"]),
        subtitle=read.line(value, "subtitle", LIMITS["subtitle"]),
        summary=read.text(value, "summary", LIMITS["summary"]),
        byline=BylineDraft(
            **{name: read.line(byline, name, LIMITS["byline"]) for name in ("source", "reporter", "editor", "sponsor")},
            date=_instant(read.ms(byline, "date")),
        ),
        language=read.matching(value, "language", _LANGUAGE) or "zh-CN",
        column=read.matching(value, "column", _CODE),
        cover=read.asset(value, "cover"),
        cover_alt=read.line(value, "cover_alt", LIMITS["cover_alt"]),
        narration=read.asset(value, "narration"),
        body=read_body(value["body"]) if value.get("body") is not None else empty_body(),
        channels=read.matching_all(value, "channels", _CODE),
        envelope=EnvelopeDraft(
            units=read.matching_all(envelope, "units", _UNIT),
            not_before=_instant(read.ms(envelope, "not_before")),
            not_after=_instant(read.ms(envelope, "not_after")),
            offline=None if offline is None else dt.timedelta(milliseconds=offline),
        ),
        overrides=read.overrides(value),
    )
    if wrong:
        raise Invalid("content.draft", fields=wrong)
    return draft


def draft_json(draft: Draft) -> dict[str, Any]:
    """The draft as JSON with a canonical text: times in ms."""
    envelope = draft.envelope
    return {
        "title": draft.title,
        "subtitle": draft.subtitle,
        "summary": draft.summary,
        "byline": byline_json(draft.byline),
        "language": draft.language,
        "column": draft.column,
        "cover": None if draft.cover is None else str(draft.cover),
        "cover_alt": draft.cover_alt,
        "narration": None if draft.narration is None else str(draft.narration),
        "body": draft.body,
        "channels": list(draft.channels),
        "envelope": {
            "units": list(envelope.units),
            "not_before": _ms(envelope.not_before),
            "not_after": _ms(envelope.not_after),
            "offline": None if envelope.offline is None else envelope.offline // dt.timedelta(milliseconds=1),
        },
        "overrides": {channel: dict(texts) for channel, texts in draft.overrides.items()},
    }


def byline_json(byline: BylineDraft) -> dict[str, Any]:
    return {
        "source": byline.source,
        "reporter": byline.reporter,
        "editor": byline.editor,
        "sponsor": byline.sponsor,
        "date": _ms(byline.date),
    }


def draft_of(revision: Revision) -> Draft:
    """What was written in a revision, its body in today's schema."""
    return read_draft(
        {
            "title": revision.title,
            "subtitle": revision.subtitle,
            "summary": revision.summary,
            "byline": revision.byline,
            "language": revision.language,
            "column": revision.column_code,
            "cover": None if revision.cover_id is None else str(revision.cover_id),
            "cover_alt": revision.cover_alt,
            "narration": None if revision.narration_id is None else str(revision.narration_id),
            "body": revision.body,
            "channels": revision.channels,
            "envelope": revision.envelope,
            "overrides": revision.overrides,
        }
    )


def revision_hash(draft: Draft, *, document: str, authors: tuple[str, ...]) -> str:
    """The sha256 of a revision: over the canonical text of what was written, of which document, by whom."""
    written = draft_json(draft)
    if draft.narration is None:
        del written["narration"]  # the hash of what was written before pieces had recordings stays what it was
    return digest("revision", encode({"document": document, "authors": list(authors), "draft": written}))


def read_title(value: str) -> str:
    """A title as one line. Raises Invalid `content.draft` as `read_draft`: nothing is cut off unseen."""
    wrong: dict[str, str] = {}
    title = _Reader(wrong).line({"title": value}, "title", LIMITS["title"])
    if wrong:
        raise Invalid("content.draft", fields=wrong)
    return title


class _Reader:
    """Reads fields and notes what is wrong with which."""

    def __init__(self, wrong: dict[str, str]) -> None:
        self._wrong = wrong

    def line(self, value: Mapping[str, Any], name: str, most: int) -> str:
        return one_line(self.text(value, name, most))

    def text(self, value: Mapping[str, Any], name: str, most: int) -> str:
        found = value.get(name) or ""
        if not isinstance(found, str) or not _is_utf8(found):
            self._wrong[name] = "content.field_form"
            return ""
        found = clean_text(found).strip()
        if len(found) > most:
            self._wrong[name] = "content.field_long"
        return found

    def mapping(self, value: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        found = value.get(name) or {}
        if isinstance(found, Mapping):
            return found
        self._wrong[name] = "content.field_form"
        return {}

    def ms(self, value: Mapping[str, Any], name: str, *, absent: int | None = None) -> int | None:
        found = value.get(name, absent)
        if found is None or (type(found) is int and 0 <= found <= _LATEST):
            return found
        self._wrong[name] = "content.field_form"
        return None

    def matching(self, value: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str | None:
        found = value.get(name) or None
        if found is None or (isinstance(found, str) and form.fullmatch(found)):
            return found
        self._wrong[name] = "content.field_form"
        return None

    def matching_all(self, value: Mapping[str, Any], name: str, form: re.Pattern[str]) -> tuple[str, ...]:
        found = value.get(name) or []
        if (
            isinstance(found, list | tuple)
            and len(found) <= LIMITS["units"]
            and all(isinstance(one, str) and form.fullmatch(one) for one in found)
        ):
            return tuple(sorted(set(found)))
        self._wrong[name] = "content.field_form"
        return ()

    def asset(self, value: Mapping[str, Any], name: str) -> uuid.UUID | None:
        found = value.get(name) or None
        try:
            return None if found is None else uuid.UUID(found)
        except (ValueError, AttributeError, TypeError):
            self._wrong[name] = "content.field_form"
            return None

    def overrides(self, value: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        read: dict[str, dict[str, Any]] = {}
        found = self.mapping(value, "overrides")
        if len(found) > _CHANNELS:
            self._wrong["overrides"] = "content.field_long"
            return {}
        for channel, said in found.items():
            if not _CODE.fullmatch(str(channel)) or not isinstance(said, Mapping) or said.keys() - set(OVERRIDABLE):
                self._wrong["overrides"] = "content.field_form"
                continue
            if own := self._own(said):
                read[str(channel)] = own
        return read

    def _own(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """What one channel says otherwise; what is empty is the master's."""
        body = read_body(said["body"]) if said.get("body") is not None else empty_body()
        cover = self.asset(said, "cover")
        own: dict[str, Any] = {
            "title": self.line(said, "title", LIMITS["title"]),
            "summary": self.text(said, "summary", LIMITS["summary"]),
            "cover": None if cover is None else str(cover),
            "body": body if body["blocks"] else None,
        }
        if cuts := self._cuts(said):
            own["cuts"] = cuts
        return {name: given for name, given in own.items() if given}

    def _cuts(self, said: Mapping[str, Any]) -> str:
        """Which stretches of its first video a channel shows alone, one a line."""
        text = self.text(said, "cuts", LIMITS["cuts"])
        try:
            read_marks(text)
        except MarksWrong:
            self._wrong["overrides"] = "content.cuts_form"
        return text


def _is_utf8(value: str) -> bool:
    return not any("\ud800" <= ch <= "\udfff" for ch in value)


def _instant(ms: int | None) -> dt.datetime | None:
    return None if ms is None else from_ms(ms)


def _ms(at: dt.datetime | None) -> int | None:
    return None if at is None else to_ms(at)
