"""What the gallery shows: a believable day of a district's newsroom."""

import datetime as dt
from collections import defaultdict
from typing import Any, Final

from cms.desk.frame import NavItem, Shell

NOW = dt.datetime(2026, 11, 24, 1, 20, tzinfo=dt.UTC)
ASSET_URL = "/gallery/assets/{asset}"


def unit_field(value: str = "", name: str = "") -> dict[str, str]:
    """The field that picks a unit, empty or with one in it."""
    return {"value": value, "typed": name, "name": name, "by": "path", "src": "/gallery/units"}


def at(minutes: int) -> dt.datetime:
    return NOW + dt.timedelta(minutes=minutes)


def shell(current: str) -> Shell:
    entries = [
        ("documents", "file-text", "work", 0),
        ("review", "clipboard-check", "work", 4),
        ("publishing", "send", "work", 1),
        ("library", "image", "work", 0),
        ("screens", "monitor-play", "screens", 0),
        ("people", "users-round", "system", 0),
        ("audit", "shield-check", "system", 0),
    ]
    nav = tuple(
        NavItem(f"desk.nav.{key}", icon, f"/desk/{key}/", f"desk.nav.group.{group}", key == current, count)
        for key, icon, group, count in entries
    )
    return Shell(person="沈静怡", role="责任编辑", unit="吴江区新时代文明实践中心 · 松陵街道所", csrf="token", nav=nav)


def run(text: str, *marks: str, href: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"t": text}
    if marks:
        found["m"] = list(marks)
    if href:
        found["href"] = href
    return found


BLOCKS: list[dict[str, Any]] = [
    {
        "id": "b_lede00000001",
        "type": "paragraph",
        "text": [
            run("11月23日下午，松陵街道“银龄课堂”在流虹社区开讲，六十余位老人跟着志愿者学习用手机预约挂号、办理医保。"),
            run("这是街道今年开设的第三十二堂数字生活课", "b"),
            run("，也是第一次把课堂同步到街头阅读屏上。"),
        ],
    },
    {
        "id": "b_image0000001",
        "type": "image",
        "asset": "classroom",
        "alt": "老人们围坐在教室里看志愿者演示手机操作",
        "caption": "志愿者在流虹社区演示如何预约挂号。沈静怡 摄",
    },
    {"id": "b_head00000001", "type": "heading", "level": 2, "text": [run("一堂课，三件实事")]},
    {
        "id": "b_list00000001",
        "type": "list",
        "ordered": True,
        "items": [
            {"id": "b_item00000001", "text": [run("预约挂号：从选医院到取号，全程不超过五分钟。")]},
            {"id": "b_item00000002", "text": [run("医保电子凭证：一次激活，买药看病都能用。")]},
            {"id": "b_item00000003", "text": [run("防范诈骗：陌生链接不点，验证码不告诉任何人。")]},
        ],
    },
    {
        "id": "b_quote0000001",
        "type": "quote",
        "text": [run("以前都要等儿子周末回来帮我弄，现在自己就能办了。")],
        "cite": "流虹社区居民 周阿姨",
    },
    {
        "id": "b_notice000001",
        "type": "notice",
        "title": "下一堂课报名",
        "text": [
            run(
                "时间：12月1日（周二）下午2点\n地点：松陵街道新时代文明实践所二楼\n"
                "电话：0512-6300 0000，或在阅读屏上扫码“点单”。"
            )
        ],
    },
    {
        "id": "b_table0000001",
        "type": "table",
        "header": True,
        "rows": [
            [[run("日期")], [run("主题")], [run("地点")]],
            [[run("12月1日")], [run("手机拍照与家庭相册")], [run("松陵街道")]],
            [[run("12月8日")], [run("线上买菜与退换货")], [run("江陵街道")]],
        ],
    },
    {
        "id": "b_para00000002",
        "type": "paragraph",
        "text": [
            run("街道文明实践所负责人介绍，课程清单由居民"),
            run("点单", "b"),
            run("产生，详情见"),
            run("志愿服务平台", href="https://www.example.org/volunteer"),
            run("。"),
        ],
    },
]
BODY = {"schema": 1, "blocks": BLOCKS}
NOTED = str(BLOCKS[1]["id"])


def documents() -> list[dict[str, Any]]:
    rows = [
        (
            "银龄课堂走进流虹社区，六十位老人学会“指尖生活”",
            "新闻",
            "社区动态",
            "沈静怡",
            "松陵街道所",
            "in_review",
            -12,
            400,
            "classroom",
        ),
        ("关于冬季供暖用气安全检查的通知", "通知", "便民通知", "陆明", "区中心", "scheduled", -47, 160, None),
        ("太湖新城十公里健步道本周六开放", "新闻", "城市建设", "顾晓峰", "太湖新城所", "published", -95, None, "lake"),
        (
            "“我们的节日·冬至”文艺展演志愿者招募",
            "活动",
            "志愿招募",
            "钱慧",
            "同里镇所",
            "approved",
            -180,
            1500,
            "stage",
        ),
        ("松陵菜场改造后的第一个早晨", "新闻", "社区动态", "沈静怡", "松陵街道所", "draft", -200, None, "market"),
        ("宪法宣传周：基层宣讲视频第四讲", "宣讲视频", "理论宣讲", "吴建国", "区中心", "returned", -260, None, None),
        ("震泽古镇夜游线路临时调整公告", "通知", "便民通知", "潘越", "震泽镇所", "recalled", -1500, None, "town"),
        ("区图书馆延长自习室开放时间", "新闻", "文化惠民", "钱慧", "同里镇所", "failed", -1630, None, "library"),
    ]
    return [
        {
            "id": str(number),
            "href": f"/desk/documents/{number}",
            "title": title,
            "kind": kind,
            "column": column,
            "author": author,
            "unit": unit,
            "state": state,
            "updated_at": at(updated),
            "plan_at": at(plan) if plan else None,
            "cover": f"/gallery/assets/{cover}" if cover else None,
            "may_edit": state in {"draft", "returned"},
        }
        for number, (title, kind, column, author, unit, state, updated, plan, cover) in enumerate(rows, start=1)
    ]


STEPS = [
    {"name": "提交", "who": "沈静怡", "state": "done"},
    {"name": "初审", "who": "陆明 · 责任编辑", "state": "done"},
    {"name": "复审", "who": "顾晓峰 · 部门主任", "state": "current"},
    {"name": "终审签发", "who": "吴建国 · 总编", "state": "waiting"},
]
FINDINGS = [
    {
        "level": "bad",
        "text": "第 2 张图片缺少替代文字",
        "next": "为视障读者和朗读功能写一句图片内容。",
        "block": "b_image0000001",
    },
    {
        "level": "wait",
        "text": "“文明实践站”与规范名称不一致",
        "next": "建议写作“新时代文明实践站”，或在意见中说明。",
        "block": "b_para00000002",
    },
    {"level": "info", "text": "正文 286 字，阅读屏上约停留 40 秒", "next": "", "block": ""},
    {"level": "good", "text": "来源、记者、责编、主办单位齐全", "next": "", "block": ""},
]
HISTORY = [
    {
        "at": at(-6),
        "person": "陆明",
        "text": "通过初审",
        "state": "published",
        "note": "事实清楚，建议终审前补充报名二维码。",
    },
    {"at": at(-12), "person": "沈静怡", "text": "提交审核", "state": "submitted", "note": ""},
    {"at": at(-70), "person": "陆明", "text": "退回修改", "state": "returned", "note": "周阿姨的原话请再与本人核对。"},
    {"at": at(-160), "person": "沈静怡", "text": "新建稿件", "state": "draft", "note": ""},
]
OFFLINE = {
    "code": "renderers.screen.unreachable",
    "text": "3 块屏幕离线，未收到新节目单",
    "next": "屏幕恢复联网后会自动更新，无需重发。",
}
REFUSED = {
    "code": "renderers.web.disk_full",
    "text": "网站目录写入失败：磁盘空间不足",
    "next": "请运维清理磁盘后点“重试”，内容不会重复发布。",
}


def delivery(key: str, target: str, kind: str, detail: str, state: str, **more: Any) -> dict[str, Any]:
    return {
        "id": key,
        "target": target,
        "kind": kind,
        "detail": detail,
        "state": state,
        "at": None,
        "link": "",
        "error": None,
        "may_retry": False,
        "retry": "desk.delivery.retry",
        "wait": "",
        "task": None,
        "done": 0,
        "total": 0,
        **more,
    }


REVIEWING: dict[str, Any] = {
    "wait": "平台正在审核，自 2026-11-24 09:10 起",
    "may_retry": True,
    "retry": "desk.delivery.ask",
}
POST_BY_HAND = {
    "text": "请在手机上打开抖音，按发布包内的说明上传视频与封面，然后把作品网址登记到这里。",
    "pack": "#",
    "link": "https://creator.douyin.com/",
    "host": "creator.douyin.com",
    "asks_url": True,
    "confirm": "desk.task.confirm",
    "url": "",
    "error": None,
    "may": True,
    "optional": False,
}
INSTEAD = {
    **POST_BY_HAND,
    "text": "如已在平台上手动完成，请在此登记，系统不再重试。",
    "pack": "",
    "link": "",
    "optional": True,
}


def deliveries() -> list[dict[str, Any]]:
    return [
        delivery("1", "松陵街道全部阅读屏", "screen", "42 块屏幕 · 竖屏", "sending", done=31, total=42),
        delivery("2", "太湖新城阅读屏", "screen", "18 块屏幕 · 竖屏", "sent", error=OFFLINE),
        delivery("3", "云上吴江网站", "web", "社区动态栏目", "sent", at=at(-2), link="/d/7k2m9xq4ta"),
        delivery("4", "文明实践网站", "web", "首页与订阅", "failed", error=REFUSED, may_retry=True, task=INSTEAD),
        delivery("5", "吴江文明服务号", "wechat", "发布", "reviewing", **REVIEWING),
        delivery("6", "吴江文明抖音号", "douyin", "发布", "manual", at=at(-1), task=POST_BY_HAND),
    ]


_SPOKEN: Final = {
    "at": "12:34",
    "runs": [
        {"text": "各位乡亲，今天讲的是", "hit": False},
        {"text": "水文", "hit": True},
        {"text": "与桥梁 先看垂虹桥", "hit": False},
    ],
}


def list_context() -> dict[str, Any]:
    tabs = [
        ("全部", 128, True),
        ("我的稿件", 9, False),
        ("草稿与退回", 14, False),
        ("审核中", 4, False),
        ("已签发", 3, False),
        ("已发布", 96, False),
        ("已撤回", 2, False),
    ]
    return {
        "shell": shell("documents"),
        "tabs": [
            {"label": label, "href": "#", "count": count, "is_current": current} for label, count, current in tabs
        ],
        "filters": {
            **dict.fromkeys(("q", "column", "kind", "unit", "channel", "author", "since", "until"), ""),
            "columns": [{"value": "community", "label": "社区动态"}],
            **{name: [] for name in ("kinds", "channels")},
            "place": unit_field(),
            "tab": "all",
            "is_open": False,
        },
        "documents": [
            {
                **one,
                "title_runs": [{"text": one["title"], "hit": False}] if one["title"] else [],
                "excerpt": [],
                "spoken": _SPOKEN if number == 1 else None,
            }
            for number, one in enumerate(documents())
        ],
        "page": {
            "first": 1,
            "last": 8,
            "total": "500+",
            "hint": "数到 500 篇为止，可以继续翻页，也可用筛选缩小范围",
            "earlier": "",
            "later": "#",
        },
        "is_filtered": False,
        "may_write": True,
    }


def review_context(*, is_changes: bool = False) -> dict[str, Any]:
    def runs(*pairs: tuple[str, str]) -> list[dict[str, str]]:
        return [{"op": op, "text": text} for op, text in pairs]

    return {
        "shell": shell("review"),
        "document": {
            "id": "1",
            "href": "/desk/documents/1",
            "title": "银龄课堂走进流虹社区，六十位老人学会“指尖生活”",
            "kind": "新闻",
            "column": "社区动态",
            "byline": [
                {"label": label, "value": value}
                for label, value in [
                    ("来源", "松陵街道新时代文明实践所"),
                    ("记者", "沈静怡"),
                    ("责编", "陆明"),
                    ("主办", "吴江区融媒体中心"),
                ]
            ],
            "blocks": BLOCKS,
            "hash": "9f2c41d07ab8e35c6620c1d9f4b7a8e015d3b96c2fe84710a5c3d2e1f0b9a876",
            "subtitle": "松陵街道第三十二堂数字生活课",
            "summary": "松陵街道第三十二堂数字生活课开讲，老人们学会了预约挂号、医保凭证和防诈骗。",
            "cover": None,
            "cover_alt": "",
            "narration": None,
            "note": "请在明早八点前审完。",
            "submitted_by": "沈静怡",
            "unit": "松陵街道新时代文明实践所",
        },
        "proofs": [
            {"name": "初校", "person": "顾晓峰", "at": at(-5), "state": "good", "text": "", "note": ""},
            {"name": "二校", "person": "", "at": None, "state": "waiting", "text": "", "note": ""},
        ],
        "checks": [],
        "proof_note": "",
        "said": defaultdict(
            list,
            {
                NOTED: [
                    {
                        "person": "陆明",
                        "step": "初审",
                        "text": "引语请核对。",
                        "at": at(-60),
                        "changed": True,
                        "round": 1,
                    }
                ]
            },
        ),
        "due": at(300),
        "is_late": False,
        "is_urgent": False,
        "asset_url": ASSET_URL,
        "own_words": [],
        "steps": STEPS,
        "findings": FINDINGS,
        "to_explain": 1,
        "history": HISTORY,
        "envelope": [
            {"label": label, "value": value}
            for label, value in [
                ("范围", "松陵街道、太湖新城"),
                ("渠道", "阅读屏、网站"),
                ("起", "2026-11-24 16:00"),
                ("止", "2026-12-08 00:00"),
                ("离线期限", "7 天"),
            ]
        ],
        "changes": [
            {
                "op": "change",
                "runs": runs(
                    ("same", "11月23日下午，松陵街道“银龄课堂”在流虹社区开讲，"),
                    ("delete", "五十多位"),
                    ("insert", "六十余位"),
                    ("same", "老人跟着志愿者学习用手机预约挂号、办理医保。"),
                ),
            },
            {"op": "insert", "runs": runs(("insert", "防范诈骗：陌生链接不点，验证码不告诉任何人。"))},
            {"op": "delete", "runs": runs(("delete", "课后还将发放纪念品。"))},
            {"op": "same", "runs": runs(("same", "街道文明实践所负责人介绍，课程清单由居民点单产生。"))},
        ],
        "is_changes": is_changes,
        "has_before": True,
        "why_not": "",
        "opinion": "",
        "remarks": defaultdict(str, {NOTED: "周阿姨的原话请再与本人核对。"}),
        "may": {"pass": True, "return": True, "proof": 0, "after": False, "recall": False},
        "is_sign": not is_changes,
        "passkey": {"rp": "yunping.wujiang.example", "ids": "c2hlbg"},
        "urls": {
            "pass": "#",
            "return": "#",
            "slip": "/gallery/slip",
            "preview": "/gallery/review",
            "changes": "/gallery/changes",
            "text": "/gallery/review",
            "before": "",
            "next": "/gallery/review",
        },
        "error": None,
    }


def publish_context() -> dict[str, Any]:
    return {
        "shell": shell("publishing"),
        "csrf": "token",
        "document": {
            "id": "1",
            "href": "#",
            "title": "银龄课堂走进流虹社区，六十位老人学会“指尖生活”",
            "kind": "新闻",
            "column": "社区动态",
            "state": "published",
        },
        "facts": [
            {"label": label, "value": value}
            for label, value in [
                ("版次", "第 1 版"),
                ("签发", "陆明、吴建国"),
                ("发布", "2026-11-24 09:18"),
                ("许可至", "2026-12-08 00:00"),
            ]
        ],
        "schedule": {
            "is_open": True,
            "is_promised": False,
            "promised": "",
            "at": "",
            "min": "2026-11-24T09:20",
            "zone": "北京时间",
            "error": None,
        },
        "envelope": [
            {"label": "发布范围", "value": "松陵街道、太湖新城"},
            {"label": "下线时间", "value": "2026-12-08 00:00"},
        ],
        "error": None,
        "needs_second": False,
        "reason": "",
        "targets": [
            {
                "value": "songling",
                "label": "松陵街道全部阅读屏",
                "checked": True,
                "disabled": False,
                "hint": "42 块屏幕",
            },
            {"value": "web", "label": "云上吴江网站", "checked": True, "disabled": False, "hint": "社区动态栏目"},
        ],
        "history": HISTORY,
        "may": {"publish": True, "schedule": True, "recall": True, "correct": True},
        "urls": {
            "publish": "#",
            "unschedule": "#",
            "recall": "#",
            "correct": "#",
            "panel": "/gallery/panel",
            "retry": "#",
            "done": "#",
        },
        "every": "2s",
        "deliveries": deliveries(),
        "sent": 2,
        "total": 5,
        "is_open": False,
    }
