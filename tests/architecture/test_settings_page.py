"""The reference pages say what the program does: settings, metrics and log fields."""

import ast
from collections.abc import Iterator

import pytest

from cms.kernel.log import ALWAYS, BOUND
from deploy import settings_page
from deploy.roles import METRICS
from deploy.settings import PREFIX, Settings
from tests.architecture.source import ROOT, dotted, product

METHODS = ("debug", "info", "warning", "error", "exception", "critical")
# Words of the logging itself: they become other fields or none.
OWN = {"exc_info", "stack_info"}
# Programs that run apart from the house and log for people.
APART = ("screens/kiosk/",)


@pytest.mark.parametrize("name", settings_page.PAGES)
def test_page_when_compared_with_the_code_is_current(name: str) -> None:
    """Run `python -m deploy.settings_page` after a change."""
    assert (settings_page.DOCS / name).read_text("utf-8") == settings_page.PAGES[name]()


def test_settings_page_when_read_names_every_setting_once() -> None:
    page = settings_page.settings_page()
    assert [page.count(f"| `{PREFIX}{name.upper()}` |") for name in Settings.model_fields] == [1] * len(
        Settings.model_fields
    )


def test_setting_when_declared_is_read_somewhere() -> None:
    """A setting that does nothing would promise what the program does not do."""
    used = {
        node.attr
        for source in product()
        for node in source.nodes
        if isinstance(node, ast.Attribute) and dotted(node.value).rpartition(".")[2] in {"settings", "self"}
    }
    assert set(Settings.model_fields) - used == set()


def test_metric_when_counted_is_in_the_table_and_the_other_way_round() -> None:
    spoken = {
        node.value
        for source in product()
        if not source.name.endswith("metrics.py")
        for node in source.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith("yunping_")
    }
    assert spoken == {metric.name for metric in METRICS}


def log_calls() -> Iterator[tuple[str, ast.Call]]:
    for source in product():
        if source.name.startswith(APART):
            continue
        for call in source.calls():
            head, _, method = dotted(call.func).rpartition(".")
            if method in METHODS and head.rpartition(".")[2].strip("_") in {"log", "logger"}:
                yield source.name, call


def test_log_calls_when_looked_for_are_found() -> None:
    assert len(list(log_calls())) > 10


def test_field_when_logged_is_documented() -> None:
    known = {*ALWAYS, *BOUND, *OWN}
    assert [
        f"{name}:{call.lineno} {keyword.arg}"
        for name, call in log_calls()
        for keyword in call.keywords
        if keyword.arg not in known
    ] == []


def test_field_when_documented_is_logged_somewhere() -> None:
    logged = {keyword.arg for _, call in log_calls() for keyword in call.keywords}
    assert set(BOUND) - logged - {"exception"} == set()


def test_event_when_logged_is_named_by_a_constant() -> None:
    """What differs belongs into fields, or nobody can count the event."""
    assert [f"{name}:{call.lineno}" for name, call in log_calls() if not isinstance(call.args[0], ast.Constant)] == []


def test_page_when_written_goes_where_it_is_read(tmp_path: object) -> None:
    assert settings_page.DOCS == ROOT / "docs"
    assert sorted(settings_page.PAGES) == ["log-fields.md", "metrics.md", "settings.md"]
