"""How long a field may be, for the counters beside it: what the kind of piece allows, and what each channel takes."""

from collections.abc import Mapping
from typing import Any

from cms.content.blocks import MAX_CHARACTERS
from cms.content.kinds import KindRules
from cms.contract import Channel
from cms.desk import labels
from cms.desk.visit import Visit


def limits(visit: Visit, rules: KindRules, channels: Mapping[str, Channel]) -> dict[str, Any]:
    """By field: `most` of the kind, which stops a submission, and the channels that cut what is longer."""
    most = {"title": rules.title_limit, "summary": rules.summary_limit, "body": MAX_CHARACTERS}
    return {
        name: {
            "most": limit,
            "channels": [
                {"code": code, "label": labels.channel(visit, code), "most": found.limits[name]}
                for code, found in sorted(channels.items())
                if name in found.limits
            ],
        }
        for name, limit in most.items()
    }
