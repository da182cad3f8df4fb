"""What the machine says of a newspaper's pages before people read."""

from typing import Any

from cms.content.draft import Draft
from cms.content.kinds import Kind
from cms.content.states import EditionState
from cms.review.newspaper_checks import NewspaperFacts, find_zones, linked_documents

ISSUE = {"id": "b_i", "type": "issue", "paper": "日报", "date": "2026-11-26", "number": "第1期"}
FACTS = NewspaperFacts(("日报", "2026-11-26", "第1期"))
OUT, LOST, NEW = "0000000001", "0000000002", "0000000003"


def found(
    *zones: dict[str, Any], issue: dict[str, Any] | None = ISSUE, facts: Any = FACTS, kind: Any = None
) -> set[Any]:
    page = {"id": "b_p", "type": "page", "asset": "a", "label": "01", "zones": list(zones)}
    blocks = [*([issue] if issue else []), page]
    draft = Draft(body={"schema": 1, "blocks": blocks})
    return {(one.severity, one.code) for one in find_zones(draft, kind or Kind.NEWSPAPER, facts)}


def zone(**opens: Any) -> dict[str, Any]:
    return {"id": "b_z", "points": [[0, 0], [1, 1]], "title": "题", **opens}


def test_a_good_page_has_no_findings_and_an_empty_one_a_warning() -> None:
    assert found(zone(text=["字"])) == set()
    assert found() == {("hint", "page_no_zones")}
    assert found(zone(), {"id": "b_y", "points": [[0, 0], [1, 1]], "of": "b_z"}) == {("hint", "zone_empty")}
    assert found({**zone(text=["字"]), "title": ""}) == {("hint", "zone_untitled")}
    assert found(zone(text=["字"], check=True)) == {("must", "zone_check")}


def test_a_link_leads_to_a_piece_that_is_out_or_will_be() -> None:
    states = {
        OUT: ("已发", EditionState.PUBLISHED),
        LOST: ("撤", EditionState.RECALLED),
        NEW: ("稿", EditionState.DRAFT),
    }
    facts = NewspaperFacts(FACTS.issue, states)
    assert found(zone(document=OUT), facts=facts) == set()
    assert found(zone(document=LOST), facts=facts) == {("must", "zone_gone")}
    assert found(zone(document=NEW), facts=facts) == {("hint", "zone_unpublished")}
    assert found(zone(document="0000000009"), facts=facts) == {("must", "zone_unknown")}
    assert linked_documents(Draft(body={"schema": 1, "blocks": [{"zones": [zone(document=OUT), zone()]}]})) == {OUT}


def test_pages_belong_to_the_issue_that_was_brought_in() -> None:
    good = zone(text=["字"])
    assert found(good, issue=None) == {("must", "issue_missing")}
    assert found(good, issue={**ISSUE, "date": "2026-11-27"}) == {("must", "issue_other")}
    assert found(good, facts=NewspaperFacts()) == {("must", "issue_other")}
    assert found(good, kind=Kind.NEWS) == {("must", "page_elsewhere")}
