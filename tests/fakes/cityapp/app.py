"""An App's receiver as docs/cityapp.md describes it: events with a signature, each taken once, and a question."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.fakes.cityapp.pages import page
from tests.fakes.stage.clock import Clock
from tests.fakes.stage.faults import Fault, Kind
from tests.fakes.stage.messages import Answer, Json, Request, json_answer
from tests.fakes.stage.simulator import Simulator

PATH: Final = "/hooks/yunping"
WINDOW: Final = 300
_KINDS = {
    Kind.CUT_AFTER: 5,
    Kind.CUT_BEFORE: 3,
    Kind.HTTP: 3,
    Kind.MALFORMED: 3,
    Kind.CODE: 3,
    Kind.SLOW: 2,
    Kind.REDIRECT: 1,
}


@dataclass
class Shown:
    """A document as the App's users see it."""

    edition: int
    title: str
    at: dt.datetime
    gone: bool = False
    summary: str = ""
    column: str = ""
    source: str = ""
    url: str = ""


class App(Simulator):
    """One App. `seen` are the events it took."""

    name = "cityapp"
    title = "吴江通"

    def __init__(self, clock: Clock | None = None, *, seed: str = "1", secret: str = "约定的签名密钥") -> None:
        super().__init__(clock, seed=seed)
        self.secret = secret
        self.seen: dict[str, Json] = {}
        self.documents: dict[str, Shown] = {}

    def is_api(self, path: str) -> bool:
        return path == PATH

    def api(self, request: Request) -> Answer:
        refused = self._unsigned(request)
        if refused:
            return json_answer({"error": refused}, status=401)
        if request.method == "GET":
            return json_answer({"seen": request.query.get("event", "") in self.seen})
        event = request.json()
        if event["id"] not in self.seen:
            self.seen[event["id"]] = event
            self._take(event)
        return json_answer({"ok": True})

    def page(self, request: Request) -> Answer | None:
        return page(self, request)

    def title_of(self, event: Json) -> str:
        known = self.documents.get(event["document"])
        return str(event.get("title") or (known.title if known else event["document"]))

    def error(self, code: int) -> Answer:
        return Answer(code, b"", {"Retry-After": "20"})

    def draw(self, dice: random.Random, path: str) -> Fault:
        kind = dice.choices(list(_KINDS), list(_KINDS.values()))[0]
        after = dice.random() < 0.5 if kind is Kind.HTTP else None
        seconds = dice.choice((2.0, 8.0, 45.0))
        return Fault(path, kind, 0, code=429, status=dice.choice((500, 502, 503)), seconds=seconds, after=after)

    def arrange(self, dice: random.Random) -> None:
        self.faults.dice, self.faults.rate = dice, dice.choice((0.0, 0.1, 0.2, 0.35, 0.5))

    def visible(self, title: str) -> int:
        return sum(one.title == title and not one.gone for one in self.documents.values())

    def state(self) -> Mapping[str, Any]:
        return {"events": len(self.seen), "documents": len(self.documents)}

    def controls(self) -> Mapping[str, Callable[[Mapping[str, Any]], Any]]:
        return {}

    def _take(self, event: Json) -> None:
        self.journal.count(event["type"])
        known = self.documents.get(event["document"])
        if known is not None and known.edition > event["edition"]:
            return
        gone = event["type"] == "recall"
        title = known.title if gone and known else event.get("title", "")
        self.documents[event["document"]] = Shown(
            event["edition"],
            title,
            self.clock.now(),
            gone,
            summary=str(event.get("summary") or ""),
            column=str(event.get("column_name") or ""),
            source=str(event.get("source") or ""),
            url=_link(event.get("url")),
        )

    def _unsigned(self, request: Request) -> str:
        """Why a call is not ours; empty when it is."""
        named = request.headers
        try:
            at = int(named.get("webhook-timestamp", ""))
        except ValueError:
            return "no timestamp"
        if abs(self.clock.now().timestamp() - at) > WINDOW:
            return "too old"
        signed = f"{named.get('webhook-id')}.{at}.".encode() + request.body
        mac = base64.b64encode(hmac.new(self.secret.encode(), signed, hashlib.sha256).digest()).decode()
        given = named.get("webhook-signature", "").split(" ")
        return "" if any(hmac.compare_digest(one, f"v1,{mac}") for one in given) else "bad signature"


def _link(url: object) -> str:
    return url if isinstance(url, str) and url.startswith(("https://", "http://")) else ""


def event_of(entry_body: str) -> Json:
    """An event out of the journal."""
    return dict(json.loads(entry_body))
