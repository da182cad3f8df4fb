"""The pages of the core, as sections of the desk."""

from cms.desk.frame import Section
from cms.desk.routing import SIGNED_IN
from cms.desk.views import gate
from cms.people.permissions import Action


def core_sections() -> tuple[Section, ...]:
    """Every section of the core in one place; upper packages bring theirs to `build_desk`."""
    return (
        Section("gate", "", "", 0, "/desk/login", SIGNED_IN, routes=gate.ROUTES),
        Section("documents", "desk.nav.documents", "file-text", 10, "/desk/documents/", Action.DOCUMENT_READ),
    )
