"""People at the desk, over the same forms that a browser sends."""

import asyncio
import html
import io
import json
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp

from tests.journeys.inputs import Article

PASSWORD = "沿着湖边慢慢走十里路 {}"
_CSRF = re.compile(r'name="csrf(?:-token)?"\s+(?:value|content)="([^"]+)"')
_HASH = re.compile(r'name="hash" value="([0-9a-f]{64})"')
_REVISION = re.compile(r'name="revision"[^>]*value="([0-9a-f-]{36})"')
_CODE = re.compile(r'class="once-code">([^<]+)<')
_REFUSED = re.compile(r'(?:class="(?:banner|field-error)[^>]*>)(.*?)</(?:div|p|span)>', re.DOTALL)


_FIELD = re.compile(
    r'<(?P<tag>input|select|textarea)\b(?P<head>[^>]*?\bname="(?P<name>(?:set-)?[\w-]+)"[^>]*)>'
    r"(?:(?P<inside>.*?)</(?P=tag)>)?",
    re.DOTALL,
)
_CHOSEN = re.compile(r'<option[^>]*value="([^"]*)"[^>]*selected')


def shown_fields(page: str) -> dict[str, str]:
    """The fields of an account's form as a browser would send them unchanged, without passwords."""
    form = next(part for part in page.split("<form") if 'name="set-' in part)
    found: dict[str, str] = {}
    for field in _FIELD.finditer(form.partition("</form>")[0]):
        head, inside = field["head"], field["inside"] or ""
        value = re.search(r'\bvalue="([^"]*)"', head)
        if 'type="password"' in head or ('type="checkbox"' in head and "checked" not in head):
            continue
        chosen = _CHOSEN.search(inside)
        if field["tag"] == "select":
            found[field["name"]] = html.unescape(chosen[1]) if chosen else ""
        elif field["tag"] == "textarea":
            found[field["name"]] = html.unescape(inside)
        else:
            found[field["name"]] = html.unescape(value[1]) if value else "on" if "checkbox" in head else ""
    return found


class Person:
    """One signed-in browser."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.password = ""
        self.pressed_at = 0.0
        """When the last form was sent, as Unix time."""
        self._session = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def close(self) -> None:
        await self._session.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The browser's own, with its cookies."""
        return self._session

    async def token(self) -> str:
        """What a script of the page sends with every request that changes something."""
        return _first(_CSRF, await self.page("/desk/documents/"))

    async def page(self, path: str) -> str:
        async with self._session.get(self.url + path) as answer:
            text = await answer.text()
            assert answer.status == 200, (path, answer.status, text[:2000])
            return text

    async def send(
        self, path: str, fields: list[tuple[str, str]], *, at: str, files: Mapping[str, bytes] | None = None
    ) -> tuple[str, str]:
        """Sends a form found on the page `at`; the address and text of what comes back."""
        token = _first(_CSRF, await self.page(at))
        form = aiohttp.FormData([("csrf", token), *fields])
        for name, data in (files or {}).items():
            form.add_field(name, data, filename=f"{name}.png", content_type="image/png")
        self.pressed_at = time.time()
        async with self._session.post(self.url + path, data=form) as answer:
            text = await answer.text()
            assert answer.status == 200, (path, answer.status, _REFUSED.findall(text) or text[:3000])
            return answer.url.path, text

    async def first_run(self, code: str, *, password: str) -> None:
        self.password = password
        fields = {
            "code": code, "district": "吴江区新时代文明实践中心", "unit_code": "320509", "person": "陆明",
            "name": "luming", "password": password,
        }  # fmt: skip
        await self.send("/desk/first-run", list(fields.items()), at="/desk/first-run")

    async def sign_in(self, code: str, *, password: str) -> None:
        """By a one-time code; the first thing to do is to set a password."""
        self.password = password
        at, _ = await self.send("/desk/login", [("code", code)], at="/desk/login?by=code")
        assert at == "/desk/password"
        await self.send("/desk/password", [("password", password), ("again", password)], at="/desk/password")

    async def add_person(self, login: str, name: str, role: str) -> str:
        """As administrator: a colleague in the own unit; the one-time code."""
        unit = _first(re.compile(r'data-value="([0-9a-f-]{36})"'), await self.page("/desk/people/"))
        fields = [("login", login), ("name", name), ("unit", unit), ("role", role), ("own_password", self.password)]
        _, text = await self.send("/desk/people/", fields, at="/desk/people/")
        return _first(_CODE, text)

    async def upload(self, picture: bytes, name: str) -> str:
        token = _first(_CSRF, await self.page("/desk/documents/"))
        form = aiohttp.FormData()
        form.add_field("file", io.BytesIO(picture), filename=name, content_type="application/octet-stream")
        url = self.url + "/desk/library/upload"
        async with self._session.post(url, data=form, headers={"X-CSRF-Token": token}) as answer:
            value: dict[str, Any] = await answer.json()
            assert answer.status == 200, value
            return str(value["asset"])

    async def upload_video(self, video: bytes, name: str) -> str:
        """Uploads a video and waits until it is ready."""
        token = _first(_CSRF, await self.page("/desk/documents/"))
        form = aiohttp.FormData()
        form.add_field("file", io.BytesIO(video), filename=name, content_type="application/octet-stream")
        url = self.url + "/desk/library/videos/upload"
        async with self._session.post(url, data=form, headers={"X-CSRF-Token": token}) as answer:
            value: dict[str, Any] = await answer.json()
            assert answer.status == 200, value
        while value["state"] != "ready":
            assert value["state"] != "rejected", value
            await asyncio.sleep(0.5)
            async with self._session.get(f"{self.url}/desk/library/videos/{value['id']}") as answer:
                value = await answer.json()
        return str(value["id"])

    async def write(
        self,
        article: Article,
        *,
        column: str,
        kind: str = "news",
        channels: Sequence[str] = ("screen", "web"),
        body: dict[str, Any] | None = None,
    ) -> str:
        """Writes a piece with its picture and submits it; the public id. `body` in place of the article's own."""
        asset = await self.upload(article.picture, f"{article.title}.jpg")
        made = [("kind", kind), ("title", article.title), ("column", column), ("unit", "")]
        at, text = await self.send("/desk/documents/new", made, at="/desk/documents/new")
        document = at.split("/")[3]
        await self.save(document, article, asset, page=text, column=column, channels=channels, body=body)
        await self.send(f"/desk/documents/{document}/submit", [("note", "请审")], at=f"/desk/documents/{document}/edit")
        return document

    async def save(
        self,
        document: str,
        article: Article,
        asset: str,
        *,
        page: str,
        column: str,
        channels: Sequence[str] = ("screen", "web"),
        body: dict[str, Any] | None = None,
    ) -> None:
        fields = [
            ("revision", _first(_REVISION, page)), ("title", article.title), ("column", column),
            ("summary", article.paragraphs[0][:60]), ("cover", asset), ("cover_alt", article.title),
            ("source", article.source), ("reporter", "沈佳"), ("editor", "周岚"), ("sponsor", "区委宣传部"),
            ("date", "2026-11-20T09:00"), *(("channel", channel) for channel in channels), ("offline", "7"),
            ("body", json.dumps(body or article.body, ensure_ascii=False)),
        ]  # fmt: skip
        path = f"/desk/documents/{document}/edit"
        await self.send(path, fields, at=path)

    async def approve(self, document: str) -> str:
        """Passes or signs what is on the review page with the password again; the hash that was signed."""
        path = f"/desk/documents/{document}/review"
        release = _first(_HASH, await self.page(path))
        fields = [("hash", release), ("opinion", "同意"), ("password", self.password)]
        await self.send(f"{path}/pass", fields, at=path)
        return release

    async def publish(self, document: str, targets: list[str], *, at: str = "") -> None:
        """Now, or at the wall time `at`."""
        path = f"/desk/documents/{document}/publish"
        await self.send(
            path, [("when", "later" if at else "now"), ("at", at), *(("target", t) for t in targets)], at=path
        )

    async def set_account(self, target: str, *, settings: Mapping[str, str], keys: Mapping[str, str]) -> None:
        """Fills an account's form: what it shows stays, except `settings`; `keys` go to the vault."""
        path = f"/desk/targets/{target}"
        fields = shown_fields(await self.page(path))
        fields |= {f"set-{name}": value for name, value in settings.items()}
        fields |= {f"key-{name}": value for name, value in keys.items()}
        await self.send(path, list(fields.items()), at=path)

    async def recall(self, document: str) -> None:
        await self.send(
            f"/desk/documents/{document}/recall", [("reason", "数据有误")], at=f"/desk/documents/{document}/publish"
        )


async def hire(people: Mapping[str, Person]) -> None:
    """The administrator adds colleagues; each sets a password; the administrator confirms their keys."""
    admin = people["luming"]
    rows = [
        ("chenjing", "陈静", "editor"), ("zhoulan", "周岚", "reviewer"), ("shenweimin", "沈为民", "chief"),
        ("guyun", "顾芸", "publisher"), ("qianfeng", "钱枫", "operator"),
    ]  # fmt: skip
    for number, (login, name, role) in enumerate(rows, start=1):
        code = await admin.add_person(login, name, role)
        await people[login].sign_in(code, password=PASSWORD.format(number))
    await admin.send("/desk/people/keys", [("own_password", admin.password)], at="/desk/people/")


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    assert found is not None, (pattern.pattern, text[:3000])
    return found[1]
