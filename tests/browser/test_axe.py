"""What the tests of accessibility see: a fault they look for, and none of a kind that nobody asked about."""

import pytest

from tests.browser.axe import violations
from tests.chromium import Pages

pytestmark = pytest.mark.browser

# Without a landmark (moderate), with a picture nobody describes (critical) and words one cannot read (serious).
FAULTY = """<!doctype html><html lang="zh"><title>页</title>
<img src="data:,"><p style="color: #bbb; background: #fff">看不清的字</p>"""


async def test_faults_of_the_impacts_that_are_asked_for_are_found_where_they_are_and_no_others(pages: Pages) -> None:
    page = await (await pages.context()).new_page()
    await page.set_content(FAULTY)

    grave = await violations(page)

    assert sorted(grave) == ["color-contrast (serious): ['p']", "image-alt (critical): ['img']"]
    found = await violations(page, impacts=("moderate", "serious", "critical"))
    assert set(grave) < set(found)
    assert any(one.startswith("region (moderate)") for one in found)
