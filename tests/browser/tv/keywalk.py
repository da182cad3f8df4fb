"""Walks a page with the keys of a remote: what the arrows reach, and from where to where."""

from collections.abc import Mapping
from dataclasses import dataclass

from playwright.async_api import Page

ARROWS = {"l": 37, "u": 38, "r": 39, "d": 40}
# A press changes the focus at once, so that the whole walk is one call.
_WALK = """
() => {
  const codes = {l: 37, u: 38, r: 39, d: 40};
  const press = (code) => document.onkeydown({keyCode: code, preventDefault() {}});
  const at = () => Array.from(document.querySelectorAll(".f.here")).map((e) => e.id).join();
  const leaf = () => (document.querySelector(".leaf:not(.off)") || {}).outerHTML || "";
  const ways = {};
  const route = () => {
    const waiting = [[at(), []]], seen = new Set([at()]);
    while (waiting.length) {
      const [here, keys] = waiting.shift();
      for (const key in codes) {
        const to = (ways[here] || {})[key];
        if (to === undefined) return [...keys, key];
        if (!seen.has(to)) { seen.add(to); waiting.push([to, [...keys, key]]); }
      }
    }
    return null;
  };
  for (let keys = route(); keys; keys = route()) {
    for (const key of keys) {
      const from = at();
      // The leaves of a text are turned first; it is left at its last one.
      for (let turn = 0; turn < 200; turn += 1) {
        const before = leaf();
        press(codes[key]);
        if (at() !== from || leaf() === before) break;
      }
      (ways[from] = ways[from] || {})[key] = at();
    }
  }
  const shown = Array.from(document.querySelectorAll(".f")).filter((e) => e.getClientRects().length);
  const words = (e) => Array.from(e.childNodes).some((n) => n.nodeType === 3 && n.textContent.trim());
  const small = Array.from(document.querySelectorAll("#page *, .cover *")).filter((e) => e.getClientRects().length)
    .filter((e) => words(e) && parseFloat(getComputedStyle(e).fontSize) < 24 && e.tagName !== "SUP");
  const kept = "#page .f, .name, .office, .clock, .pages, .legend, .empty";
  const beyond = Array.from(document.querySelectorAll(kept))
    .filter((e) => e.getClientRects().length).map((e) => [e.className, e.getBoundingClientRect()])
    .filter(([, b]) => b.left < 64 || b.top < 36 || b.right > 1216 || b.bottom > 684);
  return {
    ways, all: shown.map((e) => e.id), small: small.map((e) => e.className || e.tagName),
    beyond: beyond.map(([name]) => name),
    go: Object.fromEntries(shown.map((e) => [e.id, e.getAttribute("data-go") || ""])),
    anchors: document.querySelectorAll("a, button, input").length,
  };
}
"""


@dataclass(frozen=True)
class Walked:
    """What a walk found: `reached` of `every` place; words too small; things outside the safe area; where OK leads."""

    ways: Mapping[str, Mapping[str, str]]
    every: set[str]
    small: list[str]
    beyond: list[str]
    go: Mapping[str, str]
    anchors: int

    @property
    def reached(self) -> set[str]:
        return {name for name in self.ways if name}

    def route(self, start: str, end: str) -> list[str]:
        """The arrows from one place to another."""
        waiting: list[tuple[str, list[str]]] = [(start, [])]
        seen = {start}
        for at, keys in waiting:
            if at == end:
                return keys
            for key, to in self.ways[at].items():
                if to not in seen:
                    seen.add(to)
                    waiting.append((to, [*keys, key]))
        raise AssertionError(end)


async def walk(page: Page) -> Walked:
    found = await page.evaluate(_WALK)
    return Walked(
        found["ways"],
        set(found["all"]),
        found["small"],
        found["beyond"],
        found["go"],
        found["anchors"],
    )


async def press(page: Page, code: int) -> None:
    await page.evaluate("code => document.onkeydown({keyCode: code, preventDefault() {}})", code)


async def focus_on(page: Page, name: str, found: Walked) -> None:
    """Goes to a place by the arrows that a walk found to lead there."""
    start = await page.evaluate("document.querySelector('.f.here').id")
    for key in found.route(start, name):
        await press(page, ARROWS[key])
    assert await page.evaluate("document.querySelector('.f.here').id") == name
