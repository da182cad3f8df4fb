"""Telling an App exactly once, and what each cut leaves behind.

| cut or lost answer | what the App has | what reconcile finds and says |
|---|---|---|
| before the attempt is noted | nothing | no note: closed, `NotSent`, again |
| noted, call not arrived | nothing | the App has not seen the event: `NotSent`, the next rung |
| noted, call arrived | the event | the App has seen it: `Sent` |
| the App does not answer | either | `Unknown`, asked again later |
| a slow sender after all that | the event once | the same id as the next try's: the App does nothing |

Before its first push a receiver is asked once, so that one that cannot answer is found while nothing depends on it. An
App that is asked says yes or no in so many words; a web server's «404» is no word of the App.
"""

from dataclasses import replace
from typing import Any

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
from renderers.cityapp.events import Event, EventType, gone, reference, shown
from renderers.cityapp.ladder import rung
from renderers.cityapp.receiver import Held, Lost, Receiver

_TAKEN_OVER = "taken_over"


class CityAppPost:
    """Implements `cms.contract.Post`."""

    correction: Correction = Correction.REPLACE

    async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared:  # noqa: ARG002
        return Prepared(reference(piece, services.site))

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        return await _told(shown(EventType.PUBLISH, prepared.payload), attempt, target, services)

    async def correct(
        self,
        post: str,  # noqa: ARG002 - the event names the document, of which the App keeps one version
        prepared: Prepared,
        attempt: str,
        target: Target,
        services: Services,
    ) -> Outcome:
        return await _told(shown(EventType.CORRECT, prepared.payload), attempt, target, services)

    async def reconcile(self, attempt: str, target: Target, services: Services) -> Outcome:
        noted, version = await services.state.get(_try(attempt))
        if noted is None:
            if await services.state.put(_try(attempt), {}, version=version):
                return NotSent("cityapp.not_begun", retry=True)
            return Unknown(_TAKEN_OVER)
        if not noted:
            return NotSent("cityapp.not_begun", retry=True)
        event = Event(noted["event"], b"", noted["post"])
        try:
            seen = await (await Receiver.of(target, services, attempt)).has(event)
        except Held as held:
            return Unknown(held.outcome.code)
        except Lost as lost:
            return Unknown(lost.why)
        not_there = NotSent("cityapp.not_there", retry=True)
        return Sent(event.post) if seen else await _next_rung(event.id, not_there, services)

    async def recall(self, post: str, target: Target, services: Services) -> Receipt:
        """Raises ContractError until the App took it: twice is as once."""
        try:
            await (await Receiver.of(target, services)).push(gone(post))
        except Held as held:
            raise ContractError(held.outcome.code, **held.outcome.params) from None
        except Lost as lost:
            raise ContractError("cityapp.recall_lost", why=lost.why) from None
        return Receipt("gone", services.now(), (post,))


async def _told(event: Event, attempt: str, target: Target, services: Services) -> Outcome:
    try:
        receiver = await Receiver.of(target, services, attempt)
        await receiver.may_push()
        await receiver.introduced(event)
    except Held as held:
        return held.outcome
    if not await services.state.put(_try(attempt), {"event": event.id, "post": event.post}, version=0):
        return Unknown(_TAKEN_OVER)
    try:
        await receiver.push(event)
    except Held as held:
        return await _next_rung(event.id, held.outcome, services)
    except Lost as lost:
        return Unknown(lost.why)
    await _forget(event.id, services)
    return Sent(event.post)


async def _next_rung(event: str, outcome: NotSent, services: Services) -> NotSent:
    """The outcome with its wait on the ladder; behind the last rung it is a dead letter, which a person replays."""
    if not outcome.retry:
        return outcome
    tries, version = await services.state.get(_ladder(event))
    count = int(tries or 0) + 1
    wait = rung(count, outcome.wait)
    await services.state.put(_ladder(event), 0 if wait is None else count, version=version)
    if wait is None:
        return NotSent("cityapp.dead_letter", retry=False, params={"tries": count})
    return replace(outcome, wait=wait)


async def _forget(event: str, services: Services) -> None:
    """A later try of the same event, asked for by a person, begins at the bottom of the ladder."""
    tries: tuple[Any, int] = await services.state.get(_ladder(event))
    if tries[0]:
        await services.state.put(_ladder(event), 0, version=tries[1])


def _try(attempt: str) -> str:
    return f"app:try:{attempt[:64]}"


def _ladder(event: str) -> str:
    return f"app:ladder:{event}"
