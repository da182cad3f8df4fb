"""Imports every module that declares tables, so that migrations and tests see the whole schema."""

from cms.airing import models as airing
from cms.api import rows as api
from cms.audit import models as audit
from cms.content import models as content, search_rows
from cms.content.importing import models as importing
from cms.datafeeds import models as datafeeds
from cms.kernel.base import Base
from cms.library import models as library
from cms.live import models as live
from cms.newspaper import models as newspaper
from cms.notices import models as notices
from cms.outlets import models as outlets
from cms.people import models as people, tokens
from cms.planning import models as planning
from cms.publishing import models as publishing
from cms.publishing.onair import models as onair
from cms.publishing.services import models as services
from cms.review import link_models as links, list_rows, models as review
from cms.webhooks import models as webhooks
from screens import ledger_rows, proof_rows, states, tables as screens, watch_rows
from screens.hands import lines, rollout_tables as rollouts, tables as hands

METADATA = Base.metadata
MODULES = (
    *(
        airing,
        api,
        audit,
        content,
        hands,
        importing,
        ledger_rows,
        library,
        lines,
        links,
        list_rows,
        newspaper,
        notices,
        people,
    ),
    *(planning, proof_rows, publishing, review, rollouts, screens, search_rows, services, states, tokens, watch_rows),
    *(outlets, webhooks, onair, datafeeds, live),
)
