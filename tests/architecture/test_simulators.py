"""The platform simulators know nothing of the product: what both got wrong alike, no test would find."""

import ast

from tests.architecture.source import ROOMS, Source, suite

SIMULATORS = (
    "tests/fakes/stage/",
    "tests/fakes/wechat/",
    "tests/fakes/douyin/",
    "tests/fakes/cityapp/",
    "tests/fakes/iptv/",
    "tests/fakes/platforms.py",
)


def imported(source: Source) -> set[str]:
    names = set()
    for node in source.nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module))
    return names


def test_simulator_when_it_imports_the_product_is_refused() -> None:
    sources = [source for source in suite() if source.name.startswith(SIMULATORS)]
    assert len(sources) > 20
    found = [
        f"{source.name}: {name}" for source in sources for name in imported(source) if name.partition(".")[0] in ROOMS
    ]
    assert found == []


def test_simulator_when_it_leans_on_the_rest_of_the_tests_is_refused() -> None:
    """Other fakes speak through the product's own rooms."""
    names = ("stage", "wechat", "douyin", "cityapp", "iptv")
    allowed = tuple(f"tests.fakes.{name}" for name in names)
    found = [
        f"{source.name}: {name}"
        for source in suite()
        if source.name.startswith(SIMULATORS)
        for name in imported(source)
        if name.startswith("tests.") and not name.startswith(allowed)
    ]
    assert found == []
