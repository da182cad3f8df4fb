"""What the gallery shows of the wall of channels: one with films, three with a signal on air."""

from typing import Any

from tests.gallery.examples import shell


def tile(name: str, sound: dict[str, Any] | None, picture: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "name": name, "channel": "电视频道", "day": "#", "health": "good", "tone": "good", "word": "正常播出",
        "now": {"title": "道德模范颁奖会", "start": "09:00:00", "end": "10:30:00", "done": 3, "of": 9, "left": 90},
        "next": {"title": "古镇夜话", "start": "10:30:00", "end": "10:48:00", "done": 0, "of": 9, "left": 90},
        "newest": "09:31:28", "ago": "4 秒前", "poster": "", "still": "", "sound": sound, "picture": picture,
        "missing": "", "settings": "#", "viewers": 128, "sessions": 903, "most": 211, "hours": "340.5",
        "is_probed": True, "has_plan": True,
    }  # fmt: skip
    return {**plain, **more}


def wall_context() -> dict[str, Any]:
    film = {"words": "-24.1 LKFS，峰值 -2.6 dBTP", "is_good": True}
    heard = {"words": "来信 -18.2 LKFS，峰值 -1.5 dBTP", "is_good": True}
    return {
        "shell": shell("monitor"),
        "tiles": [
            tile("吴江新时代文明实践频道", film, {"words": "没有黑场、静帧", "now": "", "is_good": True}),
            tile("大礼堂直播", heard, {"words": "直播信号正常", "now": "", "is_good": True}),
            tile("文化广场直播", {"words": "来信没有声音", "is_good": False},
                 {"words": "", "now": "直播信号黑场，09:30:00 起", "is_good": False}),
            tile("运河公园直播", None, {"words": "", "now": "直播信号中断，正在播填充", "is_good": False},
                 next={"title": "晚间理论宣讲：从一湖清水说起", "start": "11-28 00:12:00", "end": "00:30:00"}),
        ],
        "at": "09:31:32",
        "url": "#",
        "may": True,
        "pager": None,
    }  # fmt: skip
