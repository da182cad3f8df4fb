"""The rules of a line on the box: there after a power cut, before anybody has told them again."""

import json
from pathlib import Path
from typing import Any

import pytest

from cms.hands.line import FREE
from screens.kiosk.machine import Machine, TellFault
from tests.unit.screens.kiosk.test_hands import told
from tests.vectors import world
from tests.vectors.orders import order, signed

RULES: dict[str, Any] = {
    "zone": "Asia/Shanghai",
    "windows": [{"days": [1, 2, 3, 4, 5, 6, 7], "on": 1320, "off": 360}],
    "budget": 10**9,
    "spread": 60_000,
    "share": False,
    "neighbours": [],
}


def machine(folder: Path) -> Machine:
    root = world.by(world.root(), "root").value()
    config = {"media": "http://media.example", "server": "https://yunping.example", "root": root}
    return Machine(folder / "player", folder / "state", config, limbs=None)


def test_rules_hold_over_a_power_cut_and_a_new_link_until_they_are_taken_away(tmp_path: Path) -> None:
    first = machine(tmp_path)
    assert first.depot.policy == FREE
    first.line({"policy": RULES})
    first.line({"screen": "0192-screen", "media": "http://media.example"})  # a link comes up: no rules named
    again = machine(tmp_path)
    assert again.depot.policy == first.depot.policy != FREE
    assert (again.depot.policy.budget, again.depot.screen) == (10**9, "0192-screen")
    again.line({"policy": None})
    assert again.depot.policy == machine(tmp_path).depot.policy == FREE


@pytest.mark.parametrize("told", [{"policy": {**RULES, "budget": -1}}, {"policy": 1}, {"media": "file:///etc"}])
def test_rules_that_are_none_leave_those_before(tmp_path: Path, told: dict[str, Any]) -> None:
    made = machine(tmp_path)
    made.line({"policy": RULES})
    with pytest.raises(TellFault):
        made.line(told)
    assert made.depot.policy.budget == 10**9
    (tmp_path / "state" / "line.json").write_text(json.dumps({"policy": told.get("policy", 3), "screen": 5}))
    assert machine(tmp_path).depot.policy == FREE  # a damaged note holds nobody back


def test_cache_is_cleared_by_order_and_what_was_begun_goes_too(tmp_path: Path) -> None:
    made = machine(tmp_path)
    media = tmp_path / "state" / "media"
    for name in ("a" * 64, f"{'b' * 64}.part"):
        (media / name).write_bytes(b"x")
    (media / "line.json").write_text("{}")
    assert made.order(told(signed(order(action="cache", params={})))) == {"state": "done", "value": 2}
    assert [one.name for one in media.iterdir()] == ["line.json"]
