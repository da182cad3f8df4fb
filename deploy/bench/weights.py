"""What a page weighs on the wire: its HTML and what it loads at once, compressed, without the editor's bundle.

What a script fetches later by `import()` is not counted: sending a film, and faces for a computer without Chinese type.
"""

import gzip
import re
from posixpath import join, normpath
from typing import Final

from aiohttp import ClientSession

_LINKED: Final = re.compile(r'<(?:link[^>]+rel="stylesheet"[^>]+href|script[^>]+src)="(/[^"]+)"')
_SPRITE: Final = re.compile(r'<use href="(/[^"#]+)')
_IMPORTED: Final = re.compile(r'(?:from|import)\s*"(\.{1,2}/[^"]+)"|@import\s+(?:url\()?"([^"]+)"')
# Measured apart: one file, cached for a year, on the page that writes only.
_BUNDLE: Final = "editor-bundle"


async def weight(client: ClientSession, path: str) -> dict[str, int]:
    """Bytes of the page, of what it loads, and of the editor's bundle, each by gzip as a proxy does it."""
    async with client.get(path) as answer:
        html = await answer.text()
    seen: dict[str, int] = {}
    waiting = [*_LINKED.findall(html), *_SPRITE.findall(html)[:1]]
    while waiting:
        url = waiting.pop()
        if url in seen:
            continue
        async with client.get(url) as answer:
            body = await answer.read()
        seen[url] = len(gzip.compress(body, 6))
        if url.endswith((".js", ".css")):
            named = (one or other for one, other in _IMPORTED.findall(body.decode("utf-8", "replace")))
            waiting += [normpath(join(url.rpartition("/")[0], name)) for name in named if not name.startswith("http")]
    bundle = sum(size for url, size in seen.items() if _BUNDLE in url)
    page = len(gzip.compress(html.encode(), 6))
    return {"html": page, "total": page + sum(seen.values()) - bundle, "bundle": bundle}
