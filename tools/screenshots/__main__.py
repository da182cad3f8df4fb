"""Pictures of the desk from a running demo: every page for those who design it, the best ones for the README.

    ./yunping up --demo | tee up.log
    python -m tools.screenshots sign-in --codes up.log   # once; the codes are used up by it
    python -m tools.screenshots seed                     # once: a day's work through the desk's own forms
    python -m tools.screenshots every --only calendar    # each page: desk, dark, phone, English
    python -m tools.screenshots corners --only conflict  # dialogs, dry runs, what a guest sees
    python -m tools.screenshots readme                   # docs/images
    python -m tools.screenshots television               # docs/images/tv-*: the portal of a set-top box
    python -m tools.screenshots measure                  # bytes and layout shift of each page

Cookies and pictures lie in `--folder` (var/screenshots). Nothing of it is part of the product.
"""

import argparse
import re
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from cms.kernel.clock import SystemClock
from tools.screenshots import corners, measuring, people, readme, routes, seed, television


def main() -> None:
    """Reads the command line and takes the pictures."""
    parser = argparse.ArgumentParser(prog="tools.screenshots", description=__doc__)
    parser.add_argument("do", choices=("sign-in", "seed", "every", "corners", "readme", "television", "measure"))
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--folder", type=Path, default=Path("var/screenshots"))
    parser.add_argument("--codes", type=Path, default=Path("up.log"), help="what `yunping up --demo` printed")
    parser.add_argument("--only", default="", help="a pattern of routes, or a part of a picture's name")
    parser.add_argument("--looks", default=",".join(corners.LOOKS))
    given = parser.parse_args()
    with sync_playwright() as playwright:
        browser = people.start(playwright)
        match given.do:
            case "sign-in":
                people.sign_in(browser, given.url, given.codes, given.folder)
            case "seed":
                seed.seed(browser, given.url, given.folder, given.codes, SystemClock().now())
            case "every":
                _every(browser, given.url, given.folder, given.only, given.looks.split(","))
            case "corners":
                corners.take(browser, given.url, given.folder, given.only, given.looks.split(","))
            case "readme":
                readme.take(browser, given.url, given.folder, given.only)
            case "television":
                television.take(browser, given.url, given.folder)
            case "measure":
                with ExitStack() as stack:
                    seen = _seen(stack, browser, given.url, given.folder)
                    measuring.measure(
                        browser, given.url, given.folder, [one for one in seen if re.search(given.only, one.pattern)]
                    )
        browser.close()


def _seen(stack: ExitStack, browser: Browser, url: str, folder: Path) -> list[routes.Seen]:
    contexts = {login: stack.enter_context(people.visitor(browser, folder / f"{login}.json")) for login in people.ROLES}
    return routes.look_up(contexts, url)


def _every(browser: Browser, url: str, folder: Path, only: str, looks: list[str]) -> None:
    with ExitStack() as stack:
        seen = [one for one in _seen(stack, browser, url, folder) if re.search(only, one.pattern)]
    for look in looks:
        (folder / look).mkdir(parents=True, exist_ok=True)
        for login in people.ROLES:
            mine = [one for one in seen if one.login == login]
            if not mine:
                continue
            with people.visitor(browser, folder / f"{login}.json", url=url, **corners.LOOKS[look]) as context:
                for one in mine:
                    _picture(context, url, one, folder / look / f"{one.name}.png")


def _picture(context: BrowserContext, url: str, one: routes.Seen, path: Path) -> None:
    page = context.new_page()
    answer = page.goto(url + one.path)
    people.settle(page)
    over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    words = [] if answer is None or answer.ok else [f"answers {answer.status}"]
    if over > 0:
        words.append(f"scrolls sideways by {over}")
    if words:
        print(path.parent.name, one.path, *words)
    page.screenshot(path=path, full_page=True)
    page.close()


if __name__ == "__main__":
    main()
