"""The machine's look at data cards: whether a feed could ever fill them, before anybody reads the piece. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from cms.content.draft import Draft
from cms.review.findings import Finding
from cms.signals.feed import BLOCK, read_card
from cms.trust.errors import TrustError

STREET: Final = "screen"


@dataclass(frozen=True, slots=True)
class Kept:
    """What the office keeps of a feed: the hash of its fields, and whether it is on."""

    schema: str
    active: bool


def find_cards(draft: Draft, feeds: Mapping[str, Kept] | None) -> Iterator[Finding]:
    """`feeds` are those the office keeps, by code; None: nobody asked.

    A card that makes no sense stops a submission: the guard would refuse to sign it, after all have read it.
    """
    found = [block for block in draft.body["blocks"] if block["type"] == BLOCK]
    for block in found:
        yield from _of(block, feeds)
    for block in found[1:]:
        yield _finding("must", "card_second", block)
    if found and STREET not in draft.channels:
        yield _finding("must", "card_no_street", found[0])
    elif found and len(draft.channels) > 1:
        yield _finding("hint", "card_street_only", found[0])


def feeds_named(draft: Draft) -> frozenset[str]:
    """The feeds of the piece's cards, those of its own words for the street too."""
    own = draft.overrides.get(STREET, {}).get("body")
    blocks = (*draft.body["blocks"], *(own["blocks"] if isinstance(own, Mapping) else ()))
    return frozenset(block["feed"] for block in blocks if block["type"] == BLOCK)


def _of(block: Mapping[str, Any], feeds: Mapping[str, Kept] | None) -> Iterator[Finding]:
    try:
        card = read_card(block)
    except TrustError as error:
        where = str(error.params.get("field", "")).removeprefix("card.")
        yield _finding("must", "card_bad", block, part=where or "fields", name=_named(block))
        return
    if feeds is None:
        return
    kept = feeds.get(card.feed)
    if kept is None:
        yield _finding("must", "card_no_feed", block, feed=card.feed)
    elif kept.schema != card.schema:
        yield _finding("must", "card_other_fields", block, feed=card.feed)
    elif not kept.active:
        yield _finding("hint", "card_feed_off", block, feed=card.feed)


def _named(block: Mapping[str, Any]) -> str:
    """The label of the first field that makes no sense by itself; empty when it is not one field's fault."""
    for field in block.get("fields", ()):
        try:
            read_card({"feed": "x", "fields": [field]})
        except TrustError:
            return f"“{str(field.get('label') or field.get('name') or '')[:40]}”"
    return ""


def _finding(severity: Any, code: str, block: Mapping[str, Any], **params: str) -> Finding:
    return Finding(severity, code, field="body", block=block["id"], params=params)
