"""Accessibility as axe-core sees it, in the page as it stands, whatever the page's content policy allows."""

import functools
from pathlib import Path
from typing import Any

from playwright.async_api import Page

SOURCE = Path(__file__).parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
GRAVE = ("serious", "critical")
# What is still fading in has a contrast of its own; a spinner never ends and is not waited for. Whether axe is there.
_SETTLED = """() => Promise.allSettled(document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().endTime < Infinity).map((one) => one.finished))
  .then(() => "axe" in window)"""
# A rule's impact is that of all it finds, so those of another are not asked: they take a third of the time. Of what
# was found only what is read here is handed out; the rest is long.
_RUN = """async ([tags, impacts]) => {
  const others = axe._audit.rules.filter((rule) => !impacts.includes(rule.impact));
  const rules = Object.fromEntries(others.map((rule) => [rule.id, { enabled: false }]));
  const runOnly = { type: "tag", values: tags };
  const found = await axe.run(document, { runOnly, rules, resultTypes: ["violations"] });
  return found.violations.map(({ id, impact, nodes }) => ({ id, impact, where: nodes.map((node) => node.target) }));
}"""


@functools.cache
def source() -> str:
    return SOURCE.read_text("utf-8")


async def violations(page: Page, *, impacts: tuple[str, ...] = GRAVE) -> list[str]:
    """What breaks a rule of WCAG 2.2 AA: the rule, how grave, and where."""
    if not await page.evaluate(_SETTLED):
        # Evaluated by the debugger, which no content policy concerns; nothing is added to the page.
        await page.evaluate(source())
    found: list[dict[str, Any]] = await page.evaluate(_RUN, [list(TAGS), list(impacts)])
    return [
        f"{rule['id']} ({rule['impact']}): {', '.join(str(one) for one in rule['where'])}"
        for rule in found
        if rule["impact"] in impacts
    ]
