"""A new channel is one folder and one entry point: the house never names it, and what it calls is in the journal."""

import ast
import tomllib
from pathlib import Path

import pytest

from tests.architecture.source import Source, product

ROOT = Path(__file__).resolve().parents[2]
# Those that came after the house stood.
NEWER = ("cityapp", "wxnotice")


def _points() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return dict(project["entry-points"]["yunping.renderers"])


@pytest.mark.parametrize("kind", NEWER)
def test_newer_channel_is_named_in_its_folder_and_nowhere_else(kind: str) -> None:
    assert _points()[kind] == f"renderers.{kind}:channel"
    rooms = (ROOT / name for name in ("cms", "deploy", "media", "renderers", "schedules", "screens"))
    kinds = {".py", ".json", ".html", ".css", ".js"}
    files = [path for room in rooms for path in room.rglob("*") if path.suffix in kinds]
    assert len(files) > 500
    outside = [path for path in files if path.parts[len(ROOT.parts) : len(ROOT.parts) + 2] != ("renderers", kind)]
    assert [path.name for path in outside if kind in path.read_text(encoding="utf-8")] == []


def test_channel_that_calls_outside_writes_every_call_into_the_journal() -> None:
    calling = [source for source in product() if source.name.startswith("renderers/") and _calls(source, "outbound")]
    assert len(calling) >= 4
    assert [source.name for source in calling if not _calls(source, "journal")] == []


def _calls(source: Source, service: str) -> bool:
    """Whether it calls a method of an injected service: `services.outbound.request`, `services.journal.record`."""
    return any(
        isinstance(node, ast.Attribute) and isinstance(node.value, ast.Attribute) and node.value.attr == service
        for node in source.nodes
    )
