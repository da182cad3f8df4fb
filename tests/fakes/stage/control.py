"""`/_sim/…`: how a journey or a demo steers a simulator over HTTP, and reads its evidence.

Changes ask for JSON by its media type, so that a page of another origin cannot make them from a browser.
"""

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fakes.stage.messages import Answer, BadBody, Request, json_answer

if TYPE_CHECKING:
    from tests.fakes.stage.simulator import Simulator

STATIC = Path(__file__).parent / "static"
STATIC_TYPES = {".svg": "image/svg+xml", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
Values = Mapping[str, Any]


class Control:
    """Common to all simulators; each adds its own by `controls()`."""

    def __init__(self, simulator: "Simulator") -> None:
        self._simulator = simulator

    def answer(self, request: Request) -> Answer | None:
        name = request.path.removeprefix("/_sim/")
        if name.startswith("static/"):
            return _static(name.removeprefix("static/"))
        if request.method == "GET":
            asked = self._asked().get(name)
            return json_answer(asked(request.query)) if asked else None
        act = (self._acts() | dict(self._simulator.controls())).get(name)
        if act is None:
            return None
        if not request.headers.get("content-type", "").startswith("application/json"):
            return json_answer({"error": "Content-Type must be application/json"}, status=415)
        try:
            done = act(request.json() if request.body else {})
        except (BadBody, KeyError, TypeError, ValueError) as wrong:
            return json_answer({"error": f"{type(wrong).__name__}: {wrong}"}, status=400)
        self._simulator.settle()
        return json_answer({"ok": True} if done is None else done)

    def _asked(self) -> Mapping[str, Callable[[Values], Any]]:
        simulator = self._simulator
        return {
            "journal": lambda query: [
                entry for entry in simulator.journal.as_json() if query.get("path", entry["path"]) == entry["path"]
            ],
            "counters": lambda _: dict(simulator.journal.counters),
            "defects": lambda _: simulator.journal.defects,
            "state": lambda _: {
                "now": simulator.clock.now().isoformat(),
                "revision": simulator.revision,
                **simulator.state(),
            },
            "revision": lambda _: {"revision": simulator.revision},
            "visible": lambda query: {"visible": simulator.visible(query.get("title", ""))},
            "deliveries": lambda _: [
                {"name": one.name, "state": one.state, "tries": one.tries, "answers": [code for code, _ in one.answers]}
                for one in (*simulator.outbox.sent, *simulator.outbox.waiting)
            ],
        }

    def _acts(self) -> dict[str, Callable[[Values], Any]]:
        simulator = self._simulator
        return {
            "clock": lambda values: simulator.advance(float(values["advance"])),
            "faults": lambda values: _void(simulator.faults.plan(**values)),
            "calm": lambda _: simulator.calm(),
            "arrange": lambda values: simulator.arrange(random.Random(values["seed"])),
            "deliveries": lambda values: simulator.outbox.plan(**values),
        }


def _void(_: object) -> None:
    """The control answers «ok» and not the value."""


def _static(name: str) -> Answer | None:
    path = STATIC / name
    # The name comes from outside: only what lies there by that very name.
    if path.name != name or path.suffix not in STATIC_TYPES or not path.is_file():
        return None
    headers = {"Content-Type": STATIC_TYPES[path.suffix], "X-Content-Type-Options": "nosniff"}
    return Answer(200, path.read_bytes(), headers)
