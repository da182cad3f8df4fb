"""Operator injection: a piece with its films into a television operator's library, changed there and taken out again.

What is remembered, in order, and where a kill or a lost answer leaves us. «order» is the record of one order, «piece»
that of what the operator confirmed; ExecCmd is the one call that changes anything, and only its notice is believed.

| cut                              | left behind              | what the next look does                          |
| -------------------------------- | ------------------------ | ------------------------------------------------ |
| before the order is written      | nothing                  | writes «void» → not sent, another try            |
| order written, piece not         | order: begun, untold     | void → not sent, another try                     |
| both written, nothing told       | order: begun, untold     | void → not sent, another try                     |
| told, answer lost                | order: begun, told       | the same command with the same id once more      |
| told, answered 0, not noted      | order: begun, told       | as above; the operator knows the id              |
| answered 0, notice to come       | order: taken             | waits; told again after `repeat_minutes`         |
| notice before our answer         | order: done              | sent                                             |
| notice twice                     | order: done              | the second changes nothing                       |
| slow sender after «void»         | order: void              | finds it closed and tells nothing                |
| slow sender after a newer order  | piece: the newer order   | is not the newest and tells nothing              |

Telling a command again is no second post: an order has one id, and each of its objects has one id at the operator,
which a second run of it would find there. Where an operator is silent for ever the outcome stays open, for a person.
"""

from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from cms.contract import (
    ContractError,
    Correction,
    NotSent,
    Outcome,
    Piece,
    Prepared,
    Receipt,
    Sent,
    Services,
    Target,
    Unknown,
)
from renderers.iptv.adi import TooLong
from renderers.iptv.elements import Standing, changes, id_of, removal, standing_of, wanted
from renderers.iptv.notes import Order, Step
from renderers.iptv.ordering import TAKEN_OVER, Ordering, piece_of
from renderers.iptv.payload import Payload, prepare
from renderers.iptv.profiles import profile
from renderers.iptv.settings import AccountSettings, settings_of

PIECE: Final = "program 0"
# The sentence of an order that waits for a platform; the core looks again at once when the platform calls.
_WAITS: Final = "publishing.platform_has_it"


class IptvPost:
    """Implements `cms.contract.Post`; a correction is an UPDATE of the same objects."""

    correction: Correction = Correction.REPLACE

    async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared:
        """Makes the transport streams; nothing is told to the operator."""
        try:
            settings = settings_of(target)
        except ValidationError:
            # `send` says it: here there is no outcome to say it with.
            settings = AccountSettings()
        payload = await prepare(piece, settings, profile(settings), services)
        uploads = {film.sha256: "film" for film in payload.films}
        return Prepared(payload.encode(), uploads | ({payload.poster: "poster"} if payload.poster else {}))

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        try:
            ordering = Ordering.of(target, services)
        except ValidationError as problem:
            return _bad_settings(problem)
        payload = Payload.decode(prepared.payload)
        problem_code = payload.problem or _missing(ordering.settings)
        if problem_code:
            return NotSent(problem_code, retry=False)
        return await _show(ordering, payload, attempt)

    async def reconcile(self, attempt: str, target: Target, services: Services) -> Outcome:
        try:
            ordering = Ordering.of(target, services)
        except ValidationError as problem:
            return Unknown(_bad_settings(problem).code)
        notes = ordering.notes
        correlate = await notes.correlate(attempt)
        order, version = await notes.order(correlate)
        if order is None:
            if await notes.keep(correlate, Order(Step.VOID, ""), version=version):
                return NotSent("iptv.not_begun", retry=True)
            return Unknown(TAKEN_OVER)
        if order.step is Step.BEGUN and not order.told_times:
            await notes.change(correlate, step=Step.VOID)
            return await ordering.judged(correlate)
        return await ordering.again(correlate, order)

    async def correct(
        self,
        post: str,
        prepared: Prepared,
        attempt: str,
        target: Target,
        services: Services,
    ) -> Outcome:
        """Tells what changed; under another prefix than before the old piece is taken out first."""
        try:
            settings = settings_of(target)
        except ValidationError as problem:
            return _bad_settings(problem)
        if post != id_of(settings, Payload.decode(prepared.payload).document, PIECE):
            try:
                gone = await self.recall(post, target, services)
            except ContractError as waits:
                return NotSent(waits.code, retry=True, params=waits.params)
            if gone.state != "gone":
                return NotSent("iptv.recall_refused", retry=False, params={"why": post})
        return await self.send(prepared, attempt, target, services)

    async def recall(self, post: str, target: Target, services: Services) -> Receipt:
        """Has everything of the piece deleted; gone when the operator's notice says so.

        Raises:
            ContractError: it may still be there; the core asks again for as long as it takes.
        """
        try:
            ordering = Ordering.of(target, services)
        except ValidationError as problem:
            raise ContractError(_bad_settings(problem).code) from None
        notes = ordering.notes
        known, _ = await notes.piece(post)
        newest, _ = await notes.order(known.order) if known.order else (None, 0)
        if newest is not None and newest.removes and newest.step is not Step.REFUSED and newest.step is not Step.VOID:
            outcome = await _go_on(ordering, known.order, newest)
            return _gone(outcome, post, known.order, services)
        there = piece_of(known, newest)
        if there.is_empty:
            # Never confirmed, or these notes are not the ones that it was sent with: only a person can look.
            return Receipt("manual", services.now(), (post,), detail=_by_hand(post))
        code = _missing(ordering.settings)
        if code:
            raise ContractError(code)
        correlate = await notes.correlate(f"remove {post} {known.count + 1}")
        if not await ordering.begin(correlate, post, removal(there), Standing({}), None):
            raise ContractError(_WAITS, why=TAKEN_OVER)
        return _gone(await ordering.tell(correlate), post, correlate, services)


async def _show(ordering: Ordering, payload: Payload, attempt: str) -> Outcome:
    notes, settings = ordering.notes, ordering.settings
    piece = id_of(settings, payload.document, PIECE)
    correlate = await notes.correlate(attempt)
    known, _ = await notes.piece(piece)
    elements, links = wanted(payload, settings, ordering.dialect)
    newest, _ = await notes.order(known.order) if known.order else (None, 0)
    there = known.there if newest is not None and newest.is_open else piece_of(known, newest)
    said = changes(elements, links, there)
    if not said:
        return Sent(piece)
    wait = await ordering.spared()
    if wait is not None:
        return wait
    try:
        begun = await ordering.begin(correlate, piece, said, standing_of(elements, links), payload)
    except TooLong:
        return NotSent("iptv.setup.address_too_long", retry=False)
    return await ordering.tell(correlate) if begun else Unknown(TAKEN_OVER)


async def _go_on(ordering: Ordering, correlate: str, order: Order) -> Outcome:
    if order.is_open:
        return await ordering.again(correlate, order)
    return await ordering.judged(correlate)


def _gone(outcome: Outcome, post: str, correlate: str, services: Services) -> Receipt:
    """Only the operator's own notice makes it gone."""
    match outcome:
        case Sent():
            return Receipt("gone", services.now(), (post,), detail={"order": correlate})
        case NotSent(code=code, params=params):
            raise ContractError(_RECALL.get(code, code), **params)
        case _:
            raise ContractError(_WAITS, why=f"DELETE {correlate[:8]}")


_RECALL: Final[Mapping[str, str]] = {
    "iptv.refused": "iptv.recall_refused",
    "iptv.refused_objects": "iptv.recall_refused",
}


def _by_hand(post: str) -> Mapping[str, str]:
    return {"task": "iptv.task.delete", "ask": "none", "id": post}


def _missing(settings: AccountSettings) -> str:
    return "" if settings.csp and settings.lsp and settings.service else "iptv.setup.incomplete"


def _bad_settings(problem: ValidationError) -> NotSent:
    where = {"field": ".".join(str(part) for part in problem.errors()[0]["loc"])[:60]}
    return NotSent("iptv.setup.bad_settings", retry=False, params=where)
