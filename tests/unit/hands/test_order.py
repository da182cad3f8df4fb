"""Orders: the shared vectors, and a hundred attacks for each of them, none of which is heeded."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from cms.hands.order import KEPT, Ledger, heed, verify_order
from cms.trust.errors import TrustError
from cms.trust.signed import Signed, Verified
from cms.trust.verify import verify_root
from tests.vectors import orders as made
from tests.vectors.world import T0

VECTORS: dict[str, Any] = json.loads((Path(__file__).parents[2] / "vectors" / "orders.json").read_text("utf-8"))
ROOT = verify_root(Signed.of(VECTORS["root"]), None)
GOOD = made.signed(made.order(action="volume", params={"level": 30}))


def heeded(wire: object, *, now: int = T0 + 1, ledger: Ledger | None = None) -> Ledger:
    order = verify_order(Signed.of(wire), ROOT)
    return heed(ledger or Ledger(), order, screen=VECTORS["screen"], now=now)


def test_vectors_made_again_are_the_same() -> None:
    assert made.orders() == VECTORS


@pytest.mark.parametrize("case", VECTORS["cases"], ids=[case["name"] for case in VECTORS["cases"]])
def test_order_is_heeded_or_refused_with_its_code(case: dict[str, Any]) -> None:
    code = None
    try:
        heeded(case["order"], now=case["now"], ledger=Ledger(case["epoch"], case["seqs"]))
    except TrustError as fault:
        code = fault.code
    assert code == case["expect"]


@settings(max_examples=500)
@given(st.integers(0, len(GOOD.text) - 1), st.characters(codec="utf-8"), st.booleans())
def test_order_with_one_letter_changed_is_never_heeded(place: int, letter: str, cut: bool) -> None:
    text = GOOD.text[:place] + ("" if cut else letter) + GOOD.text[place + 1 :]
    if text != GOOD.text:
        with pytest.raises(TrustError):
            heeded(Signed(text, GOOD.signatures).value())


@settings(max_examples=60)
@given(st.recursive(st.none() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)))
def test_anything_else_is_never_heeded(wire: object) -> None:
    with pytest.raises(TrustError):
        heeded(wire)


def test_ledger_heeds_each_number_once_and_forgets_old_ends_only() -> None:
    ledger = Ledger()
    for seq in range(1, KEPT + 10):
        order: Verified[Any] = verify_order(made.signed(made.order(seq)), ROOT)
        ledger = heed(ledger, order, screen=VECTORS["screen"], now=T0).ended(order.value.order, {"state": "done"})
        with pytest.raises(TrustError, match=r"hands\.replayed"):
            heed(ledger, order, screen=VECTORS["screen"], now=T0)
    assert len(ledger.ends) == KEPT
