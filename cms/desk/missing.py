"""The import report of a draft: pictures of a feed's item that could not be fetched, as pages and the API say it."""

from collections.abc import Mapping
from typing import Any

from cms.desk import labels
from cms.desk.visit import Visit


def missing(visit: Visit, report: Mapping[str, Any]) -> list[dict[str, str]]:
    """Each with its address, the words it stood after, the reason and what to do."""
    return [
        {
            "url": one["url"],
            "name": one["name"],
            "after": one["after"],
            **labels.trouble(visit, one["code"], one["params"]),
        }
        for one in report.get("missing", ())
    ]
