"""Dead links: every address a piece names is asked once, all together, in a short time, before it is submitted."""

import asyncio
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cms.content.draft import Draft
from cms.contract import Outbound, OutboundRefused
from cms.review.findings import Finding

# What a person waits for at most; a slow server is a warning, never a reason to keep them waiting.
SECONDS: Final = 4.0
# More are asked of nobody by one press of a button.
MOST: Final = 30
_AT_ONCE: Final = 8
_LIMIT: Final = 1 << 20
# The address is not there any more; other answers (403, 503, …) may be meant for us alone.
_GONE: Final = frozenset({404, 410})
_NO_HEAD: Final = frozenset({403, 405, 501})
_SLOW: Final = "slow"
_FRESH: Final = dt.timedelta(minutes=10)
_KEPT: Final = 5_000


def links_of(draft: Draft) -> dict[str, str]:
    """Every address in the text with the block it first stands in, in order."""
    found: dict[str, str] = {}
    for block in draft.body["blocks"]:
        runs = [*block.get("text", ()), *(run for item in block.get("items", ()) for run in item["text"])]
        runs += [run for row in block.get("rows", ()) for cell in row for run in cell]
        for run in runs:
            if "href" in run:
                found.setdefault(run["href"], block["id"])
    return found


async def ask_links(outbound: Outbound, urls: Sequence[str], *, seconds: float = SECONDS) -> dict[str, str]:
    """What each address answered: a status such as ``200``, ``slow``, or the code of a refusal.

    Never longer than `seconds` together, and never inside a transaction.
    """
    turn = asyncio.Semaphore(_AT_ONCE)
    asked = {url: asyncio.create_task(_ask(outbound, url, turn)) for url in list(dict.fromkeys(urls))[:MOST]}
    if not asked:
        return {}
    try:
        await asyncio.wait(asked.values(), timeout=seconds)
        return {url: task.result() if task.done() else _SLOW for url, task in asked.items()}
    finally:
        for task in asked.values():
            task.cancel()
        await asyncio.gather(*asked.values(), return_exceptions=True)


async def _ask(outbound: Outbound, url: str, turn: asyncio.Semaphore) -> str:
    async with turn:
        try:
            status, _, _ = await outbound.request("HEAD", url, limit=_LIMIT)
            if status in _NO_HEAD:
                status, _, _ = await outbound.request("GET", url, headers={"Range": "bytes=0-0"}, limit=_LIMIT)
        except OutboundRefused as refused:
            # A page of more than a megabyte is there.
            return "200" if refused.code == "publishing.outbound_too_large" else refused.code
        return str(status)


def find_links(draft: Draft, answers: Mapping[str, str] | None) -> Iterator[Finding]:
    """What is wrong with the addresses; `answers` is None where nobody asked."""
    if answers is None:
        return
    for url, block in links_of(draft).items():
        answer = answers.get(url)
        params = {"url": url[:200]}
        if answer is None:
            yield Finding("hint", "link_unasked", "body", block, params)
        elif not answer.isdigit():
            code = "link_slow" if answer in {_SLOW, "publishing.outbound_too_slow"} else "link_unreachable"
            yield Finding("hint", code, "body", block, params)
        elif int(answer) in _GONE:
            yield Finding("reason", "link_dead", "body", block, {**params, "status": answer})
        elif int(answer) >= 400:
            yield Finding("hint", "link_refused", "body", block, {**params, "status": answer})


class LinkAsker:
    """Asks addresses and remembers for a while what was there, so that opening the dialog and submitting ask once."""

    def __init__(self, outbound: Outbound, *, seconds: float = SECONDS) -> None:
        self._outbound = outbound
        self._seconds = seconds
        self._known: dict[str, tuple[dt.datetime, str]] = {}

    async def ask(self, draft: Draft, *, now: dt.datetime) -> dict[str, str]:
        """What each address of the draft answered, at most `MOST` of them. Never call it inside a transaction."""
        urls = list(links_of(draft))[:MOST]
        fresh = {url: said for url in urls if (said := self._remembered(url, now)) is not None}
        asked = await ask_links(self._outbound, [url for url in urls if url not in fresh], seconds=self._seconds)
        if len(self._known) > _KEPT:
            self._known.clear()
        # What could not be reached may be there in a moment: only answers are remembered.
        self._known.update({url: (now, said) for url, said in asked.items() if said.isdigit()})
        return {**fresh, **asked}

    def _remembered(self, url: str, now: dt.datetime) -> str | None:
        at, said = self._known.get(url, (None, ""))
        return said if at is not None and now - at < _FRESH else None
