"""Every code the trust core can raise has its sentence in both languages."""

import json
import re
from pathlib import Path

import cms.signals
import cms.trust
from screens import viewer

HERE = Path(cms.trust.__file__).parent
RAISED = re.compile(r'TrustError\(\s*"(trust\.[a-z_0-9]+)"|"(trust\.(?:mixed|rollback))"')


def _codes() -> set[str]:
    sources = [*HERE.glob("*.py"), *Path(cms.signals.__file__).parent.glob("*.py"), Path(viewer.__file__)]
    found = {one for path in sources for pair in RAISED.findall(path.read_text("utf-8")) for one in pair}
    return {f"error.{one}" for one in found if one}


def test_messages_name_exactly_the_codes_that_are_raised() -> None:
    for language in ("zh-CN", "en"):
        told = json.loads((HERE / "messages" / f"{language}.json").read_text("utf-8"))
        assert told.keys() == _codes()
        assert all(one["text"] and one["next"] for one in told.values())


def test_trust_core_is_small_enough_to_be_read() -> None:
    assert sum(len(path.read_text("utf-8").splitlines()) for path in HERE.glob("*.py")) <= 1_500
