"""A server that shows every desk page and component with example content, and takes the editor's uploads."""

import io
import zoneinfo

from aiohttp import web
from PIL import Image, ImageDraw

from cms.desk.frame import Desk, Sections
from cms.desk.policy import page_headers
from cms.desk.static_files import desk_files
from cms.kernel.messages import Catalogue
from tests.gallery import accounts, editing, examples, live, onair, posts, slips, wall

_HUES = {
    "classroom": (196, 143, 92),
    "lake": (92, 145, 170),
    "stage": (168, 84, 92),
    "market": (120, 150, 96),
    "town": (86, 84, 120),
    "library": (150, 128, 104),
}


def make_desk() -> Desk:
    return Desk(
        catalogue=Catalogue.load(), static=desk_files(), sections=Sections(()), zone=zoneinfo.ZoneInfo("Asia/Shanghai")
    )


def _page(desk: Desk, template: str, context: dict[str, object]) -> web.Response:
    return web.Response(text=desk.render(template, context), content_type="text/html", headers=page_headers())


def _picture(red: int, green: int, blue: int) -> bytes:
    """A quiet landscape in one hue: sky, sun, two hills."""
    image = Image.new("RGB", (960, 600))
    draw = ImageDraw.Draw(image)
    for y in range(600):
        light = 1.25 - y / 1500
        draw.line([(0, y), (960, y)], fill=tuple(min(255, int(c * light)) for c in (red + 40, green + 40, blue + 40)))
    draw.ellipse((660, 90, 780, 210), fill=(250, 240, 225))
    draw.polygon(
        [(0, 430), (260, 280), (520, 450), (700, 340), (960, 460), (960, 600), (0, 600)],
        fill=(red - 30, green - 30, blue - 30),
    )
    draw.polygon(
        [(0, 520), (330, 410), (640, 540), (960, 470), (960, 600), (0, 600)], fill=(red - 55, green - 55, blue - 55)
    )
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


class Gallery:
    """The routes of the gallery, and what was uploaded to it."""

    def __init__(self) -> None:
        self.desk = make_desk()
        self.uploads: dict[str, bytes] = {}
        self.saves: list[dict[str, str]] = []
        self.tokens: list[str] = []
        self.fetched: list[str] = []
        self.here = ["沈静怡", "顾晓峰"]
        self.revision = 7

    async def page(self, request: web.Request) -> web.Response:
        none = {"csrf": "token", "error": None}
        pages: dict[str, tuple[str, dict[str, object]]] = {
            "login": ("login.html", {**none, "name": "", "by_code": False, "next": "/desk/"}),
            "first-run": (
                "first_run.html",
                {
                    **none,
                    "values": dict.fromkeys(("code", "district", "unit_code", "name", "person"), ""),
                    "errors": dict.fromkeys(("code", "district", "unit_code", "name", "person", "password")),
                },
            ),
            "error": (
                "error.html",
                {
                    "error": {
                        "code": "kernel.not_found",
                        "text": "没有找到您要的内容",
                        "next": "请检查地址，或返回稿件列表重新查找。",
                    }
                },
            ),
            "list": ("documents/list.html", examples.list_context()),
            "empty": ("documents/list.html", {**examples.list_context(), "documents": []}),
            "edit": ("documents/edit.html", editing.edit_context()),
            "conflict": ("documents/conflict.html", editing.conflict_context()),
            "checks": ("documents/checks.html", {"findings": examples.FINDINGS}),
            "submission": ("documents/submission.html", editing.submission_context()),
            "review": ("review/show.html", examples.review_context()),
            "changes": ("review/show.html", examples.review_context(is_changes=True)),
            "slip": ("review/slip.html", slips.slip_context()),
            "slip-full": ("review/slip.html", slips.full_context()),
            "publish": ("publishing/show.html", examples.publish_context()),
            "tasks": ("publishing/board.html", accounts.board_context()),
            "onair": ("onair/channel.html", onair.channel_context()),
            "logo": ("onair/logo.html", onair.logo_context()),
            "live": ("live/list.html", live.live_context()),
            "monitor": ("days/monitor.html", wall.wall_context()),
            "home": ("home.html", accounts.home_context()),
            "targets": ("places/targets.html", accounts.targets_context()),
            "target": ("places/target.html", accounts.target_context()),
            "journal": ("places/journal.html", accounts.journal_context()),
            "accounts": ("publishing/accounts.html", posts.board_context()),
            "account-posts": ("publishing/account_posts.html", posts.posts_context()),
            "previews": ("documents/preview.html", posts.previews_context()),
        }
        template, context = pages[request.match_info["page"]]
        return _page(self.desk, template, context)

    async def asset(self, request: web.Request) -> web.Response:
        name = request.match_info["asset"]
        body = self.uploads.get(name) or _picture(*_HUES[name])
        return web.Response(body=body, content_type="image/png")

    async def upload(self, request: web.Request) -> web.Response:
        """Takes a PNG; refuses everything else the way the desk does."""
        self.tokens.append(request.headers.get("X-CSRF-Token", ""))
        part = (await request.post())["file"]
        assert isinstance(part, web.FileField)
        data = part.file.read()
        if not data.startswith(b"\x89PNG"):
            refusal = {
                "code": "media.not_a_picture",
                "text": "这个文件不是图片",
                "next": "请选择 JPG、PNG 或 WebP 格式的图片重新上传。",
            }
            return web.json_response(refusal, status=422)
        asset = f"upload-{len(self.uploads) + 1}"
        self.uploads[asset] = data
        return web.json_response({"asset": asset, "url": f"/gallery/assets/{asset}"})

    async def fetch(self, request: web.Request) -> web.Response:
        """Takes every address but those that say that they are gone."""
        form = await request.post()
        url = str(form["url"])
        self.fetched.append(url)
        if "gone" in url:
            refusal = {
                "code": "library.fetch_status",
                "text": "elsewhere.example 没有给出这张图片（状态 404），可能已删除或禁止转载。",
                "next": "请打开原网页核对，把图片存到本机后上传。",
            }
            return web.json_response(refusal, status=409)
        asset = f"upload-{len(self.uploads) + 1}"
        self.uploads[asset] = _picture(*_HUES["lake"])
        return web.json_response({"asset": asset, "url": f"/gallery/assets/{asset}", "thumb": "", "alt": ""})

    async def presence(self, _request: web.Request) -> web.Response:
        return web.json_response({"here": self.here, "revision": str(self.revision), "by": ""})

    async def conflict(self, _request: web.Request) -> web.Response:
        context = editing.conflict_context()
        context["conflict"]["theirs"] = str(self.revision)
        return _page(self.desk, "documents/conflict.html", context)

    async def saved(self, request: web.Request) -> web.Response:
        """The form as a whole: a new revision."""
        form = await request.post()
        self.revision += 1
        self.saves.append({key: value for key, value in form.items() if isinstance(value, str)})
        return _page(self.desk, "documents/edit.html", editing.edit_context())

    async def save(self, request: web.Request) -> web.Response:
        form = await request.post()
        if form["revision"] != str(self.revision):
            return web.json_response(
                {
                    "code": "content.conflict",
                    "text": "同事已保存了新的修订。",
                    "next": "",
                    "revision": str(self.revision),
                },
                status=409,
            )
        self.revision += 1
        self.saves.append({key: value for key, value in form.items() if isinstance(value, str)})
        return web.json_response({"revision": str(self.revision), "at": "09:20"})

    def app(self) -> web.Application:
        app = web.Application(client_max_size=8 * 1024 * 1024)
        app.add_routes(self.desk.static.routes())
        app.add_routes(
            [
                web.post("/gallery/upload", self.upload),
                web.post("/gallery/save", self.save),
                web.post("/gallery/fetch", self.fetch),
                web.post("/gallery/presence", self.presence),
                web.post("/gallery/conflict", self.conflict),
                web.post("/desk/documents/1/edit", self.saved),
                web.get("/gallery/assets/{asset}", self.asset),
                web.get("/gallery/{page}", self.page),
            ]
        )
        return app
