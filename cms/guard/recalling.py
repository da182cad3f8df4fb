"""What a recall asks for and whether one person is enough for it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from cms.guard.errors import GuardRefused
from cms.guard.state import GuardState, Json
from cms.trust.delegations import Delegations
from cms.trust.limits import MAX_RECALLS
from cms.trust.shape import Hash, matches

HOUR: Final = 3_600_000
ALONE: Final = 20  # pieces one person may recall in an hour without a second one


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to recall: a release by digest, an asset by sha256, or every release of a document registered here."""

    release: Hash | None
    asset: Hash | None
    document: Annotated[str, matches("[0-9a-z]{10}")] | None


def check_people(granted: Delegations, by: str, second: str | None) -> None:
    """Raises GuardRefused `guard.may_not_recall`, or `guard.second_person` for the same person twice."""
    for person in (by, second):
        delegate = granted.delegate(person) if person is not None else None
        if person is not None and (delegate is None or "recall" not in delegate.rights):
            raise GuardRefused("guard.may_not_recall", person=person)
    if by == second:
        raise GuardRefused("guard.second_person", limit=ALONE)


def wanted(state: GuardState, items: Sequence[Item] | None) -> list[tuple[str | None, str | None]]:
    """Pairs (release, asset) not recalled yet, each once; None asks for everything registered."""
    pairs: list[tuple[str | None, str | None]] = []
    for item in items if items is not None else ():
        if item.release or item.asset:
            pairs.append((item.release, item.asset))
        found = [(digest, None) for digest, held in state.receipts.items() if held["document"] == item.document]
        if item.document and not found:
            raise GuardRefused("guard.document_unknown", document=item.document)
        pairs += found
    if items is None:
        pairs = [(digest, None) for digest in state.receipts]
    gone = {item["release"] for item in state.items} | {item["asset"] for item in state.items}
    return [pair for pair in dict.fromkeys(pairs) if not gone.issuperset(name for name in pair if name)]


def recall_items(
    state: GuardState,
    pairs: Sequence[tuple[str | None, str | None]],
    *,
    by: str,
    second: str | None,
    reason: str,
    now: int,
) -> list[Json]:
    """The items to add to the set.

    Raises:
        GuardRefused: `guard.second_person` above the hourly limit, `guard.recalls_full`.
    """
    recent = sum(item["by"] == by and item["at"] > now - HOUR for item in state.items)
    if second is None and recent + len(pairs) > ALONE:
        raise GuardRefused("guard.second_person", limit=ALONE)
    if len(state.items) + len(pairs) > MAX_RECALLS:
        raise GuardRefused("guard.recalls_full", limit=MAX_RECALLS)
    return [{"release": release, "asset": asset, "at": now, "by": by, "reason": reason} for release, asset in pairs]
