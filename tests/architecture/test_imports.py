"""No circle between files, and every module imports: a circle shows as a crash only in some orders of import."""

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.architecture.source import ROOT, Source, product

# Starts of programs, and Alembic's files, which only Alembic can run.
NOT_IMPORTED = ("deploy.migrations.", ".__main__.")


@functools.cache
def modules() -> frozenset[str]:
    return frozenset(source.module for source in product())


def imported(source: Source) -> Iterator[str]:
    """The modules of ours that the file names, at its top, under a condition or in a function."""
    for node in source.nodes:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules() else str(node.module) for name in whole]
        else:
            continue
        yield from (name for name in names if name in modules())


def circle(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one circle, in order; empty when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as found:
        return list(found.args[1])
    return []


def test_files_when_they_import_each_other_are_refused() -> None:
    assert circle({source.module: set(imported(source)) for source in product()}) == []


@pytest.mark.parametrize(
    ("graph", "found"),
    [({"a": {"b"}, "b": {"c"}, "c": {"a"}}, True), ({"a": {"b", "c"}, "b": {"c"}}, False)],
)
def test_circle_when_looked_for_in_a_graph_is_told(graph: dict[str, set[str]], *, found: bool) -> None:
    assert bool(circle(graph)) is found


def test_module_when_imported_imports() -> None:
    names = sorted(name for name in modules() if not any(part in f".{name}." for part in NOT_IMPORTED))
    program = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *names], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
