"""Drafts: JSON there and back, one hash for one content, refusals that name the field."""

import datetime as dt
import uuid
from typing import Any

import pytest
from hypothesis import given, strategies as st

from cms.content.draft import BylineDraft, Draft, EnvelopeDraft, draft_json, read_draft, revision_hash
from cms.kernel.errors import Invalid
from cms.trust.canonical import encode

whole = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
instants = st.integers(0, 4_000_000_000_000).map(
    lambda ms: dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(milliseconds=ms)
)
maybe = st.none() | instants


@given(
    title=whole,
    reporter=whole,
    date=maybe,
    not_after=maybe,
    cover=st.none() | st.uuids(),
    channels=st.sets(st.sampled_from(["screen", "web", "tv"])),
    offline=st.none() | st.integers(0, 10**9),
)
def test_draft_when_written_and_read_is_the_same(**made: Any) -> None:
    sent = {
        "title": made["title"],
        "byline": {"reporter": made["reporter"], "date": _ms(made["date"])},
        "cover": None if made["cover"] is None else str(made["cover"]),
        "channels": list(made["channels"]),
        "envelope": {"not_after": _ms(made["not_after"]), "offline": made["offline"]},
    }
    draft = read_draft(sent)
    assert read_draft(draft_json(draft)) == draft
    assert encode(draft_json(draft))
    assert draft.byline.date == made["date"]
    assert draft.channels == tuple(sorted(made["channels"]))


def _ms(at: dt.datetime | None) -> int | None:
    return None if at is None else (at - dt.datetime.fromtimestamp(0, dt.UTC)) // dt.timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"title": 7}, "title"),
        ({"title": "长" * 201}, "title"),
        ({"summary": "半个\ud800"}, "summary"),
        ({"byline": {"editor": ["x"]}}, "editor"),
        ({"byline": "我"}, "byline"),
        ({"byline": {"date": 1.5}}, "date"),
        ({"byline": {"date": True}}, "date"),
        ({"envelope": {"not_after": -1}}, "not_after"),
        ({"envelope": {"not_before": 10**15}}, "not_before"),
        ({"envelope": {"units": ["320509"]}}, "units"),
        ({"envelope": {"units": ["/a/../"]}}, "units"),
        ({"channels": "screen"}, "channels"),
        ({"channels": ["SCREEN"]}, "channels"),
        ({"column": "新闻"}, "column"),
        ({"cover": "x"}, "cover"),
        ({"cover": 7}, "cover"),
        ({"language": "中文"}, "language"),
        ({"overrides": {"screen": {"subtitle": "x"}}}, "overrides"),
        ({"overrides": {"screen": {"cover": "x"}}}, "cover"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_draft_when_a_field_is_wrong_names_it(sent: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_draft(sent)
    assert field in refused.value.fields


def test_draft_of_nothing_is_empty_and_may_be_shown_a_week_without_us() -> None:
    assert read_draft({}) == Draft()
    assert Draft().envelope.offline == dt.timedelta(days=7)
    assert read_draft({"envelope": {"offline": None}}).envelope.offline is None


def test_hash_when_content_document_or_authors_change_changes() -> None:
    draft = Draft(title="甲", byline=BylineDraft("来源"), envelope=EnvelopeDraft(("/a/",)))
    one = revision_hash(draft, document="abc", authors=("x",))
    assert one == revision_hash(read_draft(draft_json(draft)), document="abc", authors=("x",))
    others = {
        revision_hash(Draft(title="乙"), document="abc", authors=("x",)),
        revision_hash(draft, document="abd", authors=("x",)),
        revision_hash(draft, document="abc", authors=("x", "y")),
        revision_hash(Draft(title="甲", cover=uuid.UUID(int=1)), document="abc", authors=("x",)),
    }
    assert len(others | {one}) == 5


def test_pinyin_of_a_draft_is_the_initials_of_its_title() -> None:
    assert Draft(title="吴江新闻 2026").pinyin == "wjxw2026"
