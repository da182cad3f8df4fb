"""The shape of the code: small files and functions, a sentence on each module, time handed in, names that say what."""

import ast
import itertools
import re

import pytest

from tests.architecture.source import ROOMS, ROOT, Source, dotted, product, suite

FILE_LINES = 500
FUNCTION_LINES = 60
# Alembic writes these in its own form, one function a revision.
GENERATED = "deploy/migrations/versions/"
VAGUE = re.compile(r"^_?(utils?|helpers?|managers?|misc|common|stuff|base_service)(\.py)?$")
CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns")
# The one clock, a box's own, the rim where processes begin, and the one place that is handed to an editor's browser.
MAY_READ_CLOCK = ("cms/kernel/clock.py", "screens/kiosk/clock.py", "deploy/")


def written() -> tuple[Source, ...]:
    return tuple(source for source in product() if not source.name.startswith(GENERATED))


def test_sources_when_looked_for_are_found() -> None:
    assert len(product()) > 20
    assert len(suite()) > 5


def test_file_when_longer_than_the_cap_is_refused() -> None:
    long = {s.name: s.lines for s in (*written(), *suite()) if s.lines > FILE_LINES}
    scripts = {
        str(path.relative_to(ROOT)): lines
        for room in ROOMS
        for path in (ROOT / room).rglob("*.js")
        if "vendor" not in path.parts and (lines := path.read_text("utf-8").count("\n")) > FILE_LINES
    }
    assert long | scripts == {}


def test_function_when_longer_than_the_cap_is_refused() -> None:
    long = {
        f"{source.name}:{function.name}": length
        for source in written()
        for function in source.functions()
        if (length := (function.end_lineno or 0) - function.lineno + 1) > FUNCTION_LINES
    }
    assert long == {}


def test_module_without_a_sentence_is_refused() -> None:
    assert [s.name for s in product() if not ast.get_docstring(s.tree)] == []


def test_relative_import_is_refused() -> None:
    found = [
        f"{source.name}:{node.lineno}"
        for source in (*product(), *suite())
        for node in source.nodes
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert found == []


def test_clock_when_read_outside_its_place_is_refused() -> None:
    """Time is a parameter; also where a module renames the class it imports."""
    found = [
        f"{source.name}:{node.lineno} {dotted(node)}"
        for source in product()
        if not source.name.startswith(MAY_READ_CLOCK)
        for node in source.nodes
        if isinstance(node, ast.Attribute) and dotted(node).endswith(CLOCKS)
    ]
    assert found == []


def test_clock_when_imported_by_name_is_refused() -> None:
    found = [
        f"{source.name}:{node.lineno}"
        for source in product()
        if not source.name.startswith(MAY_READ_CLOCK)
        for node in source.nodes
        if isinstance(node, ast.ImportFrom) and node.module == "time"
        if {alias.name for alias in node.names} & {"time", "time_ns"}
    ]
    assert found == []


def test_name_that_says_nothing_is_refused() -> None:
    parts = {
        part for source in (*product(), *suite()) for part in source.path.relative_to(ROOT).parts if VAGUE.match(part)
    }
    classes = {
        f"{source.name}:{found.name}"
        for source in product()
        for found in source.classes()
        if re.search(r"(Utils?|Helpers?|Manager)$", found.name)
    }
    assert parts | classes == set()


def test_broad_except_when_it_swallows_what_it_caught_is_refused() -> None:
    """It may pass it on, log it with its traceback, or make something of it; never forget it."""
    found = [
        f"{source.name}:{node.lineno}"
        for source in product()
        for node in source.nodes
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or dotted(node.type) in {"Exception", "BaseException"})
        if not any(_tells(inner, node.name) for inner in itertools.chain.from_iterable(map(ast.walk, node.body)))
    ]
    assert found == []


def _tells(node: ast.AST, caught: str | None) -> bool:
    if isinstance(node, ast.Call):
        return dotted(node.func).endswith(".exception") or any(k.arg == "exc_info" for k in node.keywords)
    return isinstance(node, ast.Raise) or (isinstance(node, ast.Name) and node.id == caught)


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        ("import datetime as dt\ndt.datetime.now(dt.UTC)", True),
        ("import time\ntime.time()", True),
        ("import time\ntime.monotonic()", False),
        ("self.clock.now()", False),
    ],
)
def test_clock_rule_when_tried_on_a_line_tells_right_from_wrong(code: str, *, wrong: bool) -> None:
    found = [
        node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Attribute) and dotted(node).endswith(CLOCKS)
    ]
    assert bool(found) is wrong
