"""The state is a fold: a snapshot replayed is the same state, and recalls only grow."""

from typing import Any

from hypothesis import given, strategies as st

from cms.guard.journal import Record
from cms.guard.recalling import Item, recall_items, wanted
from cms.guard.state import GuardState, restored
from cms.trust.signed import sign
from tests.vectors import world
from tests.vectors.world import key_of, uuid_of

NAMES = st.integers(0, 60).map(lambda number: f"{number:064x}")


def begun() -> GuardState:
    state = GuardState()
    data = {
        "domain": world.DOMAIN,
        "first_run": "0" * 64,
        "root": world.by(world.root(), "root").value(),
        "delegations": world.by(world.delegations(), "delegations").value(),
    }
    state.apply(Record(1, "initialised", data))
    return state


RECORDS = st.lists(
    st.one_of(
        NAMES.map(lambda name: ("registered", {"release": name, "document": "abcdefghjk", "places": [name[:3]]})),
        NAMES.map(lambda name: ("recalled", {"items": [_item(name)], "by": uuid_of("wu"), "second": None})),
        st.sampled_from(["a", "b"]).map(lambda person: ("wrong", {"person": person})),
        st.sampled_from(["a", "b"]).map(lambda person: ("right", {"person": person})),
        st.integers(1, 9).map(lambda n: ("manifest", {"audience": f"a{n}", "version": n, "digest": "", "file": ""})),
    ),
    max_size=60,
)


def _item(name: str) -> dict[str, Any]:
    return {"release": name, "asset": None, "at": 1, "by": uuid_of("wu"), "reason": ""}


@given(RECORDS)
def test_snapshot_replayed_is_the_same_state(records: list[tuple[str, Any]]) -> None:
    state = begun()
    for kind, data in records:
        state.apply(Record(2, kind, data))
    again = GuardState()
    for kind, data in restored(state.snapshot()):
        again.apply(Record(3, kind, data))
    assert again == state
    key = key_of("guard")
    assert sign(again.recalls(), [key]) == sign(state.recalls(), [key])


@given(st.lists(NAMES, max_size=15), st.lists(NAMES, max_size=15))
def test_recalls_when_asked_again_add_only_what_is_new(first: list[str], second: list[str]) -> None:
    state = begun()
    for names in (first, second):
        before = state.recalls().releases
        pairs = wanted(state, [Item(name, None, None) for name in names])
        items = recall_items(state, pairs, by=uuid_of("wu"), second=uuid_of("qian"), reason="", now=1)
        state.apply(Record(1, "recalled", {"items": items}))
        assert state.recalls().releases == before | set(names)
    assert len(state.items) == len(set(first) | set(second))
