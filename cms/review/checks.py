"""What the machine says before people read: findings with a severity, a place and a suggestion. Pure."""

import datetime as dt
import re
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from cms.content.blocks import block_texts, plain_text
from cms.content.draft import Draft
from cms.content.kinds import KINDS, Kind
from cms.library.models import AUDIO, PAGE, PICTURE, VIDEO
from cms.library.states import VideoState
from cms.review.card_checks import Kept, find_cards
from cms.review.dead_links import find_links
from cms.review.findings import Finding
from cms.review.glyphs import find_glyphs
from cms.review.lookups import Lists, find_sources
from cms.review.names import find_titles
from cms.review.newspaper_checks import NewspaperFacts, find_zones
from cms.review.passages import passages
from cms.review.release import Picture, Press, wanted_renditions
from cms.review.rights import rights_of
from cms.review.words import find_words
from media.house import SPARED

# Kept with each report, so that a later reader knows what was looked for.
RULES_VERSION: Final = "5"

_DOUBLED: Final = re.compile(r"([，。、；：！？])\1|[，、；：][。，、；：]")
_PAIRS: Final = (("《", "》"), ("“", "”"), ("（", "）"), ("【", "】"))
# What stands under a block's `asset`.
_KINDS: Final = {"video": VIDEO, "page": PAGE}
NO_LISTS: Final = Lists()
# Longer than the street shows without scrolling in one turn of the loop.
_SCREEN_TITLE: Final = 36


def check(
    draft: Draft,
    kind: Kind,
    *,
    press: Press,
    pictures: Mapping[uuid.UUID, Picture],
    units: Collection[str],
    lists: Lists = NO_LISTS,
    own_sources: frozenset[str] | None = None,
    links: Mapping[str, str] | None = None,
    newspaper: NewspaperFacts | None = None,
    feeds: Mapping[str, Kept] | None = None,
    now: dt.datetime,
) -> tuple[Finding, ...]:
    """Everything found, in the order of the page.

    `units` are the paths that exist, `lists` what the office looks for, `own_sources` those of its sources that are its
    own (None: sources are not asked about), `links` what the piece's addresses answered (None: nobody asked),
    `newspaper` what the rows say of an issue, `feeds` what the office keeps of data feeds.
    """
    texts = tuple(passages(draft))
    return (
        *_required(draft, kind),
        *_lengths(draft, kind),
        *_body(draft, kind),
        *find_zones(draft, kind, newspaper),
        *find_cards(draft, feeds),
        *_pictures(draft, press, pictures),
        *_rights(draft, pictures, now),
        *_channels(draft, press),
        *_envelope(draft, units, now),
        *_language(draft),
        *find_words(lists.words, texts),
        *find_titles(lists.names, texts),
        *(() if own_sources is None else find_sources(draft, lists, own_sources)),
        *find_links(draft, links),
        *find_glyphs(texts),
    )


def _required(draft: Draft, kind: Kind) -> Iterator[Finding]:
    values = _values(draft)
    for name in KINDS[kind].required:
        if not values[name]:
            yield Finding("must", "missing", field=name)
    for name in ("summary", "cover"):
        if not values[name] and name not in KINDS[kind].required:
            yield Finding("hint", "missing", field=name)


def _values(draft: Draft) -> dict[str, object]:
    return {
        "title": draft.title,
        "summary": draft.summary,
        "column": draft.column,
        "cover": draft.cover,
        "not_after": draft.envelope.not_after,
        "byline.source": draft.byline.source,
        "byline.reporter": draft.byline.reporter,
        "byline.editor": draft.byline.editor,
        "byline.sponsor": draft.byline.sponsor,
        "byline.date": draft.byline.date,
    }


def _lengths(draft: Draft, kind: Kind) -> Iterator[Finding]:
    rules = KINDS[kind]
    for name, text, most in (
        ("title", draft.title, rules.title_limit),
        ("summary", draft.summary, rules.summary_limit),
    ):
        if len(text) > most:
            yield Finding("must", "long", field=name, params={"most": most, "now": len(text)})
    if "screen" in draft.channels and _SCREEN_TITLE < len(draft.title) <= rules.title_limit:
        yield Finding("hint", "long_for_screen", field="title", params={"most": _SCREEN_TITLE, "now": len(draft.title)})


def _body(draft: Draft, kind: Kind) -> Iterator[Finding]:
    blocks = draft.body["blocks"]
    wanted = KINDS[kind].blocks
    if wanted and not any(block["type"] in wanted for block in blocks):
        yield Finding("must", "no_block", field="body", params={"types": "/".join(sorted(wanted))})
    elif not wanted and not plain_text(draft.body).strip():
        yield Finding("must", "empty", field="body")
    for block in blocks:
        if block["type"] == "heading" and not "".join(block_texts(block)).strip():
            yield Finding("hint", "heading_empty", field="body", block=block["id"])


def _pictures(draft: Draft, press: Press, pictures: Mapping[uuid.UUID, Picture]) -> Iterator[Finding]:
    for block in draft.body["blocks"]:
        if block["type"] == "image" and not block["alt"]:
            yield Finding("must", "alt_missing", field="body", block=block["id"])
        if block["type"] == "video" and not block["title"]:
            yield Finding("hint", "video_title_missing", field="body", block=block["id"])
    if draft.cover and not draft.cover_alt:
        yield Finding("hint", "cover_alt_missing", field="cover")
    for place in _places(draft):
        picture = pictures.get(place.asset)
        found = ("asset_unknown", {}) if picture is None else _of_asset(picture, place.kind, press, draft)
        if found is not None:
            yield Finding("must", found[0], field=place.field, block=place.block, params=found[1])


def _rights(draft: Draft, pictures: Mapping[uuid.UUID, Picture], now: dt.datetime) -> Iterator[Finding]:
    for place in _places(draft):
        picture = pictures.get(place.asset)
        found = rights_of(picture, now=now, not_after=draft.envelope.not_after) if picture is not None else None
        if found is not None:
            severity, code, params = found
            yield Finding(severity, code, field=place.field, block=place.block, params=params)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a draft names an asset, and what must stand there."""

    asset: uuid.UUID
    kind: str
    field: str
    block: str = ""


def _places(draft: Draft) -> Iterator[_Place]:
    """Each asset in its first place; one that stands in two places as different things in both."""
    every = [_Place(draft.cover, PICTURE, "cover")] if draft.cover else []
    every += [_Place(draft.narration, AUDIO, "narration")] if draft.narration else []
    for block in draft.body["blocks"]:
        for name, kind in (("asset", _KINDS.get(block["type"], PICTURE)), ("poster", PICTURE)):
            if block.get(name):
                every.append(_Place(uuid.UUID(block[name]), kind, "body", block["id"]))
    first = {(place.asset, place.kind): place for place in reversed(every)}
    yield from (place for place in every if first[place.asset, place.kind] is place)


def _of_asset(picture: Picture, kind: str, press: Press, draft: Draft) -> tuple[str, dict[str, str | int]] | None:
    """What is wrong with an asset where it stands."""
    if picture.kind != kind:
        return {VIDEO: "not_a_video", AUDIO: "not_a_sound"}.get(kind, "not_a_picture"), {}
    if kind == AUDIO and picture.state is not VideoState.READY:
        return ("sound_rejected" if picture.state is VideoState.REJECTED else "sound_making"), {}
    if picture.state is not VideoState.READY:
        return _making(picture)
    if picture.is_remade:
        return "asset_remade", {}  # what would be signed now is what somebody is just changing
    wanted = wanted_renditions(press, draft.channels, kind) - SPARED
    if kind == VIDEO and draft.channels and not wanted:
        return "video_no_channel", {}  # nothing of it would be signed, and no verifier takes a name without a file
    return ("asset_unready", {}) if wanted - {file.rendition for file in picture.files} else None


def _making(picture: Picture) -> tuple[str, dict[str, str | int]]:
    """How far a video is that is not ready."""
    if picture.state is not VideoState.ENCODING:
        return f"video_{picture.state}", {}
    if picture.eta_seconds is None:
        return "video_encoding", {"percent": picture.percent}
    minutes = max(1, round(picture.eta_seconds / 60))
    return "video_encoding_eta", {"percent": picture.percent, "minutes": minutes}


def _channels(draft: Draft, press: Press) -> Iterator[Finding]:
    if not draft.channels:
        yield Finding("must", "no_channel", field="channels")
    for channel in draft.channels:
        if channel not in press.renditions:
            yield Finding("must", "channel_unknown", field="channels", params={"channel": channel})
        yield from _of_channel(draft, channel, press.limits.get(channel, {}))


def _of_channel(draft: Draft, channel: str, limits: Mapping[str, int]) -> Iterator[Finding]:
    """What a channel will cut, and a body it refuses, by its own words of the piece."""
    own = draft.overrides.get(channel, {})
    for name in ("title", "summary"):
        length = len(own.get(name) or getattr(draft, name))
        if length > limits.get(name, length):
            params: dict[str, str | int] = {"channel": channel, "most": limits[name], "now": length}
            yield Finding("hint", "channel_long", field=name, params=params)
    length = len(plain_text(draft.body)) if "body" in limits else 0
    if length > limits.get("body", length):
        params = {"channel": channel, "most": limits["body"], "now": length}
        yield Finding("must", "channel_body_long", field="body", params=params)


def _envelope(draft: Draft, units: Collection[str], now: dt.datetime) -> Iterator[Finding]:
    asked = draft.envelope
    if asked.not_after is not None and asked.not_after <= now:
        yield Finding("must", "ends_past", field="not_after")
    elif asked.not_after is not None and asked.not_before is not None and asked.not_after <= asked.not_before:
        yield Finding("must", "ends_first", field="not_after")
    for unit in asked.units:
        if unit not in units:
            yield Finding("must", "unit_unknown", field="units", params={"unit": unit})
    if asked.offline is None:
        yield Finding("hint", "evergreen", field="offline")


def _language(draft: Draft) -> Iterator[Finding]:
    named = [("title", "", draft.title), ("subtitle", "", draft.subtitle), ("summary", "", draft.summary)]
    named += [("body", block["id"], text) for block in draft.body["blocks"] for text in block_texts(block)]
    for where, block, text in named:
        doubled = _DOUBLED.search(text)
        if doubled:
            yield Finding("hint", "marks_doubled", field=where, block=block, params={"marks": doubled[0]})
        for left, right in _PAIRS:
            if text.count(left) != text.count(right):
                yield Finding("hint", "marks_unpaired", field=where, block=block, params={"marks": left + right})
