"""The machine's look at a newspaper's pages: what a touch on them opens. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from cms.content.draft import Draft
from cms.content.kinds import Kind
from cms.content.states import EditionState
from cms.review.findings import Finding

_PARTS: Final = frozenset({"issue", "page"})
_OUT: Final = frozenset({EditionState.PUBLISHED, EditionState.PUBLISHED_PENDING_REVIEW})
_GONE: Final = frozenset({EditionState.RECALLED, EditionState.DISCARDED})


@dataclass(frozen=True, slots=True)
class NewspaperFacts:
    """What the rows say: of the issue (paper, date and number), and of the pieces that zones open.

    `is_drawn`: its pages are those of its PDF; while another one is drawn they are still those of the one before.
    """

    issue: tuple[str, str, str] | None = None
    linked: Mapping[str, tuple[str, EditionState]] = field(default_factory=dict)
    is_drawn: bool = True


def linked_documents(draft: Draft) -> frozenset[str]:
    """The public ids that zones open."""
    zones = (zone for block in draft.body["blocks"] for zone in block.get("zones", ()))
    return frozenset(zone["document"] for zone in zones if "document" in zone)


def find_zones(draft: Draft, kind: Kind, facts: NewspaperFacts | None) -> Iterator[Finding]:
    """Pages without zones and zones without words are hints: the page can be read all the same."""
    blocks = draft.body["blocks"]
    if kind is not Kind.NEWSPAPER:
        yield from (
            Finding("must", "page_elsewhere", field="body", block=one["id"]) for one in blocks if one["type"] in _PARTS
        )
        return
    pages = [block for block in blocks if block["type"] == "page"]
    if pages or (facts is not None and facts.issue is not None):
        yield from _issue(blocks, facts)
    if facts is not None and not facts.is_drawn:
        yield Finding("must", "issue_drawing", field="body")
    for page in pages:
        if not page["zones"]:
            yield Finding("hint", "page_no_zones", field="body", block=page["id"], params={"page": page["label"]})
        for zone in page["zones"]:
            yield from _zone(page, zone, facts)


def _issue(blocks: list[dict[str, Any]], facts: NewspaperFacts | None) -> Iterator[Finding]:
    issues = [block for block in blocks if block["type"] == "issue"]
    said = [(one["paper"], one["date"], one.get("number", "")) for one in issues]
    if len(issues) != 1:
        yield Finding("must", "issue_missing", field="body")
    elif facts is not None and said != [facts.issue]:
        yield Finding("must", "issue_other", field="body", block=issues[0]["id"])


def _zone(page: Mapping[str, Any], zone: Mapping[str, Any], facts: NewspaperFacts | None) -> Iterator[Finding]:
    if zone.get("check"):
        said: dict[str, str | int] = {"page": page["label"], "zone": zone.get("title", "")[:40] or "—"}
        yield Finding("must", "zone_check", field="body", block=page["id"], params=said)
    if "of" in zone:
        return
    params: dict[str, str | int] = {"page": page["label"], "zone": zone.get("title", "")[:40] or "—"}
    if "document" not in zone and not zone.get("text"):
        yield Finding("hint", "zone_empty", field="body", block=page["id"], params=params)
    if not zone.get("title"):
        yield Finding("hint", "zone_untitled", field="body", block=page["id"], params={"page": page["label"]})
    if facts is None or "document" not in zone:
        return
    _, state = facts.linked.get(zone["document"], ("", None))
    if state is None:
        yield Finding("must", "zone_unknown", field="body", block=page["id"], params=params)
    elif state in _GONE:
        yield Finding("must", "zone_gone", field="body", block=page["id"], params=params)
    elif state not in _OUT:
        yield Finding("hint", "zone_unpublished", field="body", block=page["id"], params=params)
