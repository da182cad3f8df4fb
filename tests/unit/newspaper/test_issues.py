"""What a target keeps of newspapers: the newest issue of each paper turns, the one before stays at hand."""

import dataclasses
import datetime as dt

from cms.contract import Piece
from cms.publishing.issues import issue_of, latest, linked_by, outdated
from cms.publishing.loops import slots
from renderers.conformance.samples import make_piece
from schedules.calendar import PLAIN
from schedules.intervals import Interval

T0 = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)


def issue(number: int, paper: str, date: str, *, link: str = "") -> Piece:
    zones = [{"id": "b_z", "points": [[0, 0], [1, 1]], "document": link}] if link else []
    blocks = [
        {"id": "b_i", "type": "issue", "paper": paper, "date": date},
        {"id": "b_p", "type": "page", "asset": "a", "label": "01", "zones": zones},
    ]
    piece = make_piece(number, at=T0, text=f"{paper} {date}")
    return dataclasses.replace(piece, kind="newspaper", body={"schema": 1, "blocks": blocks})


def test_two_issues_of_each_paper_are_kept_and_one_turns() -> None:
    days = [issue(n, "日报", f"2026-11-{n:02d}", link=f"000000000{n}") for n in range(1, 6)]
    other, news = issue(7, "晚报", "2026-01-01"), make_piece(8, at=T0)
    every = [*days, other, news]
    kept = latest(every, 2)
    assert {issue_of(one) for one in kept} == {("日报", "2026-11-04"), ("日报", "2026-11-05"), ("晚报", "2026-01-01")}
    assert outdated(every) == {one.document for one in days[:4]}
    assert linked_by(kept) == {"0000000004", "0000000005"}
    window = Interval(T0, T0 + dt.timedelta(days=1))
    made = slots(every, [], window, calendar=PLAIN, longest_loop=dt.timedelta(hours=1))
    turning = {entry.release for slot in made for entry in slot.loop}
    assert turning == {days[4].release, other.release, news.release}


def test_an_older_issue_that_goes_out_later_does_not_take_the_newer_ones_place() -> None:
    today, late = issue(1, "日报", "2026-11-26"), issue(2, "日报", "2026-11-20")
    assert latest([late, today], 1) == [today]
