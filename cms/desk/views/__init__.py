"""The pages of the core, as sections of the desk."""

from cms.desk import calendar, days, newspapers, onair, unit_field
from cms.desk.frame import Section
from cms.desk.inbox import pages as inbox
from cms.desk.routing import SIGNED_IN
from cms.desk.views import (
    account,
    accounts,
    assets,
    audit,
    batches,
    boxes,
    checklists,
    commands,
    csv_import,
    datafeeds,
    documents,
    editor,
    factor,
    feeds,
    fetching,
    films,
    focal,
    gate,
    home,
    imports,
    library,
    live,
    outlets,
    passkeys,
    people,
    people_factor,
    people_safety,
    phone,
    places,
    plans,
    pool,
    previews,
    publishing,
    review,
    rush,
    shared,
    sharing,
    shelving,
    slips,
    subtitles,
    targets,
    together,
    tokens,
    trials,
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
    return (*_outside(), *_doors(), *_time_sections(), *_work(), *_channels(), *_administration())


def _doors() -> tuple[Section, ...]:
    """What everybody passes."""
    routes = (*gate.ROUTES, *account.ROUTES, *passkeys.ROUTES, *factor.ROUTES, *commands.ROUTES, *unit_field.ROUTES)
    return (
        Section("gate", "", "", 0, "", SIGNED_IN, routes=routes),
        Section("home", "desk.nav.home", "layout-dashboard", 1, "/desk/", Action.ACCOUNT_MANAGE, _WORK, home.ROUTES),
    )


def _work() -> tuple[Section, ...]:
    """From the first word to what is out."""
    writing = (*documents.ROUTES, *rush.ROUTES, *editor.ROUTES, *together.ROUTES)
    showing = (*previews.ROUTES, *trials.ROUTES, *sharing.ROUTES, *shared.ROUTES)
    reviews = (*review.ROUTES, *batches.ROUTES, *slips.ROUTES, *phone.ROUTES)
    pictures = (*library.ROUTES, *fetching.ROUTES, *focal.ROUTES, *shelving.ROUTES, *assets.ROUTES)
    moving = (*videos.ROUTES, *films.ROUTES, *uploads.ROUTES, *subtitles.ROUTES)
    reads, out = Action.DOCUMENT_READ, publishing.ROUTES
    return (
        Section(
            "documents", "desk.nav.documents", "file-text", 10, "/desk/documents/", reads, _WORK, (*writing, *showing)
        ),
        Section(
            "review", "desk.nav.review", "clipboard-check", 20, "/desk/review/", Action.REVIEW_READ, _WORK, reviews
        ),
        Section(
            "publishing", "desk.nav.publishing", "send", 30, "/desk/publishing/", Action.PUBLISHING_READ, _WORK, out
        ),
        accounts.SECTION,
        Section(
            "library",
            "desk.nav.library",
            "image",
            40,
            "/desk/library/",
            Action.LIBRARY_READ,
            _WORK,
            (*pictures, *moving),
        ),
    )


def _channels() -> tuple[Section, ...]:
    manages = Action.TARGET_MANAGE
    return (
        boxes.SECTION,
        onair.SECTION,
        live.SECTION,
        Section("targets", "desk.nav.targets", "radio-tower", 60, "/desk/targets/", manages, _SCREENS, targets.ROUTES),
        datafeeds.SECTION,
        outlets.SECTION,
    )


def _administration() -> tuple[Section, ...]:
    staff = (*people.ROUTES, *people_safety.ROUTES, *people_factor.ROUTES, *csv_import.PEOPLE)
    tree = (*units.ROUTES, *csv_import.UNITS)
    plan, column = Action.REVIEW_PLAN, Action.COLUMN_MANAGE
    return (
        Section("plans", "desk.nav.plans", "stamp", 79, "/desk/review/plans", plan, _SYSTEM, plans.ROUTES),
        Section("columns", "desk.nav.columns", "list", 80, "/desk/columns/", column, _SYSTEM, places.COLUMNS),
        checklists.SECTION,
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
        newspapers.SECTION,
        Section("imports", "desk.nav.imports", "archive", 15, "/desk/pool/", Action.DOCUMENT_CREATE, _WORK, incoming),
        Section("feeds", "desk.nav.feeds", "network", 84, "/desk/feeds/", system, _SYSTEM, feeds.ROUTES),
    )


def _time_sections() -> tuple[Section, ...]:
    """What waits for a person, and what goes out when."""
    reads = Action.DOCUMENT_READ
    return (
        Section("inbox", "desk.nav.inbox", "inbox", 5, "/desk/inbox/", Action.ACCOUNT_MANAGE, _WORK, inbox.ROUTES),
        Section("calendar", "desk.nav.calendar", "calendar-days", 25, "/desk/calendar/", reads, _WORK, calendar.ROUTES),
        *days.sections(),
    )
