"""The machine's look at what single channels show of their own: the same rules, for each channel's version. Pure."""

import datetime as dt
import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from cms.content.draft import Draft
from cms.content.kinds import Kind
from cms.content.overrides import on_channel
from cms.library.models import PICTURE
from cms.review.card_checks import Kept
from cms.review.checks import NO_LISTS, check
from cms.review.cut_checks import find_cuts
from cms.review.findings import Finding
from cms.review.lookups import Lists
from cms.review.release import Picture, Press


def check_own_words(
    draft: Draft,
    kind: Kind,
    *,
    press: Press,
    pictures: Mapping[uuid.UUID, Picture],
    units: Collection[str],
    now: dt.datetime,
    known: Sequence[Finding],
    lists: Lists = NO_LISTS,
    own_sources: frozenset[str] | None = None,
    links: Mapping[str, str] | None = None,
    feeds: Mapping[str, Kept] | None = None,
) -> Iterator[Finding]:
    """What is wrong with a channel's own version and not with the master; each names its channel as `only`.

    A picture of a channel that is not chosen would stop the release too, so that one is looked for in all of them.
    """
    for channel in sorted(draft.overrides):
        own = draft.overrides[channel]
        if channel not in draft.channels:
            yield from _missing(draft, channel, pictures)
            continue
        yield from find_cuts(draft, channel, pictures)
        shown = replace(on_channel(draft, channel), channels=(channel,), overrides={})
        found = check(
            shown,
            kind,
            press=press,
            pictures=pictures,
            units=units,
            lists=lists,
            own_sources=own_sources,
            links=links,
            feeds=feeds,
            now=now,
        )
        for one in found:
            if one.field in own and one not in known:
                yield replace(one, params={**one.params, "only": channel})


def without_missing(draft: Draft, pictures: Collection[uuid.UUID]) -> Draft:
    """The draft without the pictures and videos that are gone, on every channel: a preview draws what there is."""

    def kept(body: Mapping[str, object]) -> dict[str, object]:
        blocks = body["blocks"]
        named = [block for block in (blocks if isinstance(blocks, list) else []) if _is_here(block, pictures)]
        return {**body, "blocks": named}

    def own(said: Mapping[str, object]) -> dict[str, object]:
        found = {name: value for name, value in said.items() if name != "cover" or uuid.UUID(str(value)) in pictures}
        body = found.get("body")
        return {**found, "body": kept(body)} if isinstance(body, Mapping) else found

    cover = draft.cover if draft.cover in pictures else None
    narration = draft.narration if draft.narration in pictures else None
    overrides = {channel: own(said) for channel, said in draft.overrides.items()}
    return replace(draft, cover=cover, narration=narration, body=kept(draft.body), overrides=overrides)


def _is_here(block: Mapping[str, str], pictures: Collection[uuid.UUID]) -> bool:
    named = (block.get("asset"), block.get("poster"))
    return all(value is None or uuid.UUID(value) in pictures for value in named)


def _missing(draft: Draft, channel: str, pictures: Mapping[uuid.UUID, Picture]) -> Iterator[Finding]:
    shown = on_channel(draft, channel)
    cover = pictures.get(shown.cover) if shown.cover else None
    if shown.cover != draft.cover and (cover is None or cover.kind != PICTURE):
        yield Finding("must", "asset_unknown", field="cover", params={"only": channel})
    for block in shown.body["blocks"] if shown.body is not draft.body else ():
        if not _is_here(block, pictures):
            yield Finding("must", "asset_unknown", field="body", block=block["id"], params={"only": channel})
