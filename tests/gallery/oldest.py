"""The player in the oldest browser a screen may have: what it does there, said and drawn.

``python -m tests.gallery.oldest CHROMIUM FOLDER`` with a headless build of Chromium 88, such as the one that the npm
package chrome-aws-lambda 5.5.0 carries (`npm pack`, then `node` unpacks `bin/chromium.br`). Distributions have none.
"""

import asyncio
import base64
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from screens.kiosk.devtools import Devtools
from tests.fakes.films import lecture
from tests.fakes.gateway import issue_of
from tests.fakes.pieces import BLUE, piece, two_short
from tests.fakes.street import Said, Street, street

WITHIN_S: Final = 90
FLAGS: Final = (
    "--no-sandbox", "--headless", "--no-zygote", "--disable-gpu", "--disable-dev-shm-usage", "--use-gl=swiftshader",
    "--window-size=1080,1920", "--hide-scrollbars",
)  # fmt: skip
SIZE: Final = {"width": 1080, "height": 1920, "deviceScaleFactor": 1, "mobile": False}


class Old:
    """An old browser's one page, by its pipes: what drives the present ones does not know it."""

    def __init__(self, browser: Devtools, session: str, folder: Path) -> None:
        self._browser = browser
        self._session = session
        self._folder = folder

    @classmethod
    async def opened(cls, browser: Devtools, url: str, folder: Path) -> "Old":
        targets = await asyncio.to_thread(browser.call, "Target.getTargets", {})
        page = next(one["targetId"] for one in targets["targetInfos"] if one["type"] == "page")
        asked = {"targetId": page, "flatten": True}
        made = cls(
            browser, (await asyncio.to_thread(browser.call, "Target.attachToTarget", asked))["sessionId"], folder
        )
        await made.call("Emulation.setDeviceMetricsOverride", SIZE)
        await made.call("Page.navigate", {"url": url})
        return made

    async def call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        return await asyncio.to_thread(self._browser.call, method, params, self._session)

    async def value(self, script: str) -> Any:
        told = await self.call("Runtime.evaluate", {"expression": script, "returnByValue": True, "awaitPromise": True})
        return told["result"].get("value")

    async def until(self, holds: Callable[[Said], bool]) -> Said:
        """What the stage says once it holds. Raises TimeoutError."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                said = await self.value("({...document.querySelector('#stage')?.dataset})")
                if said and holds(said):
                    return dict(said)
                await asyncio.sleep(0.2)

    async def drawn(self, name: str) -> None:
        shot = await self.call("Page.captureScreenshot", {"format": "png"})
        picture = base64.b64decode(shot["data"])
        await asyncio.to_thread((self._folder / f"oldest-{name}.png").write_bytes, picture)


async def shown(page: Old, town: Street) -> list[str]:
    """Pairs, shows pieces and a film, and is read by touch; what it came to."""
    await page.until(lambda said: said.get("mode") == "pairing")
    await page.drawn("pairing")
    town.gateway.pair()
    await page.until(lambda said: said.get("link") == "up")
    media = town.gateway.media
    notice = piece(media, "关于松陵街道部分小区计划停水的通知", class_="notice", text="短。")
    film = lecture(media, "讲堂", BLUE, seconds=1.0)
    await town.gateway.publish(issue_of([*two_short(media), notice, film], version=1, show=2_000))
    await page.until(lambda said: said.get("release") == film.release and said.get("film") == "playing")
    await page.drawn("film")
    mouse = {"x": 540, "y": 900, "button": "left", "clickCount": 1}
    for kind in ("mousePressed", "mouseReleased"):
        await page.call("Input.dispatchMouseEvent", {"type": kind, **mouse})
    await asyncio.sleep(2)
    views = [await page.value("document.querySelector('#touch').dataset.view")]
    await page.drawn("list")
    await page.value("document.querySelector('.touch__entry').click()")
    await asyncio.sleep(2)
    views.append(await page.value("document.querySelector('#touch').dataset.view"))
    await page.drawn("article")
    return [*views, *(f"{said['state']} {said['version']}" for said in town.gateway.said if said["t"] == "ack")]


async def main(chromium: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        async with street(Path(home) / "box") as town:
            words = [chromium, *FLAGS, f"--user-data-dir={home}/profile", "about:blank"]
            browser = await asyncio.to_thread(Devtools, words)
            try:
                version = await asyncio.to_thread(browser.call, "Browser.getVersion", {})
                came = await shown(await Old.opened(browser, town.url, folder), town)
                sys.stdout.write(f"{version['product']}: {', '.join(came)}\n")
            finally:
                browser.child.kill()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
