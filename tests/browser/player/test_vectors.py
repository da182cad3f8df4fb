"""The player's port of the trust core, in the real browser, against the vectors both ports must pass."""

import functools
import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chromium import Pages

pytestmark = pytest.mark.browser

ROOT = Path(__file__).resolve().parents[3]
PLAYER = ROOT / "screens" / "player"
VECTORS = {name: json.loads((ROOT / "tests/vectors" / f"{name}.json").read_text("utf-8")) for name in (
    "canonical", "digests", "keys", "limits", "orders", "viewer",
)}  # fmt: skip

RUN = Path(__file__).with_name("vectors.js").read_text("utf-8")


@pytest.fixture
def origin() -> Iterator[str]:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(PLAYER)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("force", ["webcrypto", "noble"])
async def test_port_given_the_shared_vectors_says_what_python_says(pages: Pages, origin: str, force: str) -> None:
    page = await pages.open(f"{origin}/templates/frame.css")
    found: dict[str, Any] = await page.evaluate(RUN, [VECTORS, force])
    assert found["faults"] == []
    assert found["backend"] == force
    assert found["checks"] > 150
