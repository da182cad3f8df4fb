"""The API's document stands committed: a change of a shape is seen in the review of the change."""

import json
from pathlib import Path

from cms.api.every import RESOURCES
from cms.api.openapi import openapi
from screens.pages import RESOURCES as SCREENS

SNAPSHOT = Path(__file__).with_name("openapi.json")


def test_openapi_when_made_is_the_committed_one() -> None:
    made = json.dumps(openapi([*RESOURCES, *SCREENS]), ensure_ascii=False, indent=1) + "\n"
    assert SNAPSHOT.read_text("utf-8") == made, "a shape of the API changed; commit what openapi() gives now"


def test_openapi_when_made_names_a_permission_and_a_summary_for_each_route() -> None:
    document = openapi([*RESOURCES, *SCREENS])
    operations = [one for path in document["paths"].values() for one in path.values()]
    assert len(operations) == len(RESOURCES) + len(SCREENS)
    assert all(one["x-permission"] and one["summary"].endswith(".") for one in operations)
