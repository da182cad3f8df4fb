"""The fleet's pages on the desk: screens with their health, pairing, and the preview of the street screen."""

from cms.desk.frame import Section
from screens.pages import api, api_fleet, hands_api
from screens.pages.section import section

# Fixed addresses before the one of a screen.
RESOURCES = (*api_fleet.RESOURCES, *hands_api.RESOURCES, *api.RESOURCES)


def sections() -> tuple[Section, ...]:
    """What is registered with the desk."""
    return (section(),)


__all__ = ["RESOURCES", "sections"]
