"""The message catalogue and the code agree: every refusal has its sentence, and every sentence its refusal."""

import ast
import enum
import functools
import importlib
import json
import re
import string
from collections.abc import Iterator

import pytest

from cms.kernel.messages import LANGUAGES, PACKAGES, Catalogue
from tests.architecture.source import ROOT, product, subclasses_of

ERRORS = ("DomainError", "MediaRefused")
CODE = re.compile(r"^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$")
IN_A_SCRIPT = re.compile(r"[\"'`]([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+)[\"'`]")
CHINESE = re.compile("[\u4e00-\u9fff]")
# Said by the rim for any failure, with parameters of its own.
AT_THE_RIM = ("kernel.",)


@functools.cache
def entries(language: str) -> dict[str, str | dict[str, str]]:
    found: dict[str, str | dict[str, str]] = {}
    for package in PACKAGES:
        for path in sorted((ROOT / package).glob(f"**/messages/{language}.json")):
            found |= json.loads(path.read_text("utf-8"), object_pairs_hook=_no_duplicates)
    return found


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    names = [name for name, _ in pairs]
    assert len(names) == len(set(names)), sorted({name for name in names if names.count(name) > 1})
    return dict(pairs)


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def raised() -> Iterator[tuple[str, str, set[str] | None]]:
    """Each refusal in the source: where, its code, its parameters (None when they are not written out)."""
    names = subclasses_of(*ERRORS)
    for source in product():
        for call in source.calls():
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name not in names or not call.args or not isinstance(call.args[0], ast.Constant):
                continue
            keywords = {keyword.arg for keyword in call.keywords}
            known = None if None in keywords else {keyword for keyword in keywords if keyword}
            yield f"{source.name}:{call.lineno}", str(call.args[0].value), known


def test_catalogue_when_loaded_has_no_key_twice() -> None:
    for language in LANGUAGES:
        entries(language)
    Catalogue.load()


def test_languages_when_compared_have_the_same_keys() -> None:
    assert set(entries("zh-CN")) ^ set(entries("en")) == set()


def test_languages_when_compared_have_the_same_parameters() -> None:
    different = [
        key
        for key, value in entries("zh-CN").items()
        if _all_placeholders(value) != _all_placeholders(entries("en").get(key, ""))
    ]
    assert different == []


def _all_placeholders(value: str | dict[str, str]) -> set[str]:
    return placeholders(value if isinstance(value, str) else value["text"] + value["next"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_error_when_in_the_catalogue_says_what_and_what_next(language: str) -> None:
    wrong = [
        key
        for key, value in entries(language).items()
        if key.startswith("error.")
        and not (
            isinstance(value, dict) and value.keys() == {"text", "next"} and all(v.strip() for v in value.values())
        )
    ]
    assert wrong == []


def test_chinese_sentence_when_read_is_chinese() -> None:
    wrong = [
        key
        for key, value in entries("zh-CN").items()
        if isinstance(value, dict) and not all(CHINESE.search(part) for part in value.values())
    ]
    assert wrong == []


def test_refusal_when_raised_has_its_sentence() -> None:
    known = entries("zh-CN")
    assert [(where, code) for where, code, _ in raised() if f"error.{code}" not in known] == []


def test_refusal_when_raised_gives_what_its_sentence_shows() -> None:
    known = entries("zh-CN")
    missing = [
        (where, code, gap)
        for where, code, given in raised()
        if given is not None
        if (gap := _all_placeholders(known.get(f"error.{code}", "")) - given)
    ]
    assert missing == []


def test_sentence_when_no_refusal_uses_it_is_refused() -> None:
    spoken = {
        node.value
        for source in product()
        for node in source.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.match(node.value)
    }
    # Scripts raise the same codes under the same names.
    for room in PACKAGES:
        for path in (ROOT / room).rglob("*.js"):
            if "vendor" not in path.parts:
                spoken |= set(
                    re.findall(r"[\"'`]([a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+)[\"'`]", path.read_text("utf-8"))
                )
    dead = [
        key
        for key in entries("zh-CN")
        if key.startswith("error.")
        and not {key, key.removeprefix("error.")} & spoken
        and not key.removeprefix("error.").startswith(AT_THE_RIM)
    ]
    assert dead == []


def test_label_when_one_member_of_an_enum_has_one_every_member_has() -> None:
    labelled: dict[str, set[str]] = {}
    for key in entries("zh-CN"):
        if key.startswith("enum."):
            _, name, member = key.split(".", 2)
            labelled.setdefault(name, set()).add(member)
    enums = _enums()
    wrong = {name: members for name, members in labelled.items() if members not in enums.get(name, [])}
    assert wrong == {}


def _enums() -> dict[str, list[set[str]]]:
    """The members of every enum by its name; two rooms may have one of the same name."""
    names = subclasses_of("Enum", "StrEnum", "IntEnum", "Flag", "IntFlag")
    found: dict[str, list[set[str]]] = {}
    for source in product():
        for declared in source.classes():
            if declared.name in names:
                named = getattr(importlib.import_module(source.module), declared.name)
                if issubclass(named, enum.Enum):
                    found.setdefault(declared.name, []).append({member.name for member in named})
    return found
