"""What the gallery shows of live signals."""

from typing import Any

from tests.gallery.examples import at, shell


def tile(name: str, tone: str, word: str, **more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "id": name, "href": "#", "name": name, "channel": "吴江新时代文明实践频道", "kind": "等待编码器推送（SRT）",
        "where": "srt://…:9000", "is_listener": True, "port": 9000, "active": True, "still": "", "tone": tone,
        "word": word, "on_air": False, "until": None, "records": False, "may_take": True, "may_back": False,
        "may_manage": True, "factor": "2.13", "rungs": 3, "size": "1920×1080", "since": at(0), "slot_at": None,
        "late": 0, "losses": 0, "error": "", "may_begin": False,
        "logo": True,
        "recording": "2.08",
        "pieces": [{"value": "1", "label": "吴江区道德模范颁奖会"}],
    }  # fmt: skip
    return {**plain, **more}


def live_context() -> dict[str, Any]:
    on_air = {"on_air": True, "until": at(60), "records": True, "may_back": True, "may_take": False}
    return {
        "shell": shell("live"),
        "tiles": [
            tile("大礼堂", "good", "正在编码", **on_air),
            tile("文化广场", "info", "有信号", may_begin=True),
            tile("运河公园", "bad", "信号中断", losses=3, where="rtmp://live.example.cn/app/•••", is_listener=False,
                 kind="从地址拉流", error="rtmp://live.example.cn/app/•••: Connection refused"),
        ],
        "recordings": [
            {"title": "吴江区道德模范颁奖会", "channel": "吴江新时代文明实践频道", "at": at(0), "tone": "info",
             "word": "录制中", "href": "", "why": None},
            {"title": "古镇夜话", "channel": "吴江新时代文明实践频道", "at": at(-1_500), "tone": "good",
             "word": "已存为草稿", "href": "#",
             "why": {"text": "录制缺了一部分。", "next": "请运维检查存储空间与日志，并看完草稿再送审。"}},
        ],
        "at": at(0),
        "url": "#",
        "channels": [{"value": "wujiang-tv", "label": "吴江新时代文明实践频道"}],
        "kinds": [{"value": "listen", "label": "等待编码器推送（SRT）"}, {"value": "pull", "label": "从地址拉流"}],
        "minutes": [{"value": "120", "label": "120 分钟"}],
        "values": {"channel": "wujiang-tv", "name": "", "kind": "listen", "port": "9000", "active": True},
        "error": None,
        "wrong": {},
    }  # fmt: skip
