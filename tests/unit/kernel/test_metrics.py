"""A metric is in the table or it cannot be counted, and is served under the name the table says."""

import re

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cms.kernel.metrics import CORE, Metric, Metrics

TABLE = (
    Metric("counter", "yunping_tests_total", "Tests", ("outcome",)),
    Metric("gauge", "yunping_waiting", "Waiting"),
    Metric("histogram", "yunping_answer_seconds", "Answer", ("route",), buckets=(0.1, 1)),
    Metric("counter", "yunping_plain_total", "Plain"),
)


def samples(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_metrics_when_used_are_served_with_their_values() -> None:
    metrics = Metrics(TABLE)
    metrics.count("yunping_tests_total", outcome="passed")
    metrics.count("yunping_tests_total", 2, outcome="passed")
    metrics.count("yunping_plain_total", 0.5)
    metrics.gauge("yunping_waiting", 7)
    for seconds in (0.05, 0.5, 5):
        metrics.observe("yunping_answer_seconds", seconds, route="home")
    found = samples(metrics)
    assert found["yunping_tests_total", frozenset({("outcome", "passed")})] == 3
    assert found["yunping_plain_total", frozenset()] == 0.5
    assert found["yunping_waiting", frozenset()] == 7
    home = ("route", "home")
    assert found["yunping_answer_seconds_bucket", frozenset({home, ("le", "1.0")})] == 2
    assert found["yunping_answer_seconds_count", frozenset({home})] == 3


def test_metric_that_is_not_in_the_table_cannot_be_counted() -> None:
    with pytest.raises(KeyError):
        Metrics(TABLE).count("yunping_other_total")


def test_label_that_is_not_in_the_table_cannot_be_set() -> None:
    with pytest.raises(ValueError, match="label"):
        Metrics(TABLE).count("yunping_tests_total", room="desk")


def test_metrics_when_two_processes_make_them_do_not_share() -> None:
    one, other = Metrics(TABLE), Metrics(TABLE)
    one.gauge("yunping_waiting", 1)
    assert samples(other)["yunping_waiting", frozenset()] == 0


def test_core_table_when_read_has_names_that_tell_their_unit() -> None:
    assert len({metric.name for metric in CORE}) == len(CORE)
    for metric in CORE:
        assert re.fullmatch(r"yunping_[a-z]+(_[a-z]+)*", metric.name)
        assert metric.help
        assert metric.name.endswith("_total") is (metric.kind == "counter")
        assert metric.name.endswith(("_seconds", "_bytes")) is (metric.kind == "histogram")


def test_core_table_when_made_serves_every_line() -> None:
    served = Metrics(CORE).text().decode()
    assert [metric.name for metric in CORE if f"# HELP {metric.name}" not in served] == []
