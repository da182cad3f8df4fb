"""Instants that a form asks for, as people type them: wall time of the office."""

import datetime as dt

from cms.desk import fields
from cms.desk.views.gate import text
from cms.desk.visit import Form, Visit
from cms.kernel.errors import Invalid


def asked(visit: Visit, form: Form, name: str) -> dt.datetime | None:
    """The instant of a field, to the millisecond where a script filled it in; None for an empty one.

    Raises Invalid `planning.line_time`.
    """
    typed = text(form, name)
    try:
        return fields.instant(typed.replace(" ", "T"), visit.deps.zone)
    except (ValueError, OverflowError) as error:
        raise Invalid("planning.line_time", text=typed[:40]) from error


def needed(visit: Visit, form: Form, name: str) -> dt.datetime:
    """The same of a field that must be filled. Raises Invalid `planning.line_time`."""
    at = asked(visit, form, name)
    if at is None:
        raise Invalid("planning.line_time", text="")
    return at
