"""The fleet's pages on the desk: screens with their health, pairing, and the preview of the street screen."""

from cms.desk.frame import Section
from screens.pages import hands_api
from screens.pages.api import RESOURCES as FLEET
from screens.pages.section import section

RESOURCES = (*FLEET, *hands_api.RESOURCES)


def sections() -> tuple[Section, ...]:
    """What is registered with the desk."""
    return (section(),)


__all__ = ["RESOURCES", "sections"]
