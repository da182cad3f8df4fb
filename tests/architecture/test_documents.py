"""What the documents name is there: files, settings, metrics, commands, and the words of the desk."""

import re
from pathlib import Path

import pytest

from cms.guard.operations import OPERATIONS
from deploy.cli import main
from deploy.roles import METRICS
from deploy.settings import BOOTSTRAP, PREFIX, Settings
from tests.architecture.source import ROOMS, ROOT
from tests.architecture.test_catalogue import entries
from tests.architecture.test_glossary import spoken

PAGES = (ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").glob("*.md")))
NAMED = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
FOLDERS = (*ROOMS, "tests", "tools", "docs")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)")
PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[\w./-]+)`")
MODULE = re.compile(rf"`((?:{'|'.join(ROOMS)})(?:\.\w+)+)`")
# Words of the guide in bold that are no words of the desk.
OWN_WORDS = {"两位不同的同志", "任一版次", "不可恢复", "重新送审", "一次性登录码", "签名密钥"}


@NAMED
def test_link_when_followed_leads_somewhere(page: Path) -> None:
    assert [link for link in LINK.findall(page.read_text("utf-8")) if not (page.parent / link).exists()] == []


@NAMED
def test_path_when_named_is_there(page: Path) -> None:
    assert [path for path in PATH.findall(page.read_text("utf-8")) if not (ROOT / path).exists()] == []


@NAMED
def test_module_when_named_is_there(page: Path) -> None:
    wrong = []
    for name in MODULE.findall(page.read_text("utf-8")):
        if f"error.{name}" in entries("zh-CN"):
            continue
        parts = name.split(".")
        places = [ROOT.joinpath(*parts[:count]) for count in range(2, len(parts) + 1)]
        if not any(place.is_dir() or place.with_suffix(".py").exists() for place in places):
            wrong.append(name)
    assert wrong == []


@NAMED
def test_setting_and_metric_when_named_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    settings = {PREFIX + name.upper() for name in Settings.model_fields} | BOOTSTRAP
    metrics = {metric.name for metric in METRICS}
    assert {name for name in re.findall(r"YUNPING_[A-Z0-9_]+", text) if not name.endswith("_")} - settings == set()
    assert set(re.findall(r"\byunping_[a-z_]+\b", text)) - metrics == set()


@NAMED
def test_command_when_shown_is_one(page: Path) -> None:
    shown = set(re.findall(r"\./yunping ([a-z]+)", page.read_text("utf-8")))
    assert shown - set(main.commands) - {"command"} == set()


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_readme_when_opened_begins_with_the_two_commands(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").splitlines()[:6]
    assert [line.split("#")[0].strip() for line in lines if line.startswith("./")] == [
        "./yunping up --demo",
        "./yunping test",
    ]


def test_guide_when_it_names_a_button_uses_the_words_of_the_desk() -> None:
    text = (ROOT / "docs" / "editor-guide.zh-CN.md").read_text("utf-8")
    bold = {words for found in re.findall(r"\*\*(.+?)\*\*", text) for words in found.split("、")} - OWN_WORDS
    assert len(bold) > 15
    assert {words for words in bold if words not in spoken()} == set()


def test_operation_of_the_guard_when_named_exists() -> None:
    assert "raise_epoch" in OPERATIONS
