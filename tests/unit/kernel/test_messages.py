"""The catalogue merges the files of all packages, knows a key once, and always has a sentence to say."""

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from cms.kernel.messages import LANGUAGES, PACKAGES, Catalogue, Sentence, catalogue

FILES: dict[str, dict[str, object]] = {
    "cms/desk": {"desk.title": "云屏 {name}", "desk.nav.all": "全部"},
    "screens": {"error.screen.gone": {"text": "{name}已离线{ms}毫秒", "next": "请检查{name}的网络"}},
}


def write(root: Path, files: dict[str, dict[str, object]], *, language: str) -> None:
    for folder, content in files.items():
        path = root / folder / "messages" / f"{language}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content), "utf-8")


@pytest.fixture
def made(tmp_path: Path) -> Catalogue:
    for language in LANGUAGES:
        write(tmp_path, FILES, language=language)
    return Catalogue.load(tmp_path)


def test_catalogue_when_loaded_merges_every_package(made: Catalogue) -> None:
    assert made.text("zh-CN", "desk.title", name="吴江") == "云屏 吴江"
    assert made.keys("en") == {"desk.title", "desk.nav.all", "error.screen.gone"}


def test_catalogue_when_two_files_have_one_key_names_it(tmp_path: Path) -> None:
    write(tmp_path, FILES, language="zh-CN")
    write(tmp_path, {"renderers/web": {"desk.title": "又一个"}}, language="zh-CN")
    with pytest.raises(ValueError, match=r"desk\.title is defined twice.*renderers"):
        Catalogue.load(tmp_path)


def test_text_when_its_key_is_missing_is_a_defect(made: Catalogue) -> None:
    with pytest.raises(KeyError):
        made.text("zh-CN", "desk.nothing")


def test_refusal_when_said_is_filled(made: Catalogue) -> None:
    said = made.error("zh-CN", "screen.gone", {"name": "松陵站", "ms": 12})
    assert said == Sentence("松陵站已离线12毫秒", "请检查松陵站的网络")


def test_refusal_when_a_parameter_was_forgotten_is_still_said(made: Catalogue) -> None:
    assert made.error("en", "screen.gone", {"name": "松陵站"}).text == "松陵站已离线…毫秒"


@given(st.text())
def test_refusal_when_a_parameter_has_braces_says_them_as_they_are(value: str) -> None:
    told = Catalogue({}, {"en": {"error.a": Sentence("<{name}>", "")}}).error("en", "a", {"name": value})
    assert told.text == f"<{value}>"


def test_table_when_asked_by_prefix_holds_those_texts_only(made: Catalogue) -> None:
    assert made.table("zh-CN", "desk.nav.", "desk.none.") == {"desk.nav.all": "全部"}
    assert made.table("zh-CN", "error.") == {}


def test_catalogue_of_the_installation_is_read_once_and_from_every_package() -> None:
    assert catalogue() is catalogue()
    root = Path(__file__).resolve().parents[3]
    files = [path for package in PACKAGES for path in (root / package).glob("**/messages/zh-CN.json")]
    assert sum(len(json.loads(path.read_text("utf-8"))) for path in files) == len(catalogue().keys("zh-CN"))
