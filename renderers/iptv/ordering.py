"""One account's orders: written down, told, told again with the same id, and judged by what the operator noticed."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Final, Self

from cms.contract import Accepted, NotSent, OutboundRefused, Outcome, Sent, Services, Target, Unknown
from renderers.iptv import soap
from renderers.iptv.adi import ADDRESS_LONGEST, TooLong, order as document_of
from renderers.iptv.elements import Changes, Element, Standing
from renderers.iptv.markup import MOST_BYTES
from renderers.iptv.notes import File, Known, Notes, Order, Step
from renderers.iptv.offers import DOCUMENT, address, base_of, placeholder
from renderers.iptv.payload import Payload
from renderers.iptv.profiles import Profile, profile
from renderers.iptv.settings import AccountSettings, settings_of

TAKEN_OVER: Final = "另一个发布进程正在处理"
# Where a command stands; the catalogue has a sentence for each (``iptv.wait.…``).
_TAKEN: Final = "taken"
_FETCHES: Final = "fetching"
_WORKS: Final = "working"
_REFUSED_BEFORE: Final = "publishing.outbound_refused"
_SUFFIXES: Final = {"image/jpeg": "jpg", "image/png": "png"}


@dataclass(slots=True)
class Ordering:
    """Made for one go."""

    target: Target
    services: Services
    settings: AccountSettings
    dialect: Profile
    notes: Notes

    @classmethod
    def of(cls, target: Target, services: Services) -> Self:
        """Raises pydantic's ValidationError for settings that the desk would not have taken."""
        settings = settings_of(target)
        return cls(target, services, settings, profile(settings), Notes(services))

    async def begin(self, correlate: str, piece: str, said: Changes, after: Standing, payload: Payload | None) -> bool:
        """Writes the order down before anything is told; False when somebody else was faster.

        Raises:
            TooLong: an address that no operator reads.
        """
        known, version = await self.notes.piece(piece)
        files = [] if payload is None else self._files(said, payload)
        base = await base_of(self.settings, self.services)
        if any(len(address(base, self.target, correlate, file.name)) > ADDRESS_LONGEST for file in files):
            raise TooLong(base)
        addresses = {file.element: placeholder(correlate, file.name) for file in files}
        order = Order(
            Step.BEGUN,
            piece,
            removes=payload is None,
            document=document_of(said, self.dialect, addresses),
            release="" if payload is None else payload.release,
            files=tuple(files),
            after=after,
            at=self._now,
            until=self._now + self.settings.offer_days * 86_400,
        )
        before, there = await self.notes.order(correlate)
        # A removal's id is that of its turn: one that a killed worker wrote down and nobody told is taken over.
        taken = before is not None and not (order.removes and before.told_times == 0)
        if taken or not await self.notes.keep(correlate, order, version=there):
            return False
        newer = replace(known, order=correlate, count=known.count + 1)
        if await self.notes.keep_piece(piece, newer, version=version):
            return True
        await self.notes.change(correlate, step=Step.VOID)
        return False

    async def tell(self, correlate: str) -> Outcome:
        """Sends ExecCmd, the first time or again, and says what is known after it.

        Telling an order twice does no harm: it has one id, and each of its objects has one id at the operator.
        """
        order, _ = await self.notes.order(correlate)
        if order is None or not order.is_open or not await self._is_newest(correlate, order.piece):
            return Unknown(TAKEN_OVER)
        order = await self.notes.change(correlate, told=self._now, told_times=order.told_times + 1)
        if order is None or not order.is_open:
            return await self.judged(correlate)
        try:
            said = await self._exec(correlate)
        except OutboundRefused as problem:
            return await self._not_told(correlate, order, problem)
        except soap.Unreadable as problem:
            await self.notes.change(correlate, why=str(problem))
            return await self.judged(correlate)
        if said.result == 0:
            await self.notes.change(correlate, step=Step.TAKEN, why="")
        elif order.told_times == 1:
            # The first time it was told, so nothing of it was taken before.
            await self.notes.change(correlate, step=Step.VOID, why=said.why)
            return NotSent("iptv.refused", retry=False, params={"why": said.why or str(said.result)})
        elif self.dialect.says("there", said.why):
            # They know the order: its first telling arrived, whatever became of their answer.
            await self.notes.change(correlate, step=Step.TAKEN, why=said.why)
        else:
            await self.notes.change(correlate, why=said.why)
        return await self.judged(correlate)

    async def again(self, correlate: str, order: Order) -> Outcome:
        """Told once more where the answer was lost, or where the operator has been silent for too long."""
        silent = self._now - order.told >= self.settings.repeat_minutes * 60
        # An operator may need half a day: an order that ended is not told again, however long ago it was told.
        if order.is_open and (order.step is Step.BEGUN or silent):
            return await self.tell(correlate)
        return await self.judged(correlate)

    async def judged(self, correlate: str) -> Outcome:
        """What the record says, whoever wrote it."""
        order, _ = await self.notes.order(correlate)
        if order is None or order.step is Step.VOID:
            return NotSent("iptv.not_begun", retry=True)
        if order.step is Step.DONE:
            await self.notes.settle(correlate, order)
            return Sent(order.piece)
        if order.step is Step.REFUSED:
            order = await self._with_reasons(correlate, order)
            if order.step is Step.DONE:
                await self.notes.settle(correlate, order)
                return Sent(order.piece)
            why = order.results or order.why or "CmdResult -1"
            return NotSent("iptv.refused_objects", retry=False, params={"why": why})
        if order.step is Step.TAKEN or order.fetched:
            return Accepted(progress(order))
        return Unknown(f"没有得到运营商的回答（{order.why or '连接中断'}）")

    async def spared(self) -> NotSent | None:
        """None when the operator may be called now."""
        limit, minute = self.settings.calls_a_minute, dt.timedelta(minutes=1)
        wait = await self.services.budget.take("iptv", limit=limit, per=minute, now=self.services.now())
        return None if wait is None else NotSent("iptv.too_fast", retry=True, wait=wait)

    @property
    def _now(self) -> int:
        return int(self.services.now().timestamp())

    async def _exec(self, correlate: str) -> soap.Said:
        """Raises OutboundRefused, and Unreadable for an answer that says nothing."""
        where = address(await base_of(self.settings, self.services), self.target, correlate, DOCUMENT)
        body = soap.exec_cmd(self.settings.csp, self.settings.lsp, correlate, where)
        headers = {"Content-Type": soap.MEDIA_TYPE, "SOAPAction": f'"{self.settings.action}"'}
        lost = ""
        try:
            status, _, data = await self.services.outbound.request(
                "POST", self.settings.service, body=body, headers=headers, limit=MOST_BYTES
            )
            said = soap.read_answer(data) if status == 200 else None
            lost = "" if said is not None else f"HTTP {status}"
        except (OutboundRefused, soap.Unreadable) as problem:
            await self.services.journal.record("iptv.exec", order=correlate, lost=str(problem.args[0]))
            # Words of theirs, or of what came; the code of a line that is down says no more than that.
            why = str(problem)[:120] if isinstance(problem, soap.Unreadable) else ""
            await self.notes.hear(lost=self._now, why=why)
            raise
        told = {"lost": lost} if said is None else {"result": said.result, "said": said.why}
        await self.services.journal.record("iptv.exec", order=correlate, **told)
        if said is None:
            await self.notes.hear(lost=self._now, why=lost)
            raise soap.Unreadable(lost)
        refused = "" if said.result == 0 else (said.why or str(said.result))[:120]
        await self.notes.hear(answered=self._now, refused=refused)
        return said

    async def _not_told(self, correlate: str, order: Order, problem: OutboundRefused) -> Outcome:
        """An address that our own client refuses was never called; of any other trouble nobody knows."""
        if problem.code == _REFUSED_BEFORE and order.told_times == 1:
            await self.notes.change(correlate, step=Step.VOID, why=problem.code)
            return NotSent("iptv.setup.address_refused", retry=False)
        await self.notes.change(correlate, why="连接中断")
        return await self.judged(correlate)

    async def _is_newest(self, correlate: str, piece: str) -> bool:
        known, _ = await self.notes.piece(piece)
        return known.order == correlate

    async def _with_reasons(self, correlate: str, order: Order) -> Order:
        """A refused order with the operator's own reasons, fetched once; words for the desk, and at times a proof.

        Where an order was told more than once and all they say is that everything is there already (of a removal: gone
        already), its first telling was carried out: it is done. Of the first telling this would be somebody else's.
        """
        if order.results or not order.results_at.startswith(("http://", "https://")):
            return order
        try:
            status, _, data = await self.services.outbound.request("GET", order.results_at, limit=MOST_BYTES)
        except OutboundRefused:
            return order
        refused = soap.read_refused(data) if status == 200 else []
        kept, version = await self.notes.order(correlate)
        if not refused or kept is None or kept.step is not Step.REFUSED:
            return kept or order
        newer = replace(kept, results=soap.read_results(data))
        before = "gone" if order.removes else "there"
        if order.told_times > 1 and all(self.dialect.says(before, why) for _, why in refused):
            newer = replace(newer, step=Step.DONE, document="")
        if not await self.notes.keep(correlate, newer, version=version):
            return kept
        if newer.step is Step.DONE:
            await self.services.journal.record("iptv.settled", order=correlate, said=newer.results)
        return newer

    def _files(self, said: Changes, payload: Payload) -> list[File]:
        """Names are short and plain: some fetchers cut what they do not understand."""
        films = {film.sha256: film.size for film in payload.films}
        found = []
        for number, one in enumerate(element for _, element in said.elements if element.file):
            found.append(_file(number, one, films, payload))
        return found


def progress(order: Order) -> str:
    """Where a command stands, for the desk."""
    if DOCUMENT not in order.fetched:
        return _TAKEN
    return _WORKS if all(file.name in order.fetched for file in order.files) else _FETCHES


def piece_of(known: Known, order: Order | None) -> Standing:
    """What may be at the operator: what it confirmed, and what an order without an end may have left."""
    if order is None or order.piece == "":
        return known.there
    if order.step is Step.DONE:
        return order.after
    if order.removes or not order.is_open:
        return known.there
    return Standing({**order.after.elements, **known.there.elements}, known.there.links | order.after.links)


def _file(number: int, one: Element, films: dict[str, int], payload: Payload) -> File:
    if one.kind == "Movie":
        return File(f"m{number}.ts", one.file, films[one.file], "video/mp2t", one.id)
    suffix = _SUFFIXES.get(payload.poster_type, "jpg")
    return File(f"p{number}.{suffix}", one.file, payload.poster_size, payload.poster_type, one.id)
