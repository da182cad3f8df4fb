"""The pages of the core, as sections of the desk."""

from cms.desk.frame import Section
from cms.desk.routing import SIGNED_IN
from cms.desk.views import (
    account,
    audit,
    checklists,
    commands,
    documents,
    editor,
    gate,
    home,
    library,
    people,
    places,
    previews,
    publishing,
    review,
    targets,
    videos,
)
from cms.people.permissions import Action

_WORK = "desk.nav.group.work"
_SCREENS = "desk.nav.group.screens"
_SYSTEM = "desk.nav.group.system"


def core_sections() -> tuple[Section, ...]:
    """Every section of the core in one place; upper packages bring theirs to `build_desk`.

    Orders: 0-49 work, 50-79 channels (`screens.pages` stands at 50), 80- administration.
    """
    pieces = (*documents.ROUTES, *editor.ROUTES, *previews.ROUTES)
    assets = (*library.ROUTES, *videos.ROUTES)
    return (
        Section("gate", "", "", 0, "", SIGNED_IN, routes=(*gate.ROUTES, *account.ROUTES, *commands.ROUTES)),
        Section("home", "desk.nav.home", "layout-dashboard", 1, "/desk/", Action.ACCOUNT_MANAGE, _WORK, home.ROUTES),
        Section(
            "documents", "desk.nav.documents", "file-text", 10, "/desk/documents/", Action.DOCUMENT_READ, _WORK, pieces
        ),
        Section(
            "review",
            "desk.nav.review",
            "clipboard-check",
            20,
            "/desk/review/",
            Action.REVIEW_READ,
            _WORK,
            review.ROUTES,
        ),
        Section(
            "publishing",
            "desk.nav.publishing",
            "send",
            30,
            "/desk/publishing/",
            Action.PUBLISHING_READ,
            _WORK,
            publishing.ROUTES,
        ),
        Section("library", "desk.nav.library", "image", 40, "/desk/library/", Action.LIBRARY_READ, _WORK, assets),
        Section(
            "targets",
            "desk.nav.targets",
            "radio-tower",
            60,
            "/desk/targets/",
            Action.TARGET_MANAGE,
            _SCREENS,
            targets.ROUTES,
        ),
        Section(
            "columns", "desk.nav.columns", "list", 80, "/desk/columns/", Action.COLUMN_MANAGE, _SYSTEM, places.COLUMNS
        ),
        checklists.SECTION,
        Section(
            "people", "desk.nav.people", "users-round", 81, "/desk/people/", Action.PEOPLE_READ, _SYSTEM, people.ROUTES
        ),
        Section("units", "desk.nav.units", "building-2", 82, "/desk/units/", Action.UNIT_MANAGE, _SYSTEM, places.UNITS),
        Section(
            "audit", "desk.nav.audit", "shield-check", 83, "/desk/audit/", Action.AUDIT_READ, _SYSTEM, audit.ROUTES
        ),
    )
