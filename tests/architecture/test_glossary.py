"""The glossary binds identifier, 中文 and the words on the screen, and all three are what the program uses."""

import functools
import re

import pytest

from cms.kernel.messages import catalogue
from deploy import glossary
from deploy.settings_page import DOCS
from tests.architecture.source import product
from tests.architecture.test_catalogue import entries

# The words of the design; more may stand in the glossary.
WORDS = (
    *("Unit", "Document", "Edition", "Revision", "Status", "Release", "Approval", "Target", "Placement", "Line-up"),
    *("Publication", "Delivery", "Receipt", "Asset", "Rendition", "Screen", "Alert", "Alarm", "Audience", "Envelope"),
)
CHINESE = re.compile("[\u4e00-\u9fff]")
# Words of what is not built yet, and of what is no class.
NO_CLASS = {"Alert", "Entry", "Alarm", "Audience", "Guard", "Recall", "Trust domain", "Epoch", "Poster"}


def page() -> str:
    return (DOCS / "glossary.md").read_text("utf-8")


@functools.cache
def words() -> dict[str, list[str]]:
    table = page().partition("## Words\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines() if "|" in line]
    return {row[0]: row[1:] for row in rows[2:]}


@functools.cache
def spoken() -> str:
    return "\n".join(
        value if isinstance(value, str) else f"{value['text']}\n{value['next']}" for value in entries("zh-CN").values()
    )


def test_states_when_compared_with_the_code_are_current() -> None:
    """Run `python -m deploy.settings_page` after a change."""
    assert glossary.with_states(page()) == page()


@pytest.mark.parametrize("word", WORDS)
def test_word_of_the_design_when_looked_up_is_there(word: str) -> None:
    assert word in words()


def test_word_when_read_has_chinese_and_a_meaning() -> None:
    for word, (chinese, _, meaning, _) in words().items():
        assert CHINESE.search(chinese), word
        assert len(meaning) > 10, word


def test_word_when_the_screen_is_said_to_show_it_is_shown() -> None:
    assert [word for word, (_, label, _, _) in words().items() if label != "–" and label not in spoken()] == []


def test_word_when_it_is_an_identifier_is_a_class_where_the_glossary_says() -> None:
    classes = {(source.module, declared.name) for source in product() for declared in source.classes()}
    wrong = [
        word
        for word, (_, _, _, where) in words().items()
        if word not in NO_CLASS and (where.strip("`"), word.replace("-up", "Up").replace("-", "")) not in classes
    ]
    assert wrong == []


def test_word_when_it_names_a_room_names_one_that_is_there() -> None:
    rooms = {source.module for source in product()}
    assert [word for word, (_, _, _, where) in words().items() if where != "–" and where.strip("`") not in rooms] == []


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_member_of_an_enum_when_shown_has_its_own_label(language: str) -> None:
    """A label that two members share would tell a person nothing."""
    for kind in glossary.LABELS:
        found = [label for one, _, label in glossary.labels(language) if one is kind]
        assert len(found) == len(set(found)) == len(kind), kind


def test_member_of_an_enum_when_shown_in_chinese_is_chinese() -> None:
    assert [(member, label) for _, member, label in glossary.labels("zh-CN") if not CHINESE.search(label)] == []


def test_enum_when_the_catalogue_labels_it_is_in_the_glossary() -> None:
    labelled = {key.split(".")[1] for key in catalogue().keys("zh-CN") if key.startswith("enum.")}
    assert labelled - {kind.__name__ for kind in glossary.LABELS} == set()


def test_state_when_two_tables_label_it_is_called_alike() -> None:
    """The chip of an edition and the name of its state are read side by side."""
    texts = catalogue()
    different = {
        f"{kind.__name__}.{member.name}": (label, texts.text("zh-CN", own))
        for kind, member, label in glossary.labels("zh-CN")
        if (own := f"enum.{kind.__name__}.{member.name}") in texts.keys("zh-CN") and texts.text("zh-CN", own) != label
    }
    assert different == {}
