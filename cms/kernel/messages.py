"""The message catalogue: keys shared by Python, JavaScript and portal, one JSON file a package and language."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

LANGUAGES = ("zh-CN", "en")
PACKAGES = ("cms", "media", "schedules", "screens", "renderers", "deploy")
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a refusal says: the sentence, and what to do next."""

    text: str
    next: str


class Catalogue:
    """Texts by language and key. A missing key is a defect and raises KeyError, in tests as in production."""

    def __init__(self, texts: Mapping[str, Mapping[str, str]], errors: Mapping[str, Mapping[str, Sentence]]) -> None:
        self._texts = texts
        self._errors = errors
        self._keys = {one: frozenset(texts[one]) | frozenset(errors[one]) for one in texts}

    @classmethod
    def load(cls, root: Path = _ROOT) -> "Catalogue":
        """Merges every ``**/messages/{language}.json`` below the top-level packages.

        Raises ValueError when two files define one key.
        """
        texts: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
        errors: dict[str, dict[str, Sentence]] = {language: {} for language in LANGUAGES}
        for language in LANGUAGES:
            for package in PACKAGES:
                for path in sorted((root / package).glob(f"**/messages/{language}.json")):
                    _merge(json.loads(path.read_text("utf-8")), texts[language], errors[language], path)
        return cls(texts, errors)

    def text(self, language: str, key: str, **params: object) -> str:
        return self._texts[language][key].format(**params)

    def error(self, language: str, code: str, params: Mapping[str, object]) -> Sentence:
        """The sentence and next step of a refusal's code, filled with its parameters."""
        found = self._errors[language][f"error.{code}"]
        return Sentence(found.text.format_map(_Lenient(params)), found.next.format_map(_Lenient(params)))

    def keys(self, language: str) -> frozenset[str]:
        return self._keys[language]

    def table(self, language: str, *prefixes: str) -> dict[str, str]:
        """The plain texts whose keys begin with one of `prefixes`, for a page's scripts."""
        return {k: v for k, v in self._texts[language].items() if k.startswith(prefixes)}


class _Lenient(dict[str, object]):
    """A refusal must still be said when a parameter was forgotten."""

    def __missing__(self, key: str) -> str:
        return "…"


def _merge(
    found: Mapping[str, str | Mapping[str, str]],
    texts: dict[str, str],
    errors: dict[str, Sentence],
    path: Path,
) -> None:
    for key, value in found.items():
        if key in texts or key in errors:
            raise ValueError(f"{key} is defined twice, again in {path}")
        if isinstance(value, str):
            texts[key] = value
        else:
            errors[key] = Sentence(value["text"], value["next"])


@functools.cache
def catalogue() -> Catalogue:
    """The catalogue of this installation, read once."""
    return Catalogue.load()
