"""The review slip of the gallery."""

from typing import Any

from tests.gallery.examples import at, shell


def slip_context() -> dict[str, Any]:
    opinions = [
        ("初审", "陆明", -6, "事实清楚，同意。"),
        ("复审", "顾晓峰", -4, "同意，建议配发阅读屏。"),
        ("终审签发", "吴建国", -3, "同意签发。"),
    ]
    return {
        "shell": shell("review"),
        "back": "/gallery/review",
        "slip": {
            "title": "银龄课堂走进流虹社区，六十位老人学会“指尖生活”",
            "kind": "新闻",
            "column": "社区动态",
            "unit": "松陵街道新时代文明实践所",
            "author": "沈静怡",
            "source": "松陵街道新时代文明实践所",
            "submitted_at": at(-12),
            "submitted_by": "沈静怡",
            "round": 2,
            "note": "",
            "is_urgent": False,
            "checks": "通过，1 条提示",
            "rules": "1",
            "findings": ["标题 22 字，街头阅读屏上超过 20 字会换为小字号"],
            "more": 0,
            "proofs": [
                {"name": "初校", "person": "顾晓峰", "at": at(-5), "state": "good", "text": "", "note": ""},
            ],
            "after": None,
            "revision": "41d07ab8e35c6620c1d9f4b7a8e015d3b96c2fe84710a5c3d2e1f0b9a8769f2c",
            "opinions": [
                {
                    "step": step,
                    "person": person,
                    "at": at(minutes),
                    "text": text,
                    "decision": "通过",
                    "key": "3f9a1c77d20be481",
                    "remarks": 0,
                }
                for step, person, minutes, text in opinions
            ],
            "envelope": "松陵街道、太湖新城 · 阅读屏、网站 · 至 2026-12-08 00:00",
            "counts": True,
            "hash": "9f2c41d07ab8e35c6620c1d9f4b7a8e015d3b96c2fe84710a5c3d2e1f0b9a876",
        },
    }


def full_context() -> dict[str, Any]:
    """The longest sheet there can be: five steps and three proofs, everybody at length."""
    context = slip_context()
    slip = context["slip"]
    said = "同意。" + "请注意第三段数字与附件表格的口径一致，" * 60
    names = ("初审", "复审", "三审", "专项审核", "终审签发")
    slip |= {
        "title": "很长的标题" * 40,
        "opinions": [{**slip["opinions"][0], "step": name, "text": said, "remarks": 12} for name in names],
        "proofs": [{**slip["proofs"][0], "name": name, "note": said} for name in ("初校", "二校", "三校")],
        "findings": ["标题过长，街头阅读屏上会换为小字号" * 4] * 3,
        "more": 40,
        "envelope": "松陵街道、太湖新城、" * 80,
    }
    return context
