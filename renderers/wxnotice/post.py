"""One message to each reader, once, and what each cut leaves behind.

Each reader has an intent of her own in the record of the post, written before her call, and its end right after. No
call tells whether a message was sent; but a template message carries an id of ours, and for ten minutes the platform
sends one message for an id however often it comes.

| cut or lost answer | what the next send does |
|---|---|
| before a reader's intent | begins with her |
| intent noted, the end not, within the window | the same id once more: one message for it |
| the same, later, or a subscription message (which has no id) | she is noted as lost: perhaps told, never told twice |
| all readers have an end | nothing |

Reconcile reads the record and calls nobody: a batch that is not through is «not sent» and goes on where it was cut,
unless a recall came in between; then who was not told is never told. A message cannot be taken back: its link leads to
a page that answers 410, and a person is asked to note that.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from cms.contract import Correction, Manual, NotSent, Outcome, Piece, Prepared, Receipt, Sent, Services, Target, Unknown
from renderers.wxnotice.calls import Calls, Lost, NotHer, Stopped
from renderers.wxnotice.message import body, frozen
from renderers.wxnotice.settings import NoticeSettings, settings_of

# The platform keeps an id for ten minutes; our clocks may differ.
_WINDOW: Final = dt.timedelta(minutes=8)
_INTENT: Final = "intent"
_SENT: Final = "sent"
_LOST: Final = "lost"
_NO: Final = "refused"
_TAKEN_OVER: Final = "taken_over"


class NoticePost:
    """Implements `cms.contract.Post`; who reads a correction is told by a person, if at all."""

    correction: Correction = Correction.MANUAL

    async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared:
        try:
            settings = settings_of(target)
        except ValidationError:
            settings = NoticeSettings()
        return Prepared(frozen(piece, settings, services.site))

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        post = hashlib.sha256(prepared.payload).hexdigest()[:32]
        try:
            settings = settings_of(target)
        except ValidationError:
            return NotSent("wxnotice.setup.bad_settings", retry=False)
        if not settings.template_id or not settings.readers:
            return NotSent("wxnotice.setup.no_readers", retry=False)
        if not await services.state.put(_try(attempt), post, version=0):
            return Unknown(_TAKEN_OVER)
        batch = await Batch.of(post, Calls(settings, services, attempt))
        try:
            for reader in dict.fromkeys(settings.readers):
                await batch.tell(reader, json.loads(prepared.payload))
        except Stopped as stopped:
            return stopped.outcome
        except Superseded:
            return Unknown(_TAKEN_OVER)
        return batch.outcome(len(set(settings.readers)))

    async def reconcile(self, attempt: str, target: Target, services: Services) -> Outcome:
        post, version = await services.state.get(_try(attempt))
        if post is None and not await services.state.put(_try(attempt), "", version=version):
            return Unknown(_TAKEN_OVER)
        if not post:
            return NotSent("wxnotice.not_begun", retry=True)
        try:
            readers = len(set(settings_of(target).readers))
        except ValidationError:
            readers = 0
        record, _ = await services.state.get(_post(post))
        return outcome_of(post, record or {}, readers)

    async def correct(
        self,
        post: str,  # noqa: ARG002 - nothing is called
        prepared: Prepared,  # noqa: ARG002
        attempt: str,  # noqa: ARG002
        target: Target,  # noqa: ARG002
        services: Services,  # noqa: ARG002
    ) -> Outcome:
        return Manual({"task": "wxnotice.task.corrected", "ask": "none"})

    async def recall(self, post: str, target: Target, services: Services) -> Receipt:  # noqa: ARG002
        detail = {"task": "wxnotice.task.recalled", "ask": "none"}
        return Receipt("manual", services.now(), (post,), detail=detail)


class Superseded(Exception):
    """Another sender works on this post."""


class Batch:
    """The readers of one post as they stand: what happened to each, and when it was begun."""

    def __init__(self, post: str, calls: Calls, record: Mapping[str, Any], version: int) -> None:
        self._post = post
        self._calls = calls
        self._record = dict(record)
        self._version = version

    @classmethod
    async def of(cls, post: str, calls: Calls) -> "Batch":
        record, version = await calls.services.state.get(_post(post))
        return cls(post, calls, record or {}, version)

    def outcome(self, readers: int) -> Outcome:
        return outcome_of(self._post, self._record, readers)

    async def tell(self, reader: str, message: Mapping[str, Any]) -> None:
        """Raises Stopped where nobody else can be told either, and Superseded."""
        state, began = self._record.get(reader, ("", 0))
        now = int(self._calls.services.now().timestamp())
        way = self._calls.settings.way
        if state not in {"", _INTENT}:
            return
        if state == _INTENT and (way != "template" or now - began > _WINDOW.total_seconds()):
            await self._note(reader, _LOST, began)
            return
        token = await self._calls.ready()
        if not state:
            await self._note(reader, _INTENT, now)
        once = hashlib.sha256(f"{self._post} {reader}".encode()).hexdigest()[:32]
        await self._tried(reader, token, body(message, reader, way=way, once=once), (state, began))

    async def _tried(self, reader: str, token: str, data: bytes, before: tuple[str, int]) -> None:
        try:
            await self._calls.send(token, data)
        except Lost:
            return  # the intent stands; the next send settles it
        except NotHer:
            await self._note(reader, _NO, 0)
        except Stopped:
            # This try did nothing; an earlier one whose answer was lost may have.
            await self._note(reader, *before)
            raise
        else:
            await self._note(reader, _SENT, 0)

    async def _note(self, reader: str, state: str, at: int) -> None:
        self._record[reader] = (state, at)
        if not await self._calls.services.state.put(_post(self._post), self._record, version=self._version):
            raise Superseded
        self._version += 1


def outcome_of(post: str, record: Mapping[str, Any], readers: int) -> Outcome:
    """What a batch is, by what is noted of its readers. Pure."""
    states = [state for state, _ in record.values() if state]
    if len(states) < readers or _INTENT in states:
        return NotSent("wxnotice.unfinished", retry=True, params={"done": len(states), "readers": readers})
    counts = {name: states.count(name) for name in (_SENT, _LOST, _NO)}
    if not counts[_SENT]:
        code = "wxnotice.all_lost" if counts[_LOST] else "wxnotice.nobody"
        return NotSent(code, retry=False, params={"readers": readers})
    # The numbers stand in the id, where the desk shows them beside the receipt.
    return Sent(f"{post} {counts[_SENT]}/{readers}" + (f" ?{counts[_LOST]}" if counts[_LOST] else ""))


def _try(attempt: str) -> str:
    return f"notice:try:{attempt[:64]}"


def _post(post: str) -> str:
    return f"notice:{post}"
