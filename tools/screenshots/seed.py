"""What a working day adds to the demo, through the forms that people use: drafts, reviews, plans, doors outward."""

import datetime as dt
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page

from tools.screenshots.people import PASSWORD, ROLES, visitor

_SEND = """async ([selector, changes]) => {
  const form = document.querySelector(selector)
  const data = new FormData(form)
  for (const [name, value] of Object.entries(changes)) {
    data.delete(name)
    for (const one of [value].flat()) data.append(name, one)
  }
  const isFile = form.enctype === 'multipart/form-data'
  const body = isFile ? data : new URLSearchParams(data)
  const answer = await fetch(changes.$to || form.action, {method: 'POST', body})
  const text = await answer.text()
  const page = new DOMParser().parseFromString(text, 'text/html')
  const bad = [...page.querySelectorAll('.banner-bad, .field-error')]
    .map(one => one.textContent.trim().replace(/\\s+/g, ' '))
  return [answer.status, answer.url, bad, text]
}"""


class Hand:
    """One person's hand on the desk: opens a page, changes some fields of a form, sends it."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url

    def send(self, path: str, form: str, to: str = "", **changes: Any) -> str:
        """The address one comes to; what was refused is told."""
        self.page.goto(self.url + path)
        status, at, bad, text = self.page.evaluate(_SEND, [form, {**changes, **({"$to": to} if to else {})}])
        if status >= 400 or bad:
            print(path, form, status, *bad)
            if not bad:
                print(re.sub(r"\\s+", " ", re.sub(r"<[^>]+>", " ", text))[-300:])
        return str(at).removeprefix(self.url)

    def prove(self, at: str) -> None:
        """Says of everything on the list of a proof that it is in order."""
        self.page.goto(f"{self.url}{at}/review")
        form = "form[action$='/review/proof']"
        first = (
            "all => Object.fromEntries(all.map(one => one.querySelector('input')).map(one => [one.name, one.value]))"
        )
        self.send(f"{at}/review", form, **self.page.eval_on_selector_all(f"{form} fieldset", first))


DAY: Final = Path(__file__).parent / "day.toml"
SHANGHAI: Final = dt.timezone(dt.timedelta(hours=8))
_NUMBER = count(1)
_PROVING: Final = ("hewenjing", "tangrui", "yeqiu")
_SIGNING = ("zhoulan", "songyu", "shenweimin")


def seed(browser: Browser, url: str, folder: Path, log: Path, now: dt.datetime) -> None:
    """A day's work. Run once on a fresh demo."""
    day = tomllib.loads(DAY.read_text("utf-8"))
    with ExitStack() as stack:
        screens = stack.enter_context(visitor(browser, None))
        for address in re.findall(r"演示屏 \d\s+(http://\S+)", log.read_text("utf-8")):
            screens.new_page().goto(address)  # they pair themselves
        hands = {
            login: Hand(stack.enter_context(visitor(browser, folder / f"{login}.json")).new_page(), url)
            for login in ROLES
        }
        signed: list[str] = []
        for row in day["pieces"]:
            at = _piece(hands, row, now)
            if row["until"] == "signed":
                signed.append(at)
        _plan(hands["guyun"], signed, now)
        _outward(hands, signed or ["/desk/documents/"])


def _piece(hands: Mapping[str, Hand], row: Mapping[str, Any], now: dt.datetime) -> str:
    """Writes a piece and takes it as far as the row says; its address."""
    author = hands["chenjing"]
    asset, video = _asset(author, f"kind=picture&q={row['picture']}"), _asset(author, "kind=video")
    at = author.send(
        "/desk/documents/new",
        "main form[action='/desk/documents/new']",
        kind=row["kind"],
        title=row["title"],
        column=row["column"],
    )
    at = at.removesuffix("/edit")
    blocks = list(_blocks(row["body"], asset, video))
    fields = {
        "title": row["title"],
        "summary": row["summary"],
        "column": row["column"],
        "cover": asset,
        "cover_alt": row["alt"],
        "source": "吴江区新时代文明实践中心",
        "reporter": "陈静",
        "editor": "周岚",
        "sponsor": "中共苏州市吴江区委宣传部",
        "channel": row["channels"],
        "body": json.dumps({"schema": 1, "blocks": blocks}, ensure_ascii=False),
    }
    if row["kind"] in {"notice", "activity"}:
        fields["not_after"] = _at(now, 24, 18)
    edit = "form[data-autosave]"
    author.send(f"{at}/edit", edit, **fields)
    until = row["until"]
    if until == "draft":
        return at
    urgent = {"reason": row["reason"]} if until == "rush" else {}
    author.send(f"{at}/edit", edit, to=f"{at}/rush" if urgent else f"{at}/submit", **urgent, **fields)
    verdict = "#verdict-form"
    if "returned" in row:
        remark = {f"remark-{blocks[row['remark_at']]['id']}": row["remark"]}
        hands["zhoulan"].send(f"{at}/review", verdict, to=f"{at}/review/return", opinion=row["returned"], **remark)
    if "again" in row:
        again = list(_blocks(row["again"], asset, video))
        for block, before in zip(again, blocks, strict=False):
            block["id"] = before["id"]
        fields["body"] = json.dumps({"schema": 1, "blocks": again}, ensure_ascii=False)
        author.send(f"{at}/edit", edit, **fields)
        author.send(f"{at}/edit", edit, to=f"{at}/submit", note="已按意见逐条修改，引语已与本人核对。", **fields)
    if until == "signed":
        for login in _PROVING:
            hands[login].prove(at)
    for login in _SIGNING[: {"passed": 1, "signed": 3}.get(until, 0)]:
        hands[login].send(f"{at}/review", verdict, opinion="事实准确，导向正确，同意。", password=PASSWORD)
    return at


def _asset(editor: Hand, query: str) -> str:
    """The oldest that the library finds: what the demo brought, not what the day made of it."""
    editor.page.goto(f"{editor.url}/desk/library/?{query}")
    return re.findall(r'href="/desk/library/assets/([0-9a-f-]{36})"', editor.page.content())[-1]


def _plan(publisher: Hand, signed: Sequence[str], now: dt.datetime) -> None:
    """One piece is promised for tomorrow, some go out together, one is shown every weekday evening."""
    both = ["screens-all", "web"]
    for place, (days, hour) in enumerate(((1, 9), (2, 18))):
        path, form = f"{signed[place]}/timing", "form[action$='/timing/promise']"
        publisher.send(path, form, at=_at(now, days, hour), target=both, sure="1")
    path = "/desk/calendar/batches"
    publisher.page.goto(publisher.url + path)
    ready = publisher.page.eval_on_selector_all("[name=piece]", "all => all.map(one => one.value)")
    form = f"main form[action='{path}']"
    publisher.send(path, form, name="国家宪法日专题", at=_at(now, 4, 8), piece=ready[:2], target=both)


def _at(now: dt.datetime, days: int, hour: int) -> str:
    day = (now.astimezone(SHANGHAI) + dt.timedelta(days=days)).replace(hour=hour, minute=0)
    return day.strftime("%Y-%m-%dT%H:%M")


def _outward(hands: Mapping[str, Hand], signed: Sequence[str]) -> None:
    """A share link, a token, a webhook and a feed, so that their pages have something to show."""
    hands["chenjing"].send(f"{signed[0]}/share", "form[action$='/share']", label="请社区核对活动时间")
    hands["qianfeng"].send(
        "/desk/webhooks/",
        "main form[action='/desk/webhooks/']",
        name="区政务通知",
        url="https://notice.wujiang.example/hooks/yunping",
    )
    hands["qianfeng"].send(
        "/desk/feeds/",
        "main form[action='/desk/feeds/']",
        name="文明实践简报",
        url="https://news.wujiang.example/feed.xml",
        licence="本区自有内容，可转载",
    )


def _blocks(lines: str, picture: str, video: str) -> Iterator[dict[str, Any]]:
    """Lines as in the demo's pieces; "|" separates cells of a table, "[^ … ]" at the end is a footnote."""
    table: list[list[str]] = []
    for line in [*filter(None, map(str.strip, lines.splitlines())), ""]:
        if line.startswith("| "):
            table.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        if table:
            rows = [[[{"t": cell}] for cell in row] for row in table]
            yield {"id": _id(), "type": "table", "header": True, "rows": rows}
            table = []
        if line:
            yield {"id": _id(), **_block(line, picture, video)}


def _block(line: str, picture: str, video: str) -> dict[str, Any]:
    if line.startswith("## "):
        return {"type": "heading", "level": 2, "text": [{"t": line[3:]}]}
    if line.startswith("> "):
        words, _, cite = line[2:].partition(" —— ")
        return {"type": "quote", "text": [{"t": words}], "cite": cite}
    if line.startswith("[picture] "):
        alt, _, caption = line[10:].partition(" | ")
        return {"type": "image", "asset": picture, "alt": alt, "caption": caption}
    if line.startswith("[video] "):
        return {"type": "video", "asset": video, "title": line[8:]}
    words, mark, note = line.removesuffix("]").partition("[^")
    text: list[dict[str, Any]] = [{"t": words if mark else line}]
    if mark:
        text.append({"t": "", "note": {"id": _id(), "text": note.strip()}})
    return {"type": "paragraph", "text": text}


def _id() -> str:
    return f"b_{next(_NUMBER):012d}"
