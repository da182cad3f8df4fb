"""The kit's fifty schedules can be survived at the simulators by a careful client, and catch a careless one."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from cms.contract import (
    Accepted,
    Channel,
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
from renderers.conformance.post import check_post
from renderers.conformance.world import World
from tests.fakes.wechat.simulator import WeChat
from tests.unit.fakes.asking import form, picture

NOW = dt.datetime(2026, 11, 26, 1, tzinfo=dt.UTC)
WHOLE = {"offset": 0, "count": 20, "no_content": 1}
Json = dict[str, Any]


class Lost(Exception):
    """No answer, or none that can be understood: it may have happened."""


class Said(Exception):
    """The platform said no with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Careful:
    """Marks each draft with the attempt, and looks before it says that nothing happened."""

    correction = Correction.REPOST

    def __init__(self) -> None:
        self.sim = WeChat()
        self.drafts: dict[str, str] = {}
        self.jobs: dict[str, str] = {}

    async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared:
        await services.assets.read(piece.release)
        return Prepared(piece.title.encode())

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        try:
            cover = await self.cover()
            article = {"title": prepared.payload.decode(), "content": "正文", "thumb_media_id": cover}
            body = {"articles": [{**article, "content_source_url": self.key(attempt)}]}
            self.drafts[attempt] = str((await self.call("draft/add", body))["media_id"])
            # Here and below the kit kills.
            await services.assets.read(attempt)
            job = await self.call("freepublish/submit", {"media_id": self.drafts[attempt]})
            await services.assets.read(attempt)
            self.jobs[attempt] = str(job["publish_id"])
        except (Lost, Said):
            return self.unanswered(attempt)
        return await self.reconcile(attempt, target, services)

    def unanswered(self, attempt: str) -> Outcome:
        return Unknown(attempt)

    async def reconcile(self, attempt: str, target: Target, services: Services) -> Outcome:
        try:
            return await self.found(attempt)
        except Lost as lost:
            return Unknown(str(lost))

    async def found(self, attempt: str) -> Outcome:
        if attempt in self.jobs:
            job = await self.patient("freepublish/get", {"publish_id": self.jobs[attempt]})
            if int(job["publish_status"]) > 1:
                return NotSent("test.refused", retry=False)
        if sent := await self.listed(attempt):
            return sent
        box = await self.patient("draft/batchget", WHOLE)
        waiting = [one["media_id"] for one in box["item"] if self.is_of(one, attempt)]
        if not waiting and attempt in self.drafts:
            return Accepted("neither in the box nor out")
        for media_id in waiting:
            # Nothing can come of a draft that is gone, whatever is under way.
            await self.patient("draft/delete", {"media_id": media_id}, good=40007)
        self.drafts.pop(attempt, None)
        return await self.listed(attempt) or NotSent("test.nothing", retry=True)

    async def listed(self, attempt: str) -> Sent | None:
        page = await self.patient("freepublish/batchget", WHOLE)
        return next((Sent(one["article_id"]) for one in page["item"] if self.is_of(one, attempt)), None)

    async def correct(self, post: str, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        await self.recall(post, target, services)
        return await self.send(prepared, attempt, target, services)

    async def recall(self, post: str, target: Target, services: Services) -> Receipt:
        await self.patient("freepublish/delete", {"article_id": post})
        return Receipt("gone", NOW)

    # calls

    @staticmethod
    def key(attempt: str) -> str:
        return f"https://www.example.cn/?a={attempt}"

    def is_of(self, one: Json, attempt: str) -> bool:
        return bool(one["content"]["news_item"][0]["content_source_url"] == self.key(attempt))

    async def ask(self, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Json:
        try:
            status, _, data = await self.sim.handle("POST", f"/cgi-bin/{path}", headers, body)
            found: Json = json.loads(data) if status == 200 else {}
        except (OSError, ValueError) as wrong:
            raise Lost(path) from wrong
        code = int(found.get("errcode", 0))
        if not found or code == -1:
            raise Lost(path)
        if code:
            raise Said(code)
        return found

    async def token(self) -> str:
        account = self.sim.account
        asked = {"grant_type": "client_credential", "appid": account.appid, "secret": account.secret}
        for _ in range(60):
            try:
                return str((await self.ask("stable_token", json.dumps(asked).encode()))["access_token"])
            except (Lost, Said):
                continue
        raise Lost("stable_token")

    async def call(self, path: str, body: Json) -> Json:
        data = json.dumps(body, ensure_ascii=False).encode()
        return await self.ask(f"{path}?access_token={await self.token()}", data)

    async def patient(self, path: str, body: Json, *, good: int = 0) -> Json:
        """For what may be repeated."""
        for _ in range(60):
            try:
                return await self.call(path, body)
            except Lost:
                continue
            except Said as said:
                if good and said.code == good:
                    return {}
        raise Lost(path)

    async def cover(self) -> str:
        headers, data = form("media", picture())
        for _ in range(60):
            path = f"material/add_material?type=image&access_token={await self.token()}"
            try:
                return str((await self.ask(path, data, headers))["media_id"])
            except (Lost, Said):
                continue
        raise Lost("add_material")


class Careless(Careful):
    """Believes that what was not answered did not happen."""

    def unanswered(self, attempt: str) -> Outcome:
        return NotSent("test.lost", retry=True)


async def findings(client: Careful) -> set[str]:
    """The checks that failed; each story has a simulator of its own, and the client moves to it."""

    def make() -> tuple[WeChat, World]:
        client.sim = WeChat()
        client.drafts.clear()
        client.jobs.clear()
        return client.sim, World("wechat")

    return {str(one) for one in await check_post(Channel("wechat", post=client), make, now=NOW)}


async def test_fifty_schedules_are_survived_by_a_careful_client() -> None:
    assert await findings(Careful()) == set()


async def test_fifty_schedules_catch_a_client_that_sends_again() -> None:
    assert any("shown twice" in one for one in await findings(Careless()))
