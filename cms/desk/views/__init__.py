"""The pages of the core, as sections of the desk."""

from cms.desk.frame import Section
from cms.desk.routing import SIGNED_IN
from cms.desk.views import (
    account,
    assets,
    audit,
    commands,
    csv_import,
    documents,
    editor,
    factor,
    feeds,
    fetching,
    focal,
    gate,
    home,
    imports,
    library,
    people,
    people_safety,
    places,
    pool,
    previews,
    publishing,
    review,
    shelving,
    subtitles,
    targets,
    together,
    tokens,
    units,
    uploads,
    videos,
    webhooks,
)
from cms.people.permissions import Action

_WORK = "desk.nav.group.work"
_SCREENS = "desk.nav.group.screens"
_SYSTEM = "desk.nav.group.system"


def core_sections() -> tuple[Section, ...]:
    """Every section of the core in one place; upper packages bring theirs to `build_desk`.

    Orders: 0-49 work, 50-79 channels (`screens.pages` stands at 50), 80- administration.
    """
    pieces = (*documents.ROUTES, *editor.ROUTES, *together.ROUTES, *previews.ROUTES)
    shelf = (
        *library.ROUTES,
        *fetching.ROUTES,
        *focal.ROUTES,
        *videos.ROUTES,
        *uploads.ROUTES,
        *shelving.ROUTES,
        *assets.ROUTES,
        *subtitles.ROUTES,
    )
    return (
        *_outside(),
        *_administration(),
        Section(
            "gate", "", "", 0, "", SIGNED_IN, routes=(*gate.ROUTES, *account.ROUTES, *factor.ROUTES, *commands.ROUTES)
        ),
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
        Section("library", "desk.nav.library", "image", 40, "/desk/library/", Action.LIBRARY_READ, _WORK, shelf),
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
    )


def _administration() -> tuple[Section, ...]:
    """Who there is, where they are, and what they did."""
    staff = (*people.ROUTES, *people_safety.ROUTES, *csv_import.PEOPLE)
    tree = (*units.ROUTES, *csv_import.UNITS)
    return (
        Section(
            "columns", "desk.nav.columns", "list", 80, "/desk/columns/", Action.COLUMN_MANAGE, _SYSTEM, places.COLUMNS
        ),
        Section("people", "desk.nav.people", "users-round", 81, "/desk/people/", Action.PEOPLE_READ, _SYSTEM, staff),
        Section("units", "desk.nav.units", "building-2", 82, "/desk/units/", Action.UNIT_MANAGE, _SYSTEM, tree),
        Section(
            "audit", "desk.nav.audit", "shield-check", 83, "/desk/audit/", Action.AUDIT_READ, _SYSTEM, audit.ROUTES
        ),
    )


def _outside() -> tuple[Section, ...]:
    """What comes from elsewhere, and what elsewhere is told."""
    incoming = (*imports.ROUTES, *pool.ROUTES)
    system = Action.SYSTEM_CONFIGURE
    return (
        Section("tokens", "", "", 0, "", SIGNED_IN, routes=tokens.ROUTES),
        Section("webhooks", "desk.nav.webhooks", "send", 85, "/desk/webhooks/", system, _SYSTEM, webhooks.ROUTES),
        Section("imports", "desk.nav.imports", "archive", 15, "/desk/pool/", Action.DOCUMENT_CREATE, _WORK, incoming),
        Section("feeds", "desk.nav.feeds", "network", 84, "/desk/feeds/", system, _SYSTEM, feeds.ROUTES),
    )
