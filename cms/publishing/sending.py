"""The work on one claimed delivery: read as it stands, done under a renewed lease, handed over as it ended."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from sqlalchemy.exc import SQLAlchemyError

from cms.contract import Channel, Services
from cms.kernel import leases
from cms.kernel.errors import DomainError, Unavailable
from cms.kernel.log import logger
from cms.publishing.context import Context, named_person, read_context, take_turn
from cms.publishing.ledger import LeaseLost, Overtaken, RowLedger, overtaken_by
from cms.publishing.models import Bundle, Delivery
from cms.publishing.outputs import TargetOutputs
from cms.publishing.run import Again, Failed, Result, run_delivery
from cms.publishing.settling import Settling
from cms.publishing.signed_form import form_changed
from cms.publishing.states import MAX_LATE_POST, PublicationKind
from cms.publishing.workshop import Workshop

T = TypeVar("T")
_SHOWS: Final = frozenset({PublicationKind.PUBLISH, PublicationKind.CORRECT})

log = logger("publishing.sending")


class Sending:
    """The work on one claimed delivery; `seconds` replaces what its channel asks for."""

    def __init__(
        self, shop: Workshop, held: leases.Claim, rules: leases.LeaseRules, *, seconds: float | None = None
    ) -> None:
        self._shop = shop
        self._held = held
        self._rules = rules
        self._seconds = seconds

    async def run(self) -> None:
        """Ends with the delivery's row settled, or with nothing when the lease was lost on the way."""
        try:
            context = await self._context()
            settling = Settling(self._shop, self._held, self._rules)
            try:
                result = await self._under_lease(self._result(context))
            except Overtaken as later:
                await settling.overtaken(context, later.kind)
            else:
                await settling.settle(context, result)
        except LeaseLost:
            log.info("a delivery was taken over", delivery=str(self._held.id))

    async def _context(self) -> Context:
        async with self._shop.database.write() as session:
            turn = await take_turn(session, self._held)
        async with self._shop.database.read() as session:
            return await read_context(session, self._held, turn, self._shop.clock.now())

    async def _result(self, context: Context) -> Result:
        try:
            return await self._done(context)
        except (LeaseLost, Overtaken):
            raise
        except DomainError as problem:
            return Again(problem.code, problem.params)
        except Exception:
            # A defect of one channel must not stop the others, and must be seen on the delivery.
            log.exception("a channel broke", delivery=str(self._held.id), target=context.target.code)
            return Again("publishing.channel_defect", {"kind": context.target.kind})

    async def _done(self, context: Context) -> Result:
        channel = self._shop.channels.get(context.target.kind)
        if channel is None:
            return Failed("publishing.no_channel", {"kind": context.target.kind})
        if self._is_too_late(context, channel):
            return Failed("publishing.too_late", {"minutes": int(MAX_LATE_POST.total_seconds() // 60)})
        services = self._shop.services(context.target)
        if await self._form_changed(context, channel, services):
            return Failed("publishing.form_changed", {"channel": context.target.kind})
        await asyncio.gather(self._tell_guard(context), self._store_bundle(context.bundle))
        result = await run_delivery(
            context.order,
            channel,
            services,
            ledger=RowLedger(self._shop.database, self._shop.store, self._held, self._shop.clock.now),
            outputs=TargetOutputs(
                self._shop.tree, self._shop.screens, context.turn, self._shop.clock.now, self._still_ours
            ),
            now=self._shop.clock.now,
            seconds=self._seconds or channel.seconds,
        )
        return await self._with_tombstones(context, result)

    def _is_too_late(self, context: Context, channel: Channel) -> bool:
        """Whether a post's time is over before anything was begun: then a person decides, not the machine."""
        posts = channel.display is None and context.kind in {PublicationKind.PUBLISH, PublicationKind.CORRECT}
        fresh = context.delivery.call is None and context.delivery.post is None
        return posts and fresh and self._shop.clock.now() > context.delivery.at + MAX_LATE_POST

    async def _form_changed(self, context: Context, channel: Channel, services: Services) -> bool:
        """Asked before the first payload is frozen; what was frozen came from the form people signed."""
        if context.kind not in _SHOWS or context.bundle is None or context.delivery.payload is not None:
            return False
        return await asyncio.to_thread(form_changed, context.bundle.text, channel, services.site)

    async def _tell_guard(self, context: Context) -> None:
        """Before anything is shown, so that the guard can recall it with the database gone; it must not hold us up."""
        piece = context.order.piece
        if piece is None:
            return
        try:
            places = [context.target.code]
            await self._shop.guard.register(piece.release, document=piece.document, places=places)
        except Unavailable:
            log.warning("the guard is away; a place was not registered", release=piece.release)

    async def _store_bundle(self, bundle: Bundle | None) -> None:
        if bundle is not None and not await self._shop.store.exists(bundle.sha256):
            await self._shop.store.put(bundle.text.encode(), media_type="application/json")

    async def _with_tombstones(self, context: Context, result: Result) -> Result:
        """A recall that was ordered while the guard was away is over only when the guard has its tombstones."""
        what = context.publication.what
        person = context.publication.actor_id
        if context.kind is not PublicationKind.RECALL or what.get("signed", True) or person is None:
            return result
        await self._shop.guard.recall(
            person=person,
            releases=what["releases"],
            assets=what["assets"],
            reason=context.publication.reason,
            second=named_person(what, "second"),
        )
        return result

    async def _still_ours(self) -> None:
        async with self._shop.database.write() as session:
            if not await leases.renew(session, Delivery, self._rules, self._held, now=self._shop.clock.now()):
                raise LeaseLost

    async def _still_wanted(self) -> None:
        """Minutes of encoding for a piece that was recalled meanwhile would keep its recall waiting as long."""
        async with self._shop.database.read() as session:
            later = await overtaken_by(session, await session.get_one(Delivery, self._held.id))
        if later is not None:
            raise Overtaken(later)

    async def _under_lease(self, work: Coroutine[Any, Any, T]) -> T:
        """Does the work and renews the lease; the work is stopped when the lease is gone."""
        task = asyncio.create_task(work)
        try:
            while not (await asyncio.wait({task}, timeout=self._rules.lease.total_seconds() / 3))[0]:
                try:
                    await self._still_ours()
                    await self._still_wanted()
                except SQLAlchemyError:
                    # Whoever writes asks once more before it; a database that comes back finds us working.
                    log.warning("a lease could not be renewed", delivery=str(self._held.id))
            return task.result()
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
