"""What the gallery shows of a channel's cut-ins."""

from typing import Any

from tests.gallery.examples import at, shell


def order(kind: str, icon: str, title: str, state: str, tone: str, **more: Any) -> dict[str, Any]:
    plain = {"progress": None, "may_end": False, "who": "沈静怡", "id": "1"}
    times = {"start": at(0), "until": at(30)}
    return {"kind": kind, "icon": icon, "title": title, "state": state, "tone": tone, **plain, **times, **more}


def channel_context() -> dict[str, Any]:
    pieces = [{"value": "1", "label": "暴雨红色预警信号"}, {"value": "2", "label": "停水通知"}]
    return {
        "shell": shell("onair"),
        "target": {"code": "wujiang-tv", "name": "吴江新时代文明实践频道", "href": "#"},
        "stream": "https://yunping.wujiang.example/tv/wujiang-tv/master.m3u8",
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
