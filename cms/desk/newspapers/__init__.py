"""The pages of the electronic newspaper: its issues, and the editor of tap zones."""

from cms.desk.frame import Section
from cms.desk.newspapers import exchange, files, issues, zones
from cms.people.permissions import Action

SECTION = Section(
    "newspapers",
    "desk.nav.newspapers",
    "newspaper",
    17,
    "/desk/newspapers/",
    Action.DOCUMENT_READ,
    "desk.nav.group.work",
    (*issues.ROUTES, *zones.ROUTES, *files.ROUTES, *exchange.ROUTES),
)
