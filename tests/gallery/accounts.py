"""What the gallery shows of accounts: a target with its platform's settings, its journal, and tasks of people."""

from typing import Any

import segno

from tests.gallery.examples import at, delivery, shell, unit_field

PLACES = (
    ("/320509/", "吴江区新时代文明实践中心", True),
    ("/320509/04/", "\u3000松陵街道实践所", False),
    ("/320509/05/", "\u3000太湖新城实践所", False),
)

KEPT = "已设置于 2026-11-20 09:12；留空则保持不变。"


def field(name: str, label: str, kind: str = "text", value: Any = "", hint: str = "", **more: Any) -> dict[str, Any]:
    plain = {"options": [], "required": False, "error": None}
    return {"name": f"set-{name}", "label": label, "kind": kind, "value": value, "hint": hint, **plain, **more}


def target_context() -> dict[str, Any]:
    wrong = {
        "code": "desk.setting.address",
        "text": "网址不符合要求。",
        "next": "请填写以 https:// 开头的完整网址。",
    }
    modes = [{"value": "publish", "label": "发布（不通知关注者）"}, {"value": "mass", "label": "群发"}]
    return {
        "shell": shell("targets"),
        "target": {
            "code": "wx-wujiang",
            "href": "#",
            "kind": "wechat",
            "channel": "微信服务号",
            "name": "吴江文明服务号",
            "loop_minutes": "15",
            "active": True,
            "is_loop": False,
            "is_display": False,
            "has_places": True,
            "hook": "https://yunping.wujiang.example/hooks/wechat/wx-wujiang/",
            "has_account": True,
        },
        "places": [{"value": path, "label": label} for path, label, chosen in PLACES if chosen],
        "unit": unit_field(),
        "fields": [
            field(
                "appid",
                "开发者编号（AppID）",
                value="wxba5fad812f8e6fb9",
                hint="公众平台“开发—基本配置”。",
                required=True,
            ),
            field("base_url", "接口地址", value="api.weixin", hint="缺省为平台正式地址。", error=wrong),
            field("mode", "发布方式", "select", "publish", "群发每月四次，会通知关注者。", options=modes),
            field("comments", "开放留言", "check", value=True, hint="需要账号已开通留言功能。"),
            field("testers", "预览接收人", "lines", "shenjingyi\nluming", "微信号。"),
        ],
        "keys": [
            {
                "name": "key-secret",
                "label": "开发者密码",
                "hint": "已设置于 2026-11-20 09:12；留空则保持不变。",
                "error": None,
            },
            {"name": "key-aes", "label": "消息加解密密钥", "hint": "尚未设置。", "error": None},
        ],
        "paused": {
            "code": "wechat.setup_address",
            "text": "平台不接受本服务器的出口地址。",
            "next": "请在公众平台的“IP 白名单”中添加 203.0.113.9，然后恢复。",
            "since": "2026-11-24 09:02",
        },
        "unit_error": None,
        "error": None,
    }


def journal_context() -> dict[str, Any]:
    refused = [
        ("平台码", "40164"),
        ("平台说明", "invalid ip 203.0.113.9, not in whitelist rid: 65f0a1b2-0c3d4e5f-6a7b8c9d"),
        ("secret", "***"),
    ]
    piece = {"title": "东太湖畔添新景 十里步道连起家门口的幸福", "href": "#"}
    lines = (
        (-1, "平台回调", "", "good", None, [("方式", "POST"), ("状态", "200"), ("提示核对", "true")]),
        (
            -2,
            "调用平台接口",
            "/cgi-bin/freepublish/submit",
            "good",
            piece,
            [("结果", "ok"), ("publish_id", "2247483648")],
        ),
        (-3, "调用平台接口", "/cgi-bin/draft/add", "bad", piece, [("结果", "outbound_too_slow"), ("字节", "18244")]),
        (-5, "调用平台接口", "/cgi-bin/stable_token", "bad", None, refused),
    )
    names = ("at", "event", "path", "tone", "piece", "fields")
    return {
        "shell": shell("targets"),
        "target": {"code": "wx-wujiang", "name": "吴江文明服务号", "channel": "微信服务号"},
        "events": [{**dict(zip(names, line, strict=True)), "at": at(line[0])} for line in lines],
        "q": "",
        "only_bad": False,
        "is_narrowed": False,
        "searched": 1000,
        "page": {"first": 1, "last": 50, "total": 812, "text": "第 1–50 条，共 812 条", "earlier": "", "later": "#"},
    }


def tasks() -> list[dict[str, Any]]:
    """One to post with a pack, one to scan, and one to take down that is late."""
    post = {
        "text": "请在手机上打开抖音，按发布包内的说明上传视频与封面，然后把作品网址登记到这里。",
        "pack": "#",
        "link": "https://creator.douyin.com/",
        "host": "creator.douyin.com",
        "asks_url": True,
        "confirm": "desk.task.confirm",
        "url": "http://v.douyin.com/abc",
        "error": {
            "code": "publishing.bad_post_url",
            "text": "网址不符合要求，须以 https:// 开头。",
            "next": "请从浏览器地址栏或平台的“分享—复制链接”中重新复制。",
        },
        "may": True,
        "optional": False,
    }
    off = {
        "text": "请在平台上删除这条内容；如尚未发布，请作废发布包。完成后在此登记。",
        "pack": "",
        "link": "https://www.douyin.com/video/7301",
        "host": "www.douyin.com",
        "asks_url": False,
        "confirm": "desk.task.confirm_gone",
        "url": "",
        "error": None,
        "may": True,
        "optional": False,
    }
    scan = {
        **post,
        "text": "请用本单位抖音号的手机抖音扫码，核对视频和文字后点“发布”；发布后本页会自动更新。"
        "也可以用发布包人工发布，再粘贴作品链接。",
        "qr": segno.make("https://z.douyin.com/3fK9aT", error="m", micro=False).svg_data_uri(scale=4, border=3),
        "link": "",
        "url": "",
        "error": None,
    }
    off |= {"asks_proof": True}
    third = delivery("63", "吴江文明抖音号", "douyin", "发布", "manual", at=at(-2), task=scan)
    first = delivery("61", "吴江文明抖音号", "douyin", "撤稿", "manual", at=at(-60 * 26), task=off)
    second = delivery("62", "吴江文明抖音号", "douyin", "发布", "manual", at=at(-4), task=post)
    return [
        {**first, "title": "运河夜跑活动报名", "href": "#", "late": True},
        {**third, "title": "垃圾分类进社区：松陵街道的七堂实践课", "href": "#", "late": False},
        {**second, "title": "银龄课堂走进流虹社区，六十位老人学会“指尖生活”", "href": "#", "late": False},
    ]


def board_context() -> dict[str, Any]:
    return {"shell": shell("publishing"), "lists": [], "trouble": [], "tasks": tasks()}


def home_context() -> dict[str, Any]:
    return {
        "shell": shell("home"),
        "hello": "顾晓峰，上午好",
        "tally": [],
        "waiting": [],
        "drafts": [],
        "newest": [],
        "trouble": [],
        "tasks": tasks(),
        "reads": True,
        "doors": [],
        "may_write": False,
    }


def targets_context() -> dict[str, Any]:
    rows = (
        ("songling", "松陵街道全部阅读屏", "screen", "阅读屏", True, False),
        ("wx-wujiang", "吴江文明服务号", "wechat", "微信服务号", True, True),
        ("old-site", "旧版门户", "web", "网站", False, False),
    )
    return {
        "shell": shell("targets"),
        "targets": [
            {
                "code": code,
                "href": "#",
                "name": name,
                "kind": kind,
                "channel": channel,
                "units": ["松陵街道"] if kind == "screen" else [],
                "loop": 15,
                "is_loop": kind == "screen",
                "active": active,
                "paused": paused,
            }
            for code, name, kind, channel, active, paused in rows
        ],
        "kinds": [{"value": "wechat", "label": "微信服务号"}],
        "unit": unit_field("/320509/", "吴江区"),
        "values": {"code": "", "kind": "wechat", "name": "", "loop_minutes": "15", "unit": "/320509/"},
        "error": None,
    }
