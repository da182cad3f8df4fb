"""Every resource of the core; a new one is a function, its models, and a line in its file's `RESOURCES`."""

from cms.api import account, channels, documents, incoming, library, office, planning, shelves, verbs, webhooks
from cms.api.resources import Resource

RESOURCES: tuple[Resource, ...] = (
    *documents.RESOURCES,
    *verbs.RESOURCES,
    *planning.RESOURCES,
    *incoming.RESOURCES,
    *library.RESOURCES,
    *shelves.RESOURCES,
    *channels.RESOURCES,
    *office.RESOURCES,
    *account.RESOURCES,
    *webhooks.RESOURCES,
)
