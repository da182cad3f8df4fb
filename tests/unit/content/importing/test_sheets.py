"""The dry run of a table: each fault at its row and column, all at once, and good rows as drafts."""

import datetime as dt
import uuid
import zoneinfo

from hypothesis import given, strategies as st

from cms.content.draft import BylineDraft, draft_json, read_draft
from cms.content.importing.sheets import COLUMNS, Known, check_rows, letter
from cms.content.kinds import Kind

OWN, OTHER, TWIN = (uuid.UUID(int=n) for n in range(3))
KNOWN = Known(
    units={"梅石社区": (OWN,), "017": (OWN,), "盛泽镇": (OTHER,), "文明站": (OWN, TWIN)},
    mine=frozenset({OWN}),
    own_unit=OWN,
    columns={"要闻": "news", "news": "news"},
    kinds={"新闻": Kind.NEWS, "news": Kind.NEWS, "通知": Kind.NOTICE},
    channels={"门户网站": "web", "街头阅读屏": "screen"},
    zone=zoneinfo.ZoneInfo("Asia/Shanghai"),
    byline=BylineDraft("梅石社区", "沈静怡"),
)
HEAD = (1, ["标题*", "单位", "栏目", "类型", "日期", "渠道", "正文"])


def faults(*rows: tuple[int, list[str]]) -> list[tuple[int, str, str]]:
    return [(one.row, one.letter, one.code) for one in check_rows(rows, KNOWN).faults]


def test_row_when_good_is_a_draft_with_what_was_left_out_filled_in() -> None:
    row = (
        2,
        ["夜市开市", "梅石社区", "要闻", "通知", "2026年11月26日 9:30", "门户网站、街头阅读屏", "一段。\n\n二段。"],
    )
    found = check_rows([HEAD, row], KNOWN)
    (entry,) = found.entries
    assert (found.faults, entry.kind, entry.unit, entry.draft.column) == ((), Kind.NOTICE, OWN, "news")
    assert entry.draft.byline == BylineDraft("梅石社区", "沈静怡", date=dt.datetime(2026, 11, 26, 1, 30, tzinfo=dt.UTC))
    assert (entry.draft.channels, len(entry.draft.body["blocks"])) == (("screen", "web"), 2)


def test_every_fault_is_named_by_row_and_column() -> None:
    assert faults(
        HEAD,
        (2, ["", "无此单位", "无此栏目", "诗", "2026-02-30", "广播"]),
        (5, ["长" * 201, "盛泽镇"]),
        (6, ["甲", "文明站"]),
        (7, ["乙"]),
        (9, ["乙", "017"]),
    ) == [
        (2, "A", "content.sheet_title_missing"),
        (2, "B", "content.sheet_no_unit"),
        (2, "C", "content.sheet_no_column"),
        (2, "D", "content.sheet_kind"),
        (2, "E", "content.sheet_date"),
        (2, "F", "content.sheet_no_channel"),
        (5, "A", "content.sheet_long"),
        (5, "B", "content.sheet_unit_denied"),
        (6, "B", "content.sheet_units"),
        (9, "A", "content.sheet_twice"),
    ]


def test_head_when_wrong_is_said_at_its_cells() -> None:
    assert faults((1, ["题目", "正文", "内容"]), (2, ["甲"])) == [
        (1, "A", "content.sheet_header"),
        (1, "C", "content.sheet_header_twice"),
        (1, "A", "content.sheet_no_title"),
    ]
    assert faults() == [(1, "A", "content.sheet_empty")]
    assert faults(HEAD) == [(2, "A", "content.sheet_empty")]
    assert [letter(n) for n in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@given(st.lists(st.lists(st.text(max_size=30), max_size=14), max_size=6))
def test_any_table_gives_drafts_the_house_takes_or_faults(cells: list[list[str]]) -> None:
    rows = [(1, [names[0] for names in COLUMNS.values()]), *enumerate(cells, start=2)]
    found = check_rows(rows, KNOWN)
    for entry in found.entries:
        assert read_draft(draft_json(entry.draft)) == entry.draft
    assert {entry.row for entry in found.entries}.isdisjoint(fault.row for fault in found.faults)
