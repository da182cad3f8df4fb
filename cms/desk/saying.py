"""Values of a data feed as a request says them, from a form or a program; counted by what became of them."""

from cms.datafeeds.models import DataFeed
from cms.datafeeds.saying import Said, say
from cms.desk.visit import Visit
from cms.kernel.errors import DomainError


async def say_for(visit: Visit, said: Said) -> DataFeed:
    """Raises as `say`."""
    deps, outcome = visit.deps, "taken"
    try:
        return await say(deps.db, deps.feeds, visit.actor, visit.part("feed"), said, now=visit.now)
    except DomainError as error:
        outcome = error.code
        raise
    finally:
        if deps.metrics is not None:
            deps.metrics.count("yunping_data_values_total", outcome=outcome)
