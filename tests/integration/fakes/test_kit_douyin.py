"""The kit's fifty schedules at Douyin: one create of each upload, and a list to look into before trying again."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

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
from tests.fakes.douyin.simulator import Douyin
from tests.unit.fakes.asking import film, form

NOW = dt.datetime(2026, 11, 26, 1, tzinfo=dt.UTC)
VIDEO = "/api/douyin/v1/video/"
UPLOAD = form("video", film(), filename="a.mp4", media_type="video/mp4")
Json = dict[str, Any]


class Lost(Exception):
    """It may have happened."""


class Said(Exception):
    """The platform said no."""


class Careful:
    """Keeps the video of an attempt, and looks into the list before it creates again."""

    correction = Correction.MANUAL

    def __init__(self) -> None:
        self.sim = Douyin()
        self.videos: dict[str, str] = {}
        self.token, self.open_id = "", ""

    def moved(self) -> Douyin:
        """To a fresh simulator whose person has consented."""
        self.sim = Douyin()
        self.sim.oauth.codes.clear()
        app = self.sim.app
        asked = {"client_key": app.client_key, "client_secret": app.client_secret, "grant_type": "authorization_code"}
        found = self.sim.oauth.access_token({**asked, "code": self.sim.oauth.consent()})
        self.token, self.open_id = found["access_token"], found["open_id"]
        self.videos.clear()
        return self.sim

    async def prepare(self, piece: Piece, target: Target, services: Services) -> Prepared:
        return Prepared(piece.title.encode())

    async def send(self, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        title = prepared.payload.decode()
        if (found := await self.found(title)) is not None:
            return found
        try:
            video_id = await self.video(title)
            await services.assets.read(attempt)
            body = {"video_id": video_id, "text": f"{title} #吴江"}
            await self.call("POST", "create_video", json.dumps(body, ensure_ascii=False).encode())
            await services.assets.read(attempt)
        except Said:
            return NotSent("test.refused", retry=True)
        except Lost:
            return self.unanswered(title)
        return await self.found(title) or Unknown(title)

    async def video(self, title: str) -> str:
        """The one upload that this title may use; a killed worker's next one uses it too."""
        if title not in self.videos:
            headers, data = UPLOAD
            uploaded = await self.patient("POST", "upload_video", data, headers)
            self.videos[title] = uploaded["video"]["video_id"]
        return self.videos[title]

    def unanswered(self, title: str) -> Outcome:
        return Unknown(title)

    async def reconcile(self, attempt: str, target: Target, services: Services) -> Outcome:
        title = next(iter(self.videos), "")
        return (await self.found(title) if title else None) or NotSent("test.nothing", retry=True)

    async def found(self, title: str) -> Outcome | None:
        page = await self.patient("GET", "video_list")
        for item in page["list"]:
            if item["title"].startswith(title):
                if str(item["is_reviewed"]) == "False":
                    return Accepted("review")
                good = int(item["video_status"]) == 5
                return Sent(item["item_id"]) if good else NotSent("test.review", retry=False)
        return None

    async def correct(self, post: str, prepared: Prepared, attempt: str, target: Target, services: Services) -> Outcome:
        raise AssertionError

    async def recall(self, post: str, target: Target, services: Services) -> Receipt:
        return Receipt("manual", NOW)

    async def call(self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None = None) -> Json:
        url = f"{VIDEO}{path}/?{urlencode({'open_id': self.open_id})}"
        try:
            status, _, data = await self.sim.handle(method, url, {**(headers or {}), "access-token": self.token}, body)
            found: Json = json.loads(data) if status == 200 else {}
        except (OSError, ValueError) as wrong:
            raise Lost(path) from wrong
        if not found:
            raise Lost(path)
        code = int(found.get("err_no") or found.get("data", {}).get("error_code") or 0)
        if code in {2100004, 28001005}:
            raise Lost(path)
        if code:
            raise Said(code)
        return dict(found["data"])

    async def patient(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Json:
        for _ in range(60):
            try:
                return await self.call(method, path, body, headers)
            except (Lost, Said):
                continue
        raise Lost(path)


class Careless(Careful):
    """Uploads again and creates again when it heard nothing."""

    async def found(self, title: str) -> Outcome | None:
        seen = await super().found(title)
        return seen if isinstance(seen, Sent) else None

    def unanswered(self, title: str) -> Outcome:
        self.videos.pop(title, None)
        return NotSent("test.lost", retry=True)


async def findings(client: Careful) -> set[str]:
    found = await check_post(Channel("douyin", post=client), lambda: (client.moved(), World("douyin")), now=NOW)
    return {str(one) for one in found}


async def test_fifty_schedules_are_survived_by_a_careful_client() -> None:
    assert await findings(Careful()) == set()


async def test_fifty_schedules_catch_a_client_that_creates_again() -> None:
    assert any("shown twice" in one for one in await findings(Careless()))
