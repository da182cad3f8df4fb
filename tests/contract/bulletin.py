"""A post channel of a few lines and its platform, to prove the kit and the contract of posts."""

import datetime as dt
import random
from dataclasses import dataclass, field

from cms.contract import Correction, NotSent, Outcome, Piece, Prepared, Receipt, Sent, Services, Target, Unknown


@dataclass(slots=True)
class BulletinPlatform:
    """A stateful platform: posts by attempt id, with answers lost before or after the effect and refusals."""

    posts: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def arrange(self, dice: random.Random) -> None:
        self.faults = [dice.choice(("", "lost before", "lost after", "busy", "refused", "")) for _ in range(5)]

    def calm(self) -> None:
        self.faults.clear()

    def visible(self, title: str) -> int:
        return sum(title == text for text in self.posts.values())

    def post(self, attempt: str, text: str) -> str:
        """Raises ConnectionError for a lost answer, BlockingIOError when busy, ValueError when refused."""
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "lost before":
            raise ConnectionError
        if fault == "busy":
            raise BlockingIOError
        if fault == "refused":
            raise ValueError(text)
        self.posts[attempt] = text
        if fault == "lost after":
            raise ConnectionError
        return attempt


@dataclass(slots=True)
class BulletinPost:
    """Posts titles; knows its posts again by the attempt id that travelled with them."""

    platform: BulletinPlatform
    correction: Correction = Correction.REPLACE

    async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared:
        await services.line_ups.columns()
        return Prepared(piece.title.encode())

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        await services.line_ups.columns()
        try:
            post = self.platform.post(attempt, prepared.payload.decode())
        except ConnectionError as error:
            return Unknown(repr(error))
        except BlockingIOError:
            return NotSent("bulletin.busy", retry=True)
        except ValueError:
            return NotSent("bulletin.refused", retry=False)
        await services.line_ups.columns()
        return Sent(post)

    async def reconcile(self, attempt: str, target: Target, services: Services) -> Outcome:
        await services.line_ups.columns()
        return Sent(attempt) if attempt in self.platform.posts else NotSent("bulletin.not_there", retry=True)

    async def correct(self, post: str, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        self.platform.posts[post] = prepared.payload.decode()
        return Sent(post)

    async def recall(self, post: str, target: Target, services: Services) -> Receipt:
        self.platform.posts.pop(post, None)
        return Receipt("gone", dt.datetime(2026, 11, 20, tzinfo=dt.UTC))


class HastyPost(BulletinPost):
    """Answers a lost call by saying that it was not sent: the defect every studied scheduler has."""

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        outcome = await BulletinPost.send(self, prepared, attempt, target, services)
        return NotSent("bulletin.lost", retry=True) if isinstance(outcome, Unknown) else outcome
