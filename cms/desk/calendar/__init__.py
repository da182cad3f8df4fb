"""The calendar's pages: month, week, timeline, one piece's times, batches, placements, and tables of dates."""

from cms.contract import Route
from cms.desk.calendar import batches, dayparts, imports, moving, overview, placing, runs, timing

ROUTES: tuple[Route, ...] = (
    *overview.ROUTES,
    *moving.ROUTES,
    *runs.ROUTES,
    *timing.ROUTES,
    *batches.ROUTES,
    *placing.ROUTES,
    *dayparts.ROUTES,
    *imports.ROUTES,
)
