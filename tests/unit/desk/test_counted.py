"""Counts that stop say so: on the tabs, in the pager, and no further than they were counted."""

import datetime as dt
import uuid
from typing import cast

import pytest

from cms.content.queries import Cursor, DocumentRow, Page
from cms.desk.views.documents import _number, _pager
from cms.desk.visit import Visit

AFTER = Cursor(dt.datetime(2026, 11, 26, tzinfo=dt.UTC), uuid.UUID(int=7), 42)
ROW = cast("DocumentRow", None)


class Words:
    """Says keys."""

    def t(self, key: str, **params: object) -> str:
        return f"{key} {params}"


@pytest.mark.parametrize(
    ("counted", "cut", "shown"),
    [(0, False, ""), (0, True, ""), (12, False, "12"), (12, True, "12+"), (499, False, "499"), (500, False, "500+")],
)
def test_tab_when_its_count_stopped_says_so(counted: int, cut: bool, shown: str) -> None:
    assert _number(counted, cut=cut) == shown


@pytest.mark.parametrize(
    ("after", "first", "total", "cut", "shown", "hints"),
    [
        (AFTER, 1, 128, False, "128", False),
        (AFTER, 1, 500, True, "500+", True),
        (AFTER, 1, 500, False, "500+", True),
        # Of a state a stopped search saw twelve; the page shows thirty, and there are more.
        (AFTER, 1, 12, True, "30+", True),
        # Beyond what was counted: as many as were seen, and more.
        (AFTER, 601, 500, True, "630+", True),
        (None, 601, 500, True, "630", False),
        (None, 31, 60, False, "60", False),
    ],
)
def test_pager_when_counting_stopped_is_honest(
    after: Cursor | None, first: int, total: int, cut: bool, shown: str, hints: bool
) -> None:
    page = Page((ROW,) * 30, after, total)
    made = _pager(cast("Visit", Words()), page, first, {"q": "运河"}, cut=cut)
    assert made is not None
    assert (made["total"], bool(made["hint"])) == (shown, hints)
    assert ("_42" in made["later"]) is (after is not None)


def test_pager_when_all_is_on_one_page_is_none() -> None:
    assert _pager(cast("Visit", Words()), Page((ROW,), None, 1), 1, {}, cut=False) is None
