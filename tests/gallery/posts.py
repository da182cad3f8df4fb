"""What the gallery shows of a WeChat account: its meters, what is out, and the previews with the testers' phones."""

from typing import Any

from tests.gallery.examples import at, shell

_REFUSAL = {
    "code": "wechat.trial_person",
    "text": "微信不能把预览发给“shenjia_wx”（平台代码 43004：require subscribe）。",
    "next": "请确认这个微信号已关注公众号、没有写错，再试一次。",
}


def board_context() -> dict[str, Any]:
    return {
        "shell": shell("publishing"),
        "accounts": [
            _account(
                "吴江文明服务号（群发）",
                [("本月群发（平台上限）", 3, 4, "good"), ("今天群发全部粉丝（平台上限）", 1, 1, "bad")],
            ),
            _account(
                "吴江文明服务号（发布）",
                [("24 小时发布（自定上限）", 12, 50, "good"), ("24 小时测试预览", 4, 100, "good")],
            ),
        ],
        "counts": {"bad": 0, "wait": 0},
        "made": None,
        "may_add": True,
        "error": None,
    }


def _account(name: str, meters: list[tuple[str, int, int, str]]) -> dict[str, Any]:
    note = "发布（不通知粉丝，不占群发次数）。" if "发布" in name else "群发（通知粉丝）。"
    return {
        "code": "wx",
        "name": name,
        "kind": "wechat",
        "channel": "微信服务号",
        "active": True,
        "href": "#",
        "silence": {"days": 2, "tone": "good", "last": at(-40), "said": "2 天未更新"},
        "posts": {"day": 1, "week": 6},
        "waiting": 0,
        "troubled": 0,
        "tasks": 0,
        "paused": None,
        "upkeep": None,
        "meters": [dict(zip(("label", "used", "limit", "tone"), one, strict=True)) for one in meters],
        "held": "",
        "consent": None,
        "notes": [f"发布方式：{note}"],
        "answer": None,
        "retry": "",
        "ask_consent": "",
    }


def posts_context() -> dict[str, Any]:
    titles = (
        "吴江：理论宣讲走进潜龙渠公园，吴语评弹唱响新时代",
        "关于鲈乡南路停水的通知（11月30日）",
        "青年说｜第12讲",
    )
    return {
        "shell": shell("publishing"),
        "account": {"name": "吴江文明服务号", "channel": "微信服务号", "href": "#"},
        "posts": [
            {
                "title": title,
                "href": "#",
                "at": at(-40 * number),
                "url": "https://mp.weixin.qq.com/s/x" if number < 2 else "",
                "comments": (True, False, None)[number],
                "switch": "#" if number < 2 else "",
            }
            for number, title in enumerate(titles)
        ],
        "newer": "",
        "older": "#",
        "error": None,
    }


def previews_context() -> dict[str, Any]:
    return {
        "shell": shell("documents"),
        "document": {"href": "#", "title": "吴江：理论宣讲走进潜龙渠公园"},
        "may": {"edit": True},
        "trials": [{"name": "吴江文明服务号", "href": "#"}],
        "error": _REFUSAL,
        "frames": [],
    }
