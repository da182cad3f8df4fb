"""The product's own source as the architecture tests read it: every file once, parsed once."""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("cms", "renderers", "screens", "media", "schedules", "deploy")


@dataclass(frozen=True)
class Source:
    """One Python file."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Its path as people write it."""
        return str(self.path.relative_to(ROOT))

    @property
    def module(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def lines(self) -> int:
        return self.text.count("\n")

    @functools.cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """All of the tree, walked once for all who look."""
        return tuple(ast.walk(self.tree))

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in self.nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def classes(self) -> Iterator[ast.ClassDef]:
        for node in self.nodes:
            if isinstance(node, ast.ClassDef):
                yield node

    def calls(self) -> Iterator[ast.Call]:
        for node in self.nodes:
            if isinstance(node, ast.Call):
                yield node


def parse(path: Path) -> Source:
    text = path.read_text("utf-8")
    return Source(path, text, ast.parse(text, str(path)))


@functools.cache
def product() -> tuple[Source, ...]:
    """Every Python file of the product."""
    return tuple(parse(path) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))


@functools.cache
def suite() -> tuple[Source, ...]:
    """Every Python file of the tests."""
    return tuple(parse(path) for path in sorted((ROOT / "tests").rglob("*.py")))


def dotted(node: ast.expr) -> str:
    """The dotted name an expression is, or an empty string."""
    if isinstance(node, ast.Attribute):
        left = dotted(node.value)
        return f"{left}.{node.attr}" if left else ""
    return node.id if isinstance(node, ast.Name) else ""


@functools.cache
def subclasses_of(*roots: str) -> frozenset[str]:
    """The names of all product classes that descend from a class of one of these names, these included."""
    bases: dict[str, set[str]] = {}
    for source in product():
        for found in source.classes():
            # Two rooms may have a class of one name.
            bases.setdefault(found.name, set()).update(dotted(base).rpartition(".")[2] for base in found.bases)
    known = set(roots)
    while more := {name for name, above in bases.items() if above & known} - known:
        known |= more
    return frozenset(known)
