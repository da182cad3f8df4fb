"""Calls of long ago: what arrived or was given up is deleted by age, with its attempts."""

import datetime as dt

from cms.kernel.db import Database
from cms.kernel.pruning import delete_ended
from cms.webhooks.models import WebhookCall
from cms.webhooks.states import CALL


async def prune_calls(db: Database, *, before: dt.datetime) -> int:
    """Deletes calls that ended before an instant; returns how many. What is still being tried is never touched."""
    return await delete_ended(db, WebhookCall, CALL, WebhookCall.finished_at, before=before)
