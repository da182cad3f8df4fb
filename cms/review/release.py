"""Builds the release of an edition: what people sign, out of revision, envelope, pictures and forms. Pure."""

import datetime as dt
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from cms.content.blocks import asset_ids, with_assets
from cms.content.draft import Draft, byline_json
from cms.content.footnotes import numbered
from cms.content.overrides import override_assets
from cms.contract import Piece
from cms.kernel.clock import to_ms
from cms.library.models import AUDIO, PAGE, PICTURE, VIDEO
from cms.library.states import VideoState
from cms.trust.release import Envelope, Release, ReleaseAsset
from media.newspaper import THUMB
from media.sound import VOICE

_MS = dt.timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Press:
    """What of this installation goes into a release.

    `renditions`: the files of a picture each channel draws; a channel that is not in it does not exist here.
    `form`: a piece as a channel will show it, None for a channel without forms; pure.
    `videos`: the files of a video each channel plays; `pages`: those of a newspaper's page.
    `limits`: characters of title, summary and body beyond which a channel cuts or refuses.
    """

    domain: str
    epoch: int
    renditions: Mapping[str, Collection[str]]
    form: Callable[[str, Piece], bytes | None]
    videos: Mapping[str, Collection[str]] = field(default_factory=dict)
    pages: Mapping[str, Collection[str]] = field(default_factory=dict)
    limits: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture, video or recording of the library: the sha256 of its master, and its files.

    A video or recording has none before it is ready; `percent` and `eta_seconds` then say how far its encoding is.
    `valid_until` is when its rights end; `is_remade`: sizes of it are being made at this moment.
    """

    sha256: str
    files: tuple[ReleaseAsset, ...]
    kind: str = PICTURE
    state: VideoState = VideoState.READY
    duration_ms: int | None = None
    percent: int = 0
    eta_seconds: int | None = None
    valid_until: dt.datetime | None = None
    name: str = ""
    is_remade: bool = False
    chapters: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Of which edition it is, by whom, and for which unit when the draft names none."""

    release: uuid.UUID
    document: str
    edition: int
    revision: str
    kind: str
    unit: str
    authors: tuple[str, ...]


def named_assets(draft: Draft) -> tuple[uuid.UUID, ...]:
    """Every asset a draft draws or plays anywhere, cover first, each once."""
    master = [*(one for one in (draft.cover, draft.narration) if one), *asset_ids(draft.body)]
    return tuple(dict.fromkeys([*master, *override_assets(draft.overrides)]))


def wanted_renditions(press: Press, channels: Collection[str], kind: str = PICTURE) -> frozenset[str]:
    """The files of each picture, of each video or page, that the chosen channels draw; of a recording its one file.

    A page has its smallest file in every release: no verifier takes a name without a file.
    """
    if kind == AUDIO:
        return frozenset({VOICE})
    named = {VIDEO: press.videos, PAGE: press.pages}.get(kind, press.renditions)
    found = frozenset(name for channel in channels for name in named.get(channel, ()))
    return found | {THUMB} if kind == PAGE else found


def build_release(
    facts: Facts,
    draft: Draft,
    *,
    press: Press,
    pictures: Mapping[uuid.UUID, Picture],
    forms: Mapping[str, str],
    now: dt.datetime,
    column_name: str = "",
) -> Release:
    """The release; the same arguments give the same text. `forms` are the sha256 of each channel's form.

    A piece without a beginning begins `now`. Raises KeyError for a picture that is not in `pictures`.
    """
    kinds = (PICTURE, VIDEO, PAGE, AUDIO)
    wanted = {kind: wanted_renditions(press, draft.channels, kind) for kind in kinds}
    files = {
        (file.of, file.rendition): file
        for asset in named_assets(draft)
        for file in pictures[asset].files
        if file.rendition in wanted[pictures[asset].kind]
    }
    return Release(
        domain=press.domain,
        epoch=press.epoch,
        release=str(facts.release),
        document=facts.document,
        edition=facts.edition,
        revision=facts.revision,
        authors=facts.authors,
        class_=facts.kind,
        language=draft.language,
        envelope=envelope(draft, unit=facts.unit, now=now),
        content=_content(draft, pictures, now, column_name),
        assets=tuple(file for _, file in sorted(files.items())),
        forms=dict(sorted(forms.items())),
        slate=False,
    )


def envelope(draft: Draft, *, unit: str, now: dt.datetime) -> Envelope:
    """What the draft asks for, with what it left open filled in."""
    asked = draft.envelope
    return Envelope(
        units=asked.units or (unit,),
        channels=draft.channels,
        not_before=to_ms(asked.not_before or now),
        not_after=None if asked.not_after is None else to_ms(asked.not_after),
        offline=None if asked.offline is None else asked.offline // _MS,
    )


def _content(draft: Draft, pictures: Mapping[uuid.UUID, Picture], now: dt.datetime, column_name: str) -> dict[str, Any]:
    byline = byline_json(draft.byline)
    content: dict[str, Any] = {
        "title": draft.title,
        "subtitle": draft.subtitle,
        "summary": draft.summary,
        "pinyin": draft.pinyin,
        "byline": {**byline, "date": to_ms(now) if byline["date"] is None else byline["date"]},
        "cover": None if draft.cover is None else pictures[draft.cover].sha256,
        "column": draft.column,
        "body": with_assets(numbered(draft.body), {asset: pictures[asset].sha256 for asset in asset_ids(draft.body)}),
    }
    if column_name:
        # A street screen knows nothing but what was signed, and shows the column by its name.
        content["column_name"] = column_name
    if draft.cover is not None and draft.cover_alt:
        content["cover_alt"] = draft.cover_alt
    if draft.narration is not None:
        content["narration"] = pictures[draft.narration].sha256
    durations = {
        one.sha256: one.duration_ms
        for one in (pictures[asset] for asset in named_assets(draft))
        if one.kind == VIDEO and one.duration_ms is not None
    }
    if durations:
        content["durations"] = durations
    chapters = {
        one.sha256: [list(mark) for mark in one.chapters]
        for one in (pictures[asset] for asset in named_assets(draft))
        if one.kind == VIDEO and one.chapters
    }
    if chapters:
        # Words that everybody sees are approved with the rest.
        content["chapters"] = chapters
    if draft.overrides:
        content["overrides"] = {name: _own(said, pictures) for name, said in sorted(draft.overrides.items())}
    return content


def _own(said: Mapping[str, Any], pictures: Mapping[uuid.UUID, Picture]) -> dict[str, Any]:
    """What a channel shows of its own, with files by hash as everywhere in a release."""
    own = dict(said)
    if "cover" in own:
        own["cover"] = pictures[uuid.UUID(own["cover"])].sha256
    if "body" in own:
        own["body"] = with_assets(own["body"], {asset: pictures[asset].sha256 for asset in asset_ids(own["body"])})
    return own
