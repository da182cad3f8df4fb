"""A real browser at the real gateway: it agrees to packed messages, and reads the state that was packed once."""

from typing import Any

import pytest
from playwright.async_api import Page

from cms.kernel.db import Database
from screens import pairing
from screens.district import District
from screens.frames import packed_frame
from screens.simulator import SimulatedScreen
from tests.browser.player.test_vectors import origin
from tests.chromium import Pages
from tests.integration.screens.conftest import CLOCK, UNIT, Street, operator

pytestmark = pytest.mark.browser
__all__ = ["origin"]

# The player's own link, with a key of its own, noting what it hears.
DIAL = """
async (url) => {
  const Real = globalThis.WebSocket;
  globalThis.WebSocket = class extends Real { constructor(...given) { super(...given); globalThis.socket = this; } };
  const [{ Link }, { newPair }] = await Promise.all([import("/link.js"), import("/trust/crypto.js")]);
  const identity = { screen: null, pair: await newPair() };
  globalThis.told = { code: null, up: false, states: [] };
  const link = new Link(url, {
    identity: async () => identity,
    have: () => ({ epoch: 0, version: 0, recalls: 0, root: 0, delegations: 0 }),
    caps: () => ({}),
    beat: () => ({ at: Date.now(), painted_at: null, version: 0, showing: null, clock: 0, stale: false, mem: 0 }),
    onPairing: ({ code }) => (told.code = code),
    onPaired: async ({ screen }) => { identity.screen = screen; },
    onWelcome: async () => { told.up = true; },
    onState: async ({ manifest }) => { if (manifest) told.states.push(manifest.text); },
    onLink() {},
    onTrouble: (error) => (told.trouble = String(error)),
  });
  link.run(new AbortController().signal);
}
"""


async def test_browser_agrees_to_packing_and_reads_what_was_packed_once(
    pages: Pages, origin: str, sqlite: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed: list[str] = []

    def counted(text: str) -> bytes:
        packed.append(text)
        return packed_frame(text)

    monkeypatch.setattr("screens.frames.packed_frame", counted)
    street = Street(sqlite, District(CLOCK), settings={"origins": (origin,)})
    await street.start()
    try:
        await street.unit()
        page = await pages.open(f"{origin}/templates/frame.css")
        await page.evaluate(DIAL, street.url)
        told: dict[str, Any] = await _until(page, "told.code && told")
        made = await pairing.claim(sqlite, operator(), code=told["code"], unit=UNIT, name="一楼大厅", now=CLOCK.now())
        await _until(page, "told.up && told")
        await street.publish([SimulatedScreen(street.url, screen=str(made.id))], entries=100)
        told = await _until(page, "told.states.length > 0 && told")
        agreed = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        assert await page.evaluate("socket.extensions") == agreed
        assert len(packed) == 1
        assert len(told["states"][0]) > 3_000
        assert "trouble" not in told
        await page.close()
    finally:
        await street.stop()


async def _until(page: Page, script: str) -> Any:
    """What the script says once it says something."""
    found = await page.wait_for_function(script, timeout=60_000)
    return await found.json_value()
