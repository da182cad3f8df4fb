"""Letters out of the house: by mail and by a signed webhook, once, retried, and not at all when nobody needs them."""

import datetime as dt
import hashlib
import hmac
import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import select

from cms.kernel.clock import FixedClock
from cms.kernel.db import Database
from cms.kernel.errors import Invalid
from cms.kernel.messages import catalogue
from cms.notices.carrying import OLD, Carrier, carry
from cms.notices.choices import choose
from cms.notices.inbox import notices_of, read_notice
from cms.notices.mail import MailSettings
from cms.notices.models import Letter
from cms.notices.tell import tell
from cms.notices.webhook import WebhookSettings
from cms.publishing.services.addresses import Policy
from cms.publishing.services.outbound import GuardedOutbound
from tests.fakes.mail import mail_server
from tests.office import NOW, Office, make_office

TEXTS = catalogue()
SECRET = "运河"


@pytest.fixture
async def newsroom(_sqlite_template: Path, tmp_path: Path) -> AsyncIterator[Office]:
    path = tmp_path / "yunping.sqlite"
    shutil.copy(_sqlite_template, path)
    database = Database(f"sqlite+aiosqlite:///{path}")
    yield await make_office(database)
    await database.close()


def carrier_of(office: Office, clock: FixedClock, port: int = 0) -> Carrier:
    outbound = GuardedOutbound(Policy(exceptions=frozenset({("127.0.0.1", port)})))
    return Carrier(office.db, clock, TEXTS, "zh-CN", "https://yp.example", outbound, "test")


async def _tell(office: Office, cause: str) -> None:
    async with office.db.write() as session:
        author = office.people["author"]
        params = {"title": "运河", "at": "2026-11-20 16:00"}
        await tell(
            session,
            person=author,
            cause=cause,
            subject="notices.subject.missed",
            params=params,
            href="/desk/calendar/",
            now=NOW,
        )


async def _states(office: Office) -> list[tuple[str, str, str | None]]:
    async with office.db.read() as session:
        rows = (await session.scalars(select(Letter).order_by(Letter.created_at, Letter.way))).all()
    return [(row.way, row.state, row.error_code) for row in rows]


async def test_mail_when_due_leaves_once_and_is_retried_while_the_server_is_away(newsroom: Office) -> None:
    author = await newsroom.actor("author")
    async with newsroom.db.write() as session:
        with pytest.raises(Invalid, match="bad_mail"):
            await choose(session, author, mail="a@b@c", quiet_from="", quiet_to="", now=NOW)
        with pytest.raises(Invalid, match="bad_hours"):
            await choose(session, author, mail="", quiet_from="25:00", quiet_to="", now=NOW)
        await choose(session, author, mail="author@example.cn", quiet_from="16:00", quiet_to="17:00", now=NOW)
    await _tell(newsroom, "missed:1")
    await _tell(newsroom, "missed:1")
    clock = FixedClock(NOW)
    async with mail_server() as server:
        settings = MailSettings("127.0.0.1", server.port, "none", "yunping@example.cn")
        carrier = replace(carrier_of(newsroom, clock), mail=settings)
        assert await carry(carrier) == 0  # quiet until 17:00
        clock.advance(dt.timedelta(hours=1))
        away = replace(carrier, mail=replace(settings, port=1))
        assert await carry(away) == 2
        assert await _states(newsroom) == [("mail", "retry", "notices.mail_away"), ("webhook", "dropped", None)]
        clock.advance(dt.timedelta(minutes=1))
        await carry(carrier)
        await carry(carrier)
        (message,) = server.arrived
        assert message["Subject"] == "错过发布时间（原定 2026-11-20 16:00）：运河"
        assert "https://yp.example/desk/calendar/" in message.get_content()
        assert "2 次" in message.get_content()

        server.refuse = 550
        await _tell(newsroom, "missed:2")
        clock.advance(dt.timedelta(days=1))
        await carry(carrier)
    assert ("mail", "failed", "notices.mail_address") in await _states(newsroom)


async def test_webhook_when_posted_is_signed_and_one_that_was_read_or_is_old_stays(newsroom: Office) -> None:
    got: list[tuple[dict[str, str], bytes]] = []

    async def take(request: web.Request) -> web.Response:
        got.append((dict(request.headers), await request.read()))
        return web.Response(status=500 if len(got) == 1 else 204)

    app = web.Application()
    app.router.add_post("/hook", take)
    clock = FixedClock(NOW)
    async with TestServer(app) as server:
        assert server.port is not None
        carrier = carrier_of(newsroom, clock, server.port)
        carrier = replace(carrier, webhook=WebhookSettings(f"http://127.0.0.1:{server.port}/hook", SECRET))
        await _tell(newsroom, "missed:1")
        await carry(carrier)
        assert (await _states(newsroom))[0][1:] == ("retry", "notices.webhook_refused")
        clock.advance(dt.timedelta(minutes=1))
        await carry(carrier)
        (_, first), (headers, body) = got
        moment, _, mac = headers["X-Yunping-Signature"].removeprefix("t=").partition(",v1=")
        assert mac == hmac.new(SECRET.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        assert (first, json.loads(body)["to"]) == (body, "author")

        await _tell(newsroom, "missed:2")
        author = await newsroom.actor("author")
        async with newsroom.db.write() as session:
            notice = next(one for one in await notices_of(session, author) if one.cause == "missed:2")
            await read_notice(session, author, notice.id, now=NOW)
        await _tell(newsroom, "missed:3")
        clock.advance(OLD)
        await carry(carrier)
    assert (len(got), sorted(state for _, state, _ in await _states(newsroom))) == (2, ["dropped", "dropped", "sent"])
