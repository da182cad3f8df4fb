"""The closing line of a run is read and written in pytest's form."""

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from deploy.checks import Tally, counts_of


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("== 7 passed in 1.50s ==", {"passed": 7}),
        ("3 passed, 2 deselected in 0.42s", {"passed": 3, "deselected": 2}),
        (
            "\x1b[31m== \x1b[1m1 failed\x1b[0m, \x1b[32m2 passed\x1b[0m in 75.10s (0:01:15) ==",
            {"failed": 1, "passed": 2},
        ),
        ("1 passed, 1 error in 2.00s", {"passed": 1, "errors": 1}),
        ("ERROR: file or directory not found: x", {}),
    ],
)
def test_counts_of_a_closing_line_are_its_numbers(line: str, counts: dict[str, int]) -> None:
    assert counts_of(f"tests/a.py ..F\n{line}\n") == Counter(counts)


@given(st.dictionaries(st.sampled_from(["failed", "passed", "skipped", "errors"]), st.integers(1, 9999), min_size=1))
def test_line_of_a_tally_when_read_back_gives_the_same_counts(counts: dict[str, int]) -> None:
    assert counts_of(Tally(Counter(counts)).line(1.0)) == Counter(counts)
