"""Every resource of the core; a new one is a function, its models, and a line in its file's `RESOURCES`."""

from cms.api import (
    account,
    assets,
    channels,
    checklists,
    documents,
    factor,
    incoming,
    library,
    office,
    planning,
    record,
    search,
    shelves,
    staff,
    subtitles,
    uploads,
    verbs,
    webhooks,
)
from cms.api.resources import Resource

RESOURCES: tuple[Resource, ...] = (
    *documents.RESOURCES,
    *verbs.RESOURCES,
    *planning.RESOURCES,
    *incoming.RESOURCES,
    *library.RESOURCES,
    *shelves.RESOURCES,
    *assets.RESOURCES,
    *subtitles.RESOURCES,
    *uploads.RESOURCES,
    *search.RESOURCES,
    *checklists.RESOURCES,
    *channels.RESOURCES,
    *office.RESOURCES,
    *staff.RESOURCES,
    *factor.RESOURCES,
    *record.RESOURCES,
    *account.RESOURCES,
    *webhooks.RESOURCES,
)
