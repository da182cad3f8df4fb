"""What words over a channel cost stands beside each length before anybody saves."""

import json
from pathlib import Path

from cms.desk.onair import pages
from cms.publishing.onair.budget import LIMIT, RATE, Rungs

MESSAGES = Path(pages.__file__).with_name("messages") / "zh-CN.json"


def test_each_length_says_its_cost_and_its_earliest_start_and_none_is_beyond_the_budget() -> None:
    texts = json.loads(MESSAGES.read_text("utf-8"))

    def t(key: str, **told: object) -> str:
        return str(texts[key]).format(**told)

    plain, behind = pages.lengths(t, 0.0), pages.lengths(t, 100.0)
    assert {"value": "30:720", "label": "30 秒 · 720P · 约 16 核·秒 · 最早 46 秒后"} in plain
    assert {"value": "30:720", "label": "30 秒 · 720P · 约 16 核·秒 · 最早 146 秒后"} in behind, "others ordered before"
    assert [one["value"] for one in plain] == [one["value"] for one in behind]
    for one in plain:
        seconds, _, rungs = one["value"].partition(":")
        assert int(seconds) * RATE[Rungs(rungs)] <= LIMIT
