"""The same life of a piece as JSON: written, refused, submitted, signed by two, published, delivered and taken back."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from yarl import URL

from cms.api.every import RESOURCES
from cms.people.models import Membership, Person
from cms.people.permissions import Action, scope_of
from cms.people.tokens import ApiToken
from cms.webhooks.sending import HookRoom, send_next, spread
from screens.pages import RESOURCES as SCREENS
from tests.integration.desk.house import PASSWORD, Browser, House
from tests.integration.desk.world import make_world
from tests.schema import on_both


async def call(browser: Browser, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
    answer = await browser.script(method, f"/api/v1{path}", json=body)
    found = await answer.json(content_type=None)
    assert answer.status == status, found
    return found


@on_both
async def test_piece_when_written_over_the_api_goes_the_whole_way(house: House) -> None:
    world = await make_world(house)
    editor, reviewer, chief = (world.by[name] for name in ("editor", "reviewer", "chief"))
    made = await call(editor, "POST", "/documents", {"kind": "news", "title": "接口来稿", "column": "news"})
    path = f"/documents/{made['id']}"
    assert (await call(editor, "GET", "/documents?q=接口"))["total"] == 1

    draft = made["draft"]
    draft["byline"]["editor"] = "陆明"
    draft["channels"] = ["web"]
    text = [{"t": "一句正文。"}]
    draft["body"] = {"schema": 1, "blocks": [{"id": "b_aaaaaaaaaaaa", "type": "paragraph", "text": text}]}
    sent = {"base": made["revision"], "version": 0, "draft": draft}
    assert (await call(editor, "PUT", f"{path}/working-copy", sent))["version"] == 1
    submitted = await call(editor, "POST", f"{path}/submit", {})

    signing = {"release": submitted["release"], "password": PASSWORD}
    refused = await call(editor, "POST", f"{path}/approve", signing, status=403)
    assert refused["code"] == "people.denied.role"
    assert (await call(reviewer, "POST", f"{path}/approve", signing))["state"] == "submitted"
    wrong = await call(chief, "POST", f"{path}/approve", {**signing, "password": "not mine"}, status=403)
    assert wrong["next"]
    assert (await call(chief, "POST", f"{path}/approve", signing))["state"] == "approved"

    assert (await call(chief, "POST", f"{path}/publish", {"targets": ["site"]}))["state"] == "published"
    deliveries = (await call(chief, "GET", f"{path}/deliveries"))["deliveries"]
    assert [(one["target"], one["state"]) for one in deliveries] == [("site", "due")]
    await call(chief, "POST", f"{path}/recall", {"reason": ""}, status=409)
    assert (await call(chief, "POST", f"{path}/recall", {"reason": "有误"}))["state"] == "recalled"


def program(house: House, secret: str) -> Browser:
    """Something that has a token and no cookies."""
    made = house.browser()
    made.headers = {"Authorization": f"Bearer {secret}"}
    return made


async def ask(made: Browser, method: str, path: str, body: object = None, *, status: int = 200, key: str = "") -> Any:
    headers = {**made.headers, **({"Idempotency-Key": key} if key else {})}
    url = made.base.join(URL(f"/api/v1{path}"))
    async with made.session.request(method, url, json=body, headers=headers) as answer:
        found = await answer.json(content_type=None)
        assert answer.status == status, found
        if status >= 400:
            assert answer.content_type == "application/problem+json"
            assert (found["status"], found["title"], found["detail"]) == (status, found["text"], found["next"])
        return found


@on_both
async def test_token_when_made_does_what_it_was_given_until_it_is_revoked(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    page = await editor.get("/desk/account/tokens")
    assert 'value="people:write"' not in page
    fields = {"name": "市平台", "days": "30", "scope": ["document:read", "document:write"], "password": PASSWORD}
    await editor.post("/desk/account/tokens", {**fields, "password": "not mine"}, status=403)
    await editor.post("/desk/account/tokens", {**fields, "scope": ["people:write"]}, status=422)
    page = await editor.post("/desk/account/tokens", fields)
    found = re.search(r"data-secret>(yp_[^<]+)<", page)
    assert found is not None
    assert found[1] not in await editor.get("/desk/account/tokens")
    async with house.deps.db.read() as session:
        (row,) = (await session.scalars(select(ApiToken))).all()
    assert found[1] not in str(vars(row))

    robot = program(house, found[1])
    assert (await ask(robot, "GET", "/session"))["name"] == "沈静怡"
    await _keys(robot)
    await _matrix(robot)
    browser = house.browser()
    browser.headers = robot.headers
    await browser.get("/desk/documents/")
    assert browser.at == "/desk/login"

    admin = house.logins["admin"]
    await admin.get("/desk/people/")
    person = (await call(admin, "GET", "/people?q=shen"))["people"][0]["id"]
    units = (await call(admin, "GET", "/units"))["units"]
    assert units[0]["path"] == "/320509/"
    role = await _role(house, "shen")
    await call(admin, "DELETE", f"/roles/{role}", {"password": PASSWORD})
    assert (await ask(robot, "GET", "/documents", status=403))["code"] == "people.denied.role"
    await call(admin, "POST", f"/people/{person}/roles", {"role": "editor", "unit": units[0]["id"]})
    await ask(robot, "GET", "/documents")
    token = (await call(editor, "GET", "/tokens"))["tokens"][0]["id"]
    await call(editor, "DELETE", f"/tokens/{token}", {})
    assert (await ask(robot, "GET", "/documents", status=401))["code"] == "people.token_refused"


async def _keys(robot: Browser) -> None:
    """What is sent twice with one key is done once."""
    new = {"kind": "news", "title": "程序来稿"}
    made = await ask(robot, "POST", "/documents", new, key="same-key-1")
    assert await ask(robot, "POST", "/documents", new, key="same-key-1") == made
    assert (await ask(robot, "GET", "/documents?q=程序"))["total"] == 1
    other = {**new, "title": "别的"}
    assert (await ask(robot, "POST", "/documents", other, key="same-key-1", status=409))["code"] == "api.key_reused"
    assert (await ask(robot, "POST", "/documents", new, key="short", status=422))["code"] == "api.key_form"
    await ask(robot, "POST", "/documents", {"kind": "poem"}, key="same-key-2", status=422)
    await ask(robot, "POST", "/documents", new, key="same-key-2")
    two = [ask(robot, "POST", "/documents", new, key="same-key-3") for _ in range(2)]
    answers = await asyncio.gather(*two, return_exceptions=True)
    assert len({one["id"] for one in answers if isinstance(one, dict)}) == 1
    assert (await ask(robot, "GET", "/documents?q=程序"))["total"] == 3


async def _matrix(robot: Browser) -> None:
    """A token comes in only where its scopes lead; everywhere else it is told why."""
    wrong = []
    for one in (*RESOURCES, *SCREENS):
        known = one.route.permission in {action.value for action in Action}
        scope = scope_of(Action(one.route.permission)) if known else "any"
        if scope in {"any", "document:read", "document:write"}:
            continue
        path = re.sub(r"\{\w+\}", "00000000-0000-0000-0000-000000000009", one.route.path)
        url = robot.base.join(URL(path))
        async with robot.session.request(one.route.method, url, json={}, headers=robot.headers) as answer:
            if answer.status != 403:
                wrong.append(f"{one.route.method} {one.route.path} answered {answer.status}")
    assert wrong == []


async def _role(house: House, login: str) -> str:
    async with house.deps.db.read() as session:
        query = select(Membership.id).join(Person, Person.id == Membership.person_id).where(Person.login == login)
        return str((await session.scalars(query)).one())


class Listener:
    """An outbound client with one listening system behind it."""

    def __init__(self) -> None:
        self.status, self.heard = 200, list[tuple[Mapping[str, str], bytes]]()

    async def request(
        self, method: str, url: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None, limit: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.heard.append((headers or {}, body or b""))
        return self.status, {}, "收到".encode()


async def test_webhook_when_added_is_told_signed_and_again_until_it_hears(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    operator = await house.add("yun", "云维", "operator")
    await operator.get("/desk/webhooks/")
    hook = {"name": "市平台", "url": "http://x.cn/", "unit": "/320509/", "event": []}
    page = await operator.post("/desk/webhooks/", hook, status=422)
    assert "须以 https 开头" in page
    page = await operator.post("/desk/webhooks/", {**hook, "url": "https://x.cn/in", "event": ["pieces"]})
    secret = re.search(r"data-secret>(whsec_[^<]+)<", page)
    assert secret is not None
    (line,) = (await call(operator, "GET", "/webhooks"))["webhooks"]
    await call(editor, "GET", "/webhooks", status=403)

    made = await call(editor, "POST", "/documents", {"kind": "news", "title": "来稿"})
    deps, other = house.deps, Listener()
    room = HookRoom(deps.db, deps.clock, other, deps.vault, "test")
    assert await spread(room) == 1
    assert await spread(room) == 0
    other.status = 500
    assert await send_next(room)
    assert not await send_next(room)
    path = f"/webhooks/{line['id']}/calls"
    (sent,) = (await call(operator, "GET", path))["calls"]
    tried = [one["status"] for one in sent["attempts"]]
    assert (sent["state"], sent["error"], tried) == ("retry", "webhooks.answered", [500])
    page = await operator.get(f"/desk/webhooks/{line['id']}")
    assert "对方系统答复了 HTTP 500" in page
    other.status = 204
    await operator.post(f"/desk/webhooks/calls/{sent['id']}/retry")
    assert await send_next(room)
    (sent,) = (await call(operator, "GET", path))["calls"]
    assert (sent["state"], len(sent["attempts"])) == ("sent", 2)

    headers, body = other.heard[-1]
    assert other.heard[0][1] == body
    key = base64.b64decode(secret[1].removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{mac}"
    told = json.loads(body)
    assert (told["type"], told["details"]["document"], told["person"]) == ("edition.create", made["id"], "沈静怡")
    assert "ip" not in told

    await operator.post(f"/desk/webhooks/{line['id']}/secret", {"password": PASSWORD})
    await operator.post(f"/desk/webhooks/{line['id']}/test")
    other.status = 410
    assert await send_next(room)
    newest = (await call(operator, "GET", path))["calls"][0]
    assert (newest["event"], newest["state"]) == ("webhook.test", "failed")
    assert other.heard[-1][0]["webhook-signature"] != headers["webhook-signature"]


async def test_body_when_it_has_another_shape_is_refused_with_its_fields(house: House) -> None:
    await house.set_up()
    editor = await house.add("shen", "沈静怡", "editor")
    answer = await call(editor, "POST", "/documents", {"kind": "news", "colour": "red"}, status=422)
    assert (answer["code"], list(answer["fields"])) == ("api.body", ["colour"])
    answer = await call(editor, "POST", "/documents", ["news"], status=422)
    assert answer["code"] == "api.body"


async def test_call_when_nobody_is_signed_in_or_the_token_is_missing_is_refused_as_json(house: House) -> None:
    await house.set_up()
    stranger = house.browser()
    assert (await call(stranger, "GET", "/documents", status=401))["code"] == "desk.sign_in_first"
    editor = await house.add("shen", "沈静怡", "editor")
    token = (await call(editor, "GET", "/session"))["token"]
    editor.token = "x"
    assert (await call(editor, "POST", "/documents", {"kind": "news"}, status=403))["code"] == "kernel.csrf"
    editor.token = token
    await call(editor, "POST", "/documents", {"kind": "news"})
    assert (await call(editor, "GET", "/screens", status=403))["code"] == "people.denied.role"


async def test_openapi_when_asked_for_names_every_route(house: House) -> None:
    document = await call(house.browser(), "GET", "/openapi.json")
    assert {"/api/v1/documents", "/api/v1/screens", "/api/v1/documents/{id}/recall"} <= set(document["paths"])
