"""The player runs on Chromium 88: no younger syntax, and no younger function that is not filled in."""

import re
from pathlib import Path
from typing import Final

import pytest

PLAYER: Final = Path(__file__).resolve().parents[4] / "screens" / "player"
OLDEST: Final = 88

# What came after the oldest browser, and with which version; patterns of code without its strings and comments.
YOUNGER_SYNTAX: Final = {
    r"\bstatic\s*\{": 94,  # blocks of a class
    r"#\w+\s+in\s": 91,  # whether there is a private field
    r"\bimport\b[^;]*\bwith\s*\{": 123,  # attributes of an import
    r"\b(?:await\s+)?using\s+\w+\s*=": 134,
    r"/[dgimsuy]*v[dgimsuy]*(?=[.,;)])": 112,  # sets in patterns
    r"\(\?<?[imsx-]+:": 125,  # modifiers in patterns
}
YOUNGER_FUNCTIONS: Final = {
    ".at(": 92, ".findLast(": 97, ".findLastIndex(": 97, ".toSorted(": 110, ".toReversed(": 110, ".toSpliced(": 110,
    "Object.hasOwn(": 93, "Object.groupBy(": 117, "Map.groupBy(": 117, "structuredClone(": 98, "Array.fromAsync(": 121,
    "Promise.withResolvers(": 119, "Promise.try(": 128, "AbortSignal.any(": 116, "AbortSignal.timeout(": 103,
    ".throwIfAborted(": 100, ".randomUUID(": 92, ".isWellFormed(": 111, ".toHex(": 140, "Iterator.": 122,
    ".showPopover(": 114, ".startViewTransition(": 111, ".checkVisibility(": 105, ".replaceAll(": 85, ".setHTML(": 146,
    ".intersection(": 122, ".union(": 122, ".difference(": 122, "navigator.locks": 69, "scheduler.": 94,
}  # fmt: skip
MODULES: Final = sorted(PLAYER.rglob("*.js"))
_STRINGS: Final = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL)


def bare(path: Path) -> str:
    """The module's code without comments and strings."""
    return _STRINGS.sub('""', path.read_text("utf-8"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_module_speaks_the_language_of_the_oldest_browser(path: Path) -> None:
    code = bare(path)
    for pattern, since in YOUNGER_SYNTAX.items():
        if since > OLDEST:
            assert not re.search(pattern, code), f"{pattern}: Chromium {since}"
    depth = 0
    for line in code.splitlines():
        assert depth > 0 or not re.match(r"(?:(?:const|let|var)\b.*=\s*)?(?:for\s+)?await\s", line), "Chromium 89"
        depth += line.count("{") - line.count("}")


def test_younger_functions_are_filled_in_before_anything_uses_them() -> None:
    filled = (PLAYER / "old.js").read_text("utf-8")
    for path in MODULES:
        if path.name == "old.js" or path.parent.name == "vendor":
            continue
        for name, since in YOUNGER_FUNCTIONS.items():
            if since > OLDEST and name in bare(path):
                assert f'"{name.strip("(").rpartition(".")[2]}"' in filled, (
                    f"{path.name}: {name} is of Chromium {since}"
                )
    first = next(line for line in (PLAYER / "main.js").read_text("utf-8").splitlines() if line.startswith("import"))
    assert first == 'import "./old.js";'
