"""What the gallery's editor shows: a piece that came back with a note."""

from typing import Any

from tests.gallery.examples import ASSET_URL, BODY, FINDINGS, NOTED, STEPS, at, shell, unit_field

REMARK = "周阿姨的原话请再与本人核对。"


def edit_context() -> dict[str, Any]:
    values = {
        "title": "银龄课堂走进流虹社区，六十位老人学会“指尖生活”",
        "subtitle": "松陵街道第三十二堂数字生活课",
        "summary": "松陵街道第三十二堂数字生活课开讲，老人们学会了预约挂号、医保凭证和防诈骗。",
        "column": "community",
        "source": "松陵街道新时代文明实践所",
        "reporter": "沈静怡",
        "editor": "陆明",
        "sponsor": "吴江区融媒体中心",
        "date": "2026-11-24T09:00",
        "not_before": "",
        "not_after": "2026-12-08T00:00",
        "offline": "7",
        "cover": "classroom",
        "cover_alt": "老人们围坐在教室里",
        "narration": "",
        "channels": ["screen", "web"],
        "units": ["/320509/04/"],
        "body": BODY,
    }
    places = [
        ("/320509/", "吴江区融媒体中心"),
        ("/320509/04/", "\u3000松陵街道所"),
        ("/320509/05/", "\u3000太湖新城所"),
    ]
    return {
        "shell": shell("documents"),
        "pages": None,
        "document": {
            "id": "1",
            "href": "/desk/documents/1",
            "title": values["title"],
            "kind": "新闻",
            "state": "returned",
            "number": 1,
            "column": "社区动态",
            "values": values,
            "revision": "7",
            "theirs": "7",
            "version": 0,
            "saved_at": at(-1),
            "returned": {"person": "陆明", "note": "周阿姨的原话请再与本人核对；第二张图片补一句替代文字。"},
            "remarks": [
                {"level": "wait", "text": REMARK, "next": "", "block": NOTED},
                {"level": "wait", "text": "这一段与标题重复，已建议删去。", "next": "", "block": ""},
            ],
            "remarks_by": {NOTED: REMARK},
            "missing": [
                {
                    "url": "https://www.example.org/photo/2026/gone.jpg",
                    "name": "湖边夜市",
                    "after": "灯亮了。",
                    "code": "library.fetch_status",
                    "text": "对方服务器（www.example.org）没有给出图片，答复 404。",
                    "next": "请在原网页确认图片仍在，或下载后上传。",
                }
            ],
        },
        "columns": [{"value": "community", "label": "社区动态"}, {"value": "notices", "label": "便民通知"}],
        "channels": [
            {"value": value, "label": label, "checked": True}
            for value, label in (("screen", "街头阅读屏"), ("web", "门户网站"))
        ],
        "places": [{"value": path, "label": name} for path, name in places if path in values["units"]],
        "place": unit_field(),
        "own_unit": "松陵街道所",
        "offline": [{"value": "7", "label": "7 天"}, {"value": "none", "label": "不限"}],
        "here": ["沈静怡", "顾晓峰"],
        "own_rows": [],
        "live": {"url": "/gallery/live", "share": "/gallery/share", "frames": []},
        "urls": {
            "save": "/gallery/save",
            "upload": "/gallery/upload",
            "asset": ASSET_URL,
            "videos": "/gallery/videos/{asset}",
            "submission": "/gallery/submission",
            "submit": "/gallery/submit",
            "preview": "/gallery/review",
            "checks": "/gallery/checks",
            "theirs": "/gallery/save",
            "fetch": "/gallery/fetch",
            "focal": "/gallery/focal/{asset}",
            "presence": "/gallery/presence",
            "conflict": "/gallery/conflict",
            "show": "/gallery/review",
            "edit": "/gallery/edit",
        },
        "limits": {
            "title": {"most": 60, "channels": [{"code": "screen", "label": "街头阅读屏", "most": 36}]},
            "summary": {"most": 200, "channels": []},
            "body": {"most": 100_000, "channels": []},
        },
        "is_conflict": False,
        "conflict": None,
        "local_key": "gallery:1",
        "error": None,
        "wrong": {
            "editor": {
                "code": "content.editor_is_author",
                "text": "责任编辑不能与记者为同一人。",
                "next": "请填写实际责编的姓名。",
            }
        },
        "zone": "北京时间",
    }


def submission_context() -> dict[str, Any]:
    return {
        "findings": FINDINGS,
        "proofs": "三校",
        "rush_url": "#",
        "steps": [{**step, "state": "waiting"} for step in STEPS],
        "stopping": 0,
        "csrf": "token",
        "url": "/gallery/submit",
    }


def conflict_context() -> dict[str, Any]:
    """A colleague saved the title, a word and a new block while the piece was being edited."""
    return {
        "shell": shell("documents"),
        "urls": {"theirs": "/gallery/save", "show": "/gallery/review", "edit": "/gallery/edit"},
        "conflict": {
            "who": "陆明",
            "at": "2026-11-24 09:18",
            "theirs": "8",
            "version": "0",
            "is_tab": False,
            "fields": [
                {
                    "label": "标题",
                    "runs": [
                        {"op": "same", "text": "银龄课堂走进"},
                        {"op": "delete", "text": "鲈乡"},
                        {"op": "insert", "text": "流虹"},
                        {"op": "same", "text": "社区"},
                    ],
                }
            ],
            "blocks": [
                {"op": "fold", "count": 3},
                {
                    "op": "change",
                    "moved": False,
                    "type": "段落",
                    "runs": [{"op": "same", "text": "六十位老人"}, {"op": "insert", "text": "昨天"}],
                },
                {
                    "op": "delete",
                    "moved": False,
                    "type": "段落",
                    "runs": [{"op": "delete", "text": "同事新加的一段。"}],
                },
                {"op": "fold", "count": 5},
            ],
        },
    }
