"""Every module can be the first that is imported: circles between files show only in some orders."""

import ast
import subprocess
import sys

from tests.architecture.source import ROOMS, ROOT, product

# One interpreter with everything foreign loaded; a fork of it imports one module of ours as its first.
_FORKS = """
import importlib, os, sys
foreign, ours = (part.split() for part in sys.stdin.read().split("|"))
for name in foreign:
    importlib.import_module(name)
for name in ours:
    child = os.fork()
    if not child:
        try:
            importlib.import_module(name)
        except BaseException as problem:
            print(f"{name}: {type(problem).__name__}: {problem}", flush=True)
        os._exit(0)
    os.waitpid(child, 0)
print("done", len(ours))
"""
# Starts of programs, and Alembic's files, which only Alembic can run.
NOT_IMPORTED = ("deploy.migrations.", "__main__")


def test_module_when_imported_first_imports() -> None:
    ours = [s.module for s in product() if not any(part in f"{s.module}." for part in NOT_IMPORTED)]
    foreign = {
        name.split(".")[0]
        for source in product()
        for node in source.tree.body
        for name in _imported(node)
        if name.split(".")[0] not in ROOMS
    }
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning:__main__", "-c", _FORKS],
        input=f"{' '.join(sorted(foreign))}|{' '.join(ours)}",
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.stdout.strip() == f"done {len(ours)}", done.stdout + done.stderr


def _imported(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
