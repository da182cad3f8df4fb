"""Shapes that several resources give: nothing but that it is done, and what a word or an id names."""

import uuid

from cms.api.resources import Given, Sent
from cms.desk.visit import as_uuid


class Done(Given):
    """It is done; `id` names what it was done to."""

    id: str


class Nothing(Sent):
    """Nothing has to be said."""


def id_of(value: str) -> uuid.UUID:
    """Raises NotFound `kernel.not_found`."""
    return as_uuid(value)
