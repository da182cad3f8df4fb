"""What a channel says in its own words and pictures: fields of a draft that differ from the master for it alone."""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from cms.content.blocks import asset_ids
from cms.content.draft import OVERRIDABLE, Draft

# In this order the desk shows them.
FIELDS: Final = OVERRIDABLE


def on_channel(draft: Draft, channel: str) -> Draft:
    """The draft as one channel shows it: the master with what was written for this channel alone."""
    said = draft.overrides.get(channel)
    if not said:
        return draft
    return replace(
        draft,
        title=said.get("title", draft.title),
        summary=said.get("summary", draft.summary),
        cover=uuid.UUID(said["cover"]) if "cover" in said else draft.cover,
        body=said.get("body", draft.body),
    )


def differing(draft: Draft) -> dict[str, tuple[str, ...]]:
    """Which fields of which channel are not the master's, in the order of `FIELDS`; the same words again differ not."""
    master = {
        "title": draft.title,
        "summary": draft.summary,
        "cover": str(draft.cover or ""),
        "body": draft.body,
        "cuts": "",
    }
    found = {
        channel: tuple(name for name in FIELDS if name in said and said[name] != master[name])
        for channel, said in sorted(draft.overrides.items())
    }
    return {channel: names for channel, names in found.items() if names}


def without_the_same(
    overrides: Mapping[str, Mapping[str, Any]], master: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Only what differs from the master: a copy that nobody changed follows it again."""

    def is_same(name: str, value: Any) -> bool:
        own = master.get(name) or ""
        return bool(value == (own.strip() if isinstance(own, str) else own))

    kept = {
        channel: {name: value for name, value in said.items() if not is_same(name, value)}
        for channel, said in overrides.items()
    }
    return {channel: said for channel, said in kept.items() if said}


def override_assets(overrides: Mapping[str, Mapping[str, Any]]) -> Iterator[uuid.UUID]:
    """Every picture and video that only some channel shows."""
    for said in overrides.values():
        if said.get("cover"):
            yield uuid.UUID(said["cover"])
        if said.get("body"):
            yield from asset_ids(said["body"])
