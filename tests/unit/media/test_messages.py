"""Every code the package raises has a sentence and a next step in both languages, and none is left over."""

import json
import re
import string
from pathlib import Path

import media
from cms.content import importing

ROOT = Path(media.__file__).parent
# What lies in the drop folder is judged where drafts are made of it, in words of media.
ROOMS = (ROOT, Path(importing.__file__).parent)
RAISED = {
    code
    for room in ROOMS
    for path in room.rglob("*.py")
    for code in re.findall(r'"(media\.[a-z_]+)"', path.read_text("utf-8"))
} - {"media.worker"}


def _catalogue(language: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads((ROOT / "messages" / f"{language}.json").read_text("utf-8"))
    return found


def _fields(sentence: dict[str, str]) -> set[str]:
    text = sentence["text"] + sentence["next"]
    return {field for _, field, _, _ in string.Formatter().parse(text) if field}


def test_messages_name_every_code_that_is_raised_and_no_other() -> None:
    for language in ("zh-CN", "en"):
        assert {key.removeprefix("error.") for key in _catalogue(language)} == RAISED


def test_messages_of_both_languages_show_the_same_values() -> None:
    chinese, english = _catalogue("zh-CN"), _catalogue("en")
    assert {key: _fields(value) for key, value in chinese.items()} == {
        key: _fields(value) for key, value in english.items()
    }


def test_messages_always_say_what_to_do_next() -> None:
    for language in ("zh-CN", "en"):
        assert all(sentence["next"].strip() for sentence in _catalogue(language).values())
