"""What a film's report says on the wall, whatever form the report has."""

import pytest

from cms.airing.measured import measured_of

REPORT = {
    "black": [[0, 1_000]],
    "frozen": [[5_000, 9_000], [20_000, 21_000]],
    "silent": [],
    "loudness": {"integrated": -2_410, "peak": -230},
}


def test_report_says_how_loud_a_film_is_and_what_stands_at_a_moment() -> None:
    found = measured_of(REPORT)
    assert found is not None
    assert (found.loudness, found.peak, found.is_loud_right) == (-24.1, -2.3, True)
    assert [found.at(ms) for ms in (0, 999, 1_000, 8_999, 9_000)] == ["black", "black", "", "frozen", ""]
    loud = measured_of({**REPORT, "loudness": {"integrated": -1_900, "peak": -50}})
    assert loud is not None
    assert not loud.is_loud_right
    silent = measured_of({"loudness": {"integrated": None, "peak": None}})
    assert silent is not None
    assert silent.is_loud_right


@pytest.mark.parametrize("found", [None, {}, [], "x", {"black": 7}, {"loudness": 3}, {"frozen": [[1]]}])
def test_report_of_another_form_is_none(found: object) -> None:
    assert measured_of(found) is None
