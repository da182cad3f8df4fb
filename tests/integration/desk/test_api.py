"""The same life of a piece as JSON: written, refused, submitted, signed by two, published, delivered and taken back."""

from typing import Any

from tests.integration.desk.house import PASSWORD, Browser, House
from tests.integration.desk.world import make_world


async def call(browser: Browser, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
    answer = await browser.script(method, f"/api/v1{path}", json=body)
    found = await answer.json()
    assert answer.status == status, found
    return found


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
