"""The section that `deploy` registers with the desk."""

from pathlib import Path

from cms.desk.frame import Section
from cms.people.permissions import Action
from screens.pages import audience, chart, fleet, hands, hands_order, line_rules, preview, progress, proof, tags, tree

_PAGES = (*tree.ROUTES, *chart.ROUTES, *audience.ROUTES, *progress.ROUTES, *proof.ROUTES, *tags.ROUTES)


def section() -> Section:
    """Screens: the list, one screen, pairing; and how drafts look on the street."""
    return Section(
        key="screens",
        title="desk.nav.screens",
        icon="monitor-play",
        order=50,
        path="/desk/screens/",
        action=Action.SCREEN_READ,
        group="desk.nav.group.screens",
        # Fixed addresses before the one of a screen.
        routes=(*preview.ROUTES, *_PAGES, *hands.ROUTES, *hands_order.ROUTES, *line_rules.ROUTES, *fleet.ROUTES),
        templates=Path(__file__).parent / "templates",
        previews={"screen": preview.draw},
        progress={"screen": "/desk/screens/progress/{delivery}"},
    )
