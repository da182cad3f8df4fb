"""Two drafts side by side: every field that differs, every block that differs, and nothing else."""

import dataclasses
from typing import Any

from hypothesis import given, strategies as st

from cms.content.comparing import Same, changed_blocks, changed_fields
from cms.content.draft import Draft

IDS = [f"b_{number:012d}" for number in range(8)]


def body(words: dict[str, str]) -> dict[str, Any]:
    blocks = [{"id": key, "type": "paragraph", "text": [{"t": word}]} for key, word in words.items()]
    return {"schema": 1, "blocks": blocks}


BODIES = st.dictionaries(st.sampled_from(IDS), st.sampled_from(["甲", "乙", "丙"])).map(body)


@given(BODIES, BODIES)
def test_blocks_when_compared_name_each_difference_once(old: dict[str, Any], new: dict[str, Any]) -> None:
    found = changed_blocks(old, new)

    before, after = ({block["id"]: block for block in one["blocks"]} for one in (old, new))
    told = {one.id for one in found if not isinstance(one, Same) and (one.how != "same" or one.moved)}
    differ = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert differ <= told
    shown = sum(one.count if isinstance(one, Same) else 1 for one in found)
    assert shown == (len(before.keys() | after.keys()) if told else 0)


def test_fields_when_compared_are_those_that_differ_in_page_order() -> None:
    old = Draft(title="甲", channels=("web",))
    new = dataclasses.replace(old, title="乙", byline=dataclasses.replace(old.byline, editor="陆明"), channels=())
    assert [(one.field, one.old, one.new) for one in changed_fields(old, new)] == [
        ("title", "甲", "乙"),
        ("byline.editor", "", "陆明"),
        ("channels", ["web"], []),
    ]
    assert changed_fields(old, old) == []
