"""Accessibility as axe-core sees it, in the page as it stands, whatever the page's content policy allows."""

import functools
from pathlib import Path
from typing import Any

from playwright.async_api import Page

SOURCE = Path(__file__).parent / "vendor" / "axe-core-4.14.1" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
GRAVE = ("serious", "critical")
# What is still fading in has a contrast of its own; a spinner never ends and is not waited for.
_SETTLED = """() => Promise.allSettled(document.getAnimations()
  .filter((one) => one.effect.getComputedTiming().endTime < Infinity).map((one) => one.finished))"""


@functools.cache
def source() -> str:
    return SOURCE.read_text("utf-8")


async def violations(page: Page, *, impacts: tuple[str, ...] = GRAVE) -> list[str]:
    """What breaks a rule of WCAG 2.2 AA: the rule, how grave, and where."""
    await page.evaluate(_SETTLED)
    # Evaluated by the debugger, which no content policy concerns; nothing is added to the page.
    await page.evaluate(source())
    found: dict[str, Any] = await page.evaluate(
        "tags => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})", list(TAGS)
    )
    return [
        f"{rule['id']} ({rule['impact']}): {', '.join(str(node['target']) for node in rule['nodes'])}"
        for rule in found["violations"]
        if rule["impact"] in impacts
    ]
