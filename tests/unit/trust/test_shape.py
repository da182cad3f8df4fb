"""Reading by declaration accepts exactly what is declared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import pytest

from cms.trust.errors import TrustError
from cms.trust.shape import Code, Ms, among, distinct, read, size


@dataclass(frozen=True, slots=True)
class Inner:
    OPEN: ClassVar[bool] = True

    from_: Ms


@dataclass(frozen=True, slots=True)
class Outer:
    name: Code
    yes: bool
    some: Annotated[tuple[str, ...], among(("a", "b")), distinct, size(0, 2)]
    inner: Inner | None
    table: Mapping[str, Ms]


GOOD: dict[str, Any] = {"name": "x", "yes": True, "some": ["a"], "inner": {"from": 1, "more": 2}, "table": {"k": 0}}


def test_read_of_the_declared_gives_the_dataclass() -> None:
    assert read(Outer, GOOD, "outer") == Outer("x", yes=True, some=("a",), inner=Inner(1), table={"k": 0})
    assert read(Outer, {**GOOD, "inner": None}, "outer").inner is None


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "X"}, "outer.name"),
        ({"name": 1}, "outer.name"),
        ({"yes": 1}, "outer.yes"),
        ({"some": "a"}, "outer.some"),
        ({"some": ["c"]}, "outer.some"),
        ({"some": ["a", "a"]}, "outer.some"),
        ({"some": ["a", 1]}, "outer.some[1]"),
        ({"inner": {"from": -1}}, "outer.inner.from"),
        ({"inner": {"from": True}}, "outer.inner.from"),
        ({"inner": {}}, "outer.inner.from"),
        ({"inner": []}, "outer.inner"),
        ({"table": []}, "outer.table"),
        ({"table": {"k": "0"}}, "outer.table.k"),
        ({"more": 1}, "outer.more"),
    ],
)
def test_read_of_anything_else_names_the_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(TrustError) as refusal:
        read(Outer, {**GOOD, **change}, "outer")
    assert (refusal.value.code, refusal.value.params) == ("trust.schema", {"field": field})


def test_read_without_a_field_names_it() -> None:
    with pytest.raises(TrustError, match=r"outer\.yes"):
        read(Outer, {name: value for name, value in GOOD.items() if name != "yes"}, "outer")
