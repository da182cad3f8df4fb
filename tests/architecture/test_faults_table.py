"""Every test that a page names by `file::test` is there: a fault whose guard was renamed away is no longer held."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def _named() -> set[tuple[str, str]]:
    return {found for page in (ROOT / "docs").glob("*.md") for found in _NAMED.findall(page.read_text("utf-8"))}


def _is_there(file: str, test: str) -> bool:
    path = ROOT / file
    return path.is_file() and re.search(rf"^(async )?def {test}\(", path.read_text("utf-8"), re.MULTILINE) is not None


def test_test_when_a_page_names_it_is_there() -> None:
    assert len(_named()) > 50
    assert [f"{file}::{test}" for file, test in sorted(_named()) if not _is_there(file, test)] == []
