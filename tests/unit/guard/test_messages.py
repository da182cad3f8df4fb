"""Every code the guard can raise has its sentence in both languages."""

import json
import re
from pathlib import Path

import cms.guard

HERE = Path(cms.guard.__file__).parent


def test_messages_name_exactly_the_codes_that_are_raised() -> None:
    raised = re.compile(r'GuardRefused\(\s*"(guard\.[a-z_]+)"')
    codes = {f"error.{one}" for path in HERE.glob("*.py") for one in raised.findall(path.read_text("utf-8"))}
    for language in ("zh-CN", "en"):
        told = json.loads((HERE / "messages" / f"{language}.json").read_text("utf-8"))
        assert told.keys() == codes
        assert all(one["text"] and one["next"] for one in told.values())
