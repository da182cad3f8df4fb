"""What the gallery shows of a channel's cut-ins."""

from typing import Any

from media.logo import Corner, Place, box
from tests.gallery.examples import at, shell

LOGO = "/gallery/assets/lake"


def order(kind: str, icon: str, title: str, state: str, tone: str, **more: Any) -> dict[str, Any]:
    plain = {"progress": None, "may_end": False, "who": "沈静怡", "id": "1"}
    times = {"start": at(0), "until": at(30)}
    return {"kind": kind, "icon": icon, "title": title, "state": state, "tone": tone, **plain, **times, **more}


def channel_context() -> dict[str, Any]:
    pieces = [{"value": "1", "label": "暴雨红色预警信号"}, {"value": "2", "label": "停水通知"}]
    return {
        "shell": shell("onair"),
        "target": {"code": "wujiang-tv", "name": "吴江新时代文明实践频道", "href": "#"},
        "addresses": [
            {"name": "HLS", "url": "https://yunping.wujiang.example/tv/wujiang-tv/master.m3u8"},
            {"name": "节目单 XMLTV", "url": "https://yunping.wujiang.example/tv/wujiang-tv/epg.xml"},
        ],
        "open": [
            order("应急信息", "megaphone", "暴雨红色预警信号", "播出中", "bad", may_end=True),
            order(
                "飞字", "captions", "松陵街道部分小区停水通知", "制作画面中", "wait",
                may_end=True, progress={"done": 8, "total": 16},
            ),
            order("插播", "monitor-play", "银龄课堂：防范电信诈骗", "已排定", "info", may_end=True),
        ],
        "past": [order("插播", "monitor-play", "宣讲微视频《江村夜话》", "已播完", "past")],
        "may_begin": True,
        "pieces": {"emergency": pieces[:1], "insert": pieces[1:], "text": pieces},
        "channels": [
            {"value": "wujiang-tv", "label": "吴江新时代文明实践频道", "checked": True},
            {"value": "songling", "label": "松陵街道频道", "checked": False},
        ],
        "minutes": [{"value": "30", "label": "30 分钟"}, {"value": "60", "label": "1 小时"}],
        "lengths": [{"value": "30:720", "label": "30 秒 · 720P · 约 16 核·秒 · 最早 46 秒后"}],
        "budget": 900,
        "error": None,
    }  # fmt: skip


def logo_context() -> dict[str, Any]:
    """A channel's logo with some films made."""

    def film(title: str, state: str, tone: str, **more: Any) -> dict[str, Any]:
        return {"film": "a", "title": title, "at": at(0), "length": "28 分钟", "state": state, "tone": tone,
                "progress": None, "why": "", **more}  # fmt: skip

    place = Place(Corner.TOP_LEFT, 4, 12, 90)
    ranges = (
        ("margin", "边距", "离画面边缘的距离，占画面宽度", 0, 10, 4),
        ("size", "大小", "最大宽度，占画面宽度", 4, 30, 12),
        ("opacity", "不透明度", "100 % 为完全不透明", 20, 100, 90),
    )
    names = ("top-left", "左上"), ("top-right", "右上"), ("bottom-left", "左下"), ("bottom-right", "右下")
    return {
        "shell": shell("onair"),
        "target": {"code": "wujiang-tv", "name": "吴江新时代文明实践频道", "href": "#"},
        "channels_href": "#",
        "may": True,
        "may_end": True,
        "has_logo": True,
        "csrf": "",
        "pictures": [
            {"value": str(n), "name": f"台标 {n}.png", "thumb": LOGO, "checked": n == 1, "is_clear": n < 3}
            for n in range(1, 4)
        ],
        "picked": LOGO,
        "corners": [{"value": value, "label": label} for value, label in names],
        "place": place,
        "ranges": [
            {"name": name, "label": label, "hint": hint, "low": low, "high": high, "value": value}
            for name, label, hint, low, high, value in ranges
        ],
        "box": box(place, 1920, 1080),
        "fit": "xMinYMin meet",
        "behind": "",
        "cost": {
            "films": "6",
            "length": "2 小时 12 分",
            "core": "3 小时 18 分",
            "by": "按最近 12 部的实测，每秒片长 1.50 秒",
            "room": "6.4 GB",
            "left": "1 小时 40 分",
        },
        "films": [
            film("宣讲微视频《江村夜话》", "已带台标", "good"),
            film("银龄课堂：防范电信诈骗", "制作中", "info", progress={"done": 160, "total": 448}),
            film(
                "老书记的党课（二）",
                "没做成，播原画面",
                "bad",
                why="转码结果（1080）与本机的频道规格不一致，不能上频道。",
            ),
            film("垃圾分类进社区", "等待制作", "wait"),
        ],
        "more": 2,
        "total": 6,
        "ready": 1,
        "failed": True,
        "error": None,
    }
