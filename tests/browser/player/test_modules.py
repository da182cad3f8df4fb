"""What modules of the player promise by themselves, in the real browser.

Voices in their order, a way back that is spread out, a key that cannot be taken away, and a page that notices when it
paints no more.
"""

import statistics
from typing import Any

import pytest

from tests.browser.player.test_vectors import VECTORS, origin
from tests.chromium import Pages
from tests.vectors.orders import TICKET, order, signed
from tests.vectors.world import T0

pytestmark = pytest.mark.browser
__all__ = ["origin"]

# Reads three parts with each set of voices; what was heard, by whom. A voice that is `dumb` is there and never begins.
VOICES = """
async () => {
  const heard = [];
  globalThis.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  globalThis.Audio = class {
    set src(url) { this.url = url; }
    removeAttribute() {}
    load() {}
    pause() {}
    async play() {
      heard.push(this.url);
      setTimeout(() => (this.url.includes("broken") ? this.onerror() : this.onended()), 0);
    }
  };
  globalThis.fetch = async (url, { body }) => ({ ok: true, json: async () => ({ path: `box:${body}` }) });
  const later = globalThis.setTimeout;
  globalThis.setTimeout = (run, ms, ...more) => later(run, ms > 100 ? 1 : ms, ...more); // patience ends at once
  const browser = (how, lang = "zh-CN", localService = true) => ({
    getVoices: () => [{ lang, localService }],
    cancel() {},
    speak(said) {
      if (how === "dumb") return;
      said.onstart?.();
      later(() => {
        if (how === "fails" && said.text === "乙") return said.onerror({ error: "synthesis-failed" });
        heard.push(`browser:${said.text}`);
        return said.onend();
      }, 0);
    },
  });
  const { Voice } = await import("/touch/voice.js");
  const parts = ["甲", "乙", "丙"].map((said) => ({ said }));
  const read = async (synthesis, box, narration = null) => {
    heard.length = 0;
    const voice = new Voice({ synthesis, box });
    const { signal } = new AbortController();
    const code = await voice.read(parts, { narration, signal }).then(() => "read", (fault) => fault.message);
    return [voice.isAble, code, ...heard];
  };
  return {
    recorded: await read(browser("speaks"), "voice", "recording"),
    broken: await read(browser("speaks"), "voice", "broken recording"),
    browser: await read(browser("speaks"), "voice"),
    foreign: await read(browser("speaks", "en-US"), "voice"),
    distant: await read(browser("speaks", "zh-CN", false), "voice"),
    dumb: await read(browser("dumb"), "voice"),
    fails: await read(browser("fails"), "voice"),
    box: await read(null, "voice"),
    none: await read(null, null),
    only: await read(browser("fails"), null),
  };
}
"""
BOX = ["box:甲", "box:乙", "box:丙"]
BROWSER = ["browser:甲", "browser:乙", "browser:丙"]


async def test_voice_is_the_recording_then_the_browsers_then_the_boxs_and_one_that_fails_gives_way(
    pages: Pages, origin: str
) -> None:
    page = await pages.open(f"{origin}/templates/frame.css")
    assert await page.evaluate(VOICES) == {
        "recorded": [True, "read", "recording"],
        "broken": [True, "read", "broken recording", *BROWSER],
        "browser": [True, "read", *BROWSER],
        "foreign": [True, "read", *BOX],
        "distant": [True, "read", *BOX],  # one that would send the text to somebody else
        "dumb": [True, "read", *BOX],
        "fails": [True, "read", "browser:甲", "box:乙", "box:丙"],
        "box": [True, "read", *BOX],
        "none": [False, "none"],
        "only": [True, "synthesis-failed", "browser:甲"],
    }


# A hundred screens whose gateway answers nobody: how long each waits before it dials the second to eighth time (ms).
WAITS = """
async () => {
  const now = globalThis.setTimeout;
  globalThis.WebSocket = class { constructor() { now(() => this.onclose(), 0); } close() {} };
  const { Link } = await import("/link.js");
  const waits = async () => {
    const found = [];
    const over = new AbortController();
    globalThis.setTimeout = (run, ms) => {
      if (ms > 0 && ms <= 20_000) found.push(ms);
      if (found.length >= 7) over.abort(new Error("enough"));
      return now(run, ms > 20_000 ? 1e8 : 0);
    };
    const to = { identity: async () => ({ screen: "s" }), onLink() {} };
    await new Link("ws://nowhere", to).run(over.signal).catch(() => {});
    return found.slice(0, 7);
  };
  const all = [];
  for (let one = 0; one < 100; one += 1) all.push(await waits());
  return { all };
}
"""


async def test_screens_whose_gateway_is_gone_come_back_one_by_one_and_later_each_time(
    pages: Pages, origin: str
) -> None:
    page = await pages.open(f"{origin}/templates/frame.css")
    found: dict[str, Any] = await page.evaluate(WAITS)
    by_try = list(zip(*found["all"], strict=True))
    assert len(by_try) == 7
    for waits in by_try:
        assert len(set(waits)) > 95  # no two in one moment
        assert 400 <= min(waits) <= max(waits) <= 10_000
        span = (max(waits) - min(waits)) / 4
        quarters = [sum(part <= (one - min(waits)) / span < part + 1 for one in waits) for part in range(3)]
        assert min(quarters) >= 5  # over the whole span, not in a heap
    middles = [statistics.median(waits) for waits in by_try]
    assert middles[-1] > 3 * middles[0]
    assert min(by_try[-1]) >= 5_000


KEYS = """
async () => {
  const { newPair, signWith, verifies, backend } = await import("/trust/crypto.js");
  const { Store } = await import("/store.js");
  const one = await newPair(), two = await newPair();
  const store = await Store.open();
  await store.write({ identity: { screen: null, pair: one } });
  const kept = (await store.read("identity")).pair;
  const taken = await crypto.subtle.exportKey("pkcs8", kept.secret).then(() => "taken", (fault) => fault.name);
  const data = new TextEncoder().encode("challenge");
  return {
    backend: (await backend()).name,
    taken,
    extractable: kept.secret.extractable,
    differ: one.public !== two.public,
    signs: await verifies(one.public, await signWith(kept, data), data),
    others: await verifies(two.public, await signWith(kept, data), data),
  };
}
"""


async def test_key_is_made_on_the_device_kept_there_and_cannot_be_read_out(pages: Pages, origin: str) -> None:
    page = await pages.open(f"{origin}/templates/frame.css")
    assert await page.evaluate(KEYS) == {
        "backend": "webcrypto",
        "taken": "InvalidAccessError",
        "extractable": False,
        "differ": True,
        "signs": True,
        "others": False,
    }


WATCHED = """
async () => {
  let now = 0, look = null, painted = null, stuck = 0;
  const reports = [];
  performance.now = () => now + (now < 50_000 ? 0 : 3_600_000); // the box slept for an hour
  globalThis.setInterval = (run) => ((look = run), 7);
  globalThis.clearInterval = () => (look = () => {});
  globalThis.setTimeout = (run) => run();
  globalThis.requestAnimationFrame = (run) => (painted = run);
  const { Watchdog } = await import("/watchdog.js");
  new Watchdog({ onStuck: () => (stuck += 1), report: (at) => reports.push(at) });
  const seen = [];
  for (; now <= 200_000; now += 5_000) {
    look();
    if (now <= 100_000) painted();
    seen.push(stuck);
  }
  return { seen, reports: reports.length };
}
"""


async def test_page_that_paints_no_more_is_loaded_again_once_and_one_that_slept_is_not(
    pages: Pages, origin: str
) -> None:
    page = await pages.open(f"{origin}/templates/frame.css")
    found: dict[str, Any] = await page.evaluate(WATCHED)
    stuck_at = found["seen"].index(1) * 5
    assert 130 < stuck_at <= 140
    assert found["seen"][-1] == 1
    assert found["reports"] == found["seen"].index(1) + 1


# Two orders on a box whose store takes its time, while somebody looks for leftovers all the time.
ORDERED = """
async ([root, wires, screen, now]) => {
  const later = globalThis.setTimeout;
  globalThis.setTimeout = (run, ms) => later(run, Math.min(ms, 2));
  const [{ Hands }, { readSigned }, { verifyRoot }] = await Promise.all(
    ["/hands.js", "/trust/signed.js", "/trust/verify.js"].map((one) => import(one)));
  const said = [];
  let kept = null;
  const hands = new Hands({
    box: { isThere: true, can: [], look: async () => ({}), ask: async () => ({ state: "done" }) },
    store: {
      read: async () => null,
      write: ({ orders }) => new Promise((done) => later(() => done((kept = orders)), 60)),
    },
    player: { root: await verifyRoot(readSigned(root), null), time: () => now, facts: null },
    identity: { screen }, version: "1", send: (one) => said.push(one), clear: async () => {}, reload: () => {},
  });
  await hands.open();
  const following = new AbortController();
  hands.follow(following.signal).catch(() => {});
  await Promise.all(wires.map((order) => hands.take({ order })));
  await new Promise((done) => later(done, 400));
  following.abort();
  return { said: said.map(({ order, state, code }) => [order, state, code ?? null]), kept };
}
"""


async def test_order_ends_once_and_none_is_forgotten_while_the_store_is_slow(pages: Pages, origin: str) -> None:
    page = await pages.open(f"{origin}/templates/frame.css")
    made = [order(seq, action="screenshot", params={"ticket": TICKET}) for seq in (1, 2)]
    start = VECTORS["viewer"]["start"]["root"]
    given = [start, [signed(one).value() for one in made], made[0].screen, T0 + 1]
    found: dict[str, Any] = await page.evaluate(ORDERED, given)
    assert found["said"] == [[one.order, state, None] for one in made for state in ("received", "done")]
    assert found["kept"]["open"] == []
    assert found["kept"]["ends"] == {one.order: {"state": "done", "told": True} for one in made}
