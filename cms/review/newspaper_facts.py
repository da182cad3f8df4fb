"""What the rows say of an issue before it is submitted: which it is, and how the pieces its zones open stand."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from cms.content.draft import Draft
from cms.content.held import Held
from cms.content.kinds import Kind
from cms.newspaper.models import DrawJob, Newspaper, NewspaperIssue
from cms.newspaper.queries import linked
from cms.newspaper.states import DrawState
from cms.review.newspaper_checks import NewspaperFacts, linked_documents


async def newspaper_facts(session: AsyncSession, held: Held, draft: Draft) -> NewspaperFacts | None:
    """None for a piece of another kind."""
    if held.document.kind != Kind.NEWSPAPER.value:
        return None
    query = select(Newspaper.name, NewspaperIssue.date, NewspaperIssue.number, DrawJob.state)
    query = query.join(Newspaper, Newspaper.id == NewspaperIssue.newspaper_id)
    query = query.join(DrawJob, DrawJob.issue_id == NewspaperIssue.id)
    found = (await session.execute(query.where(NewspaperIssue.document_id == held.document.id))).one_or_none()
    # Pages that nobody brought in as an issue are no paper's.
    issue = None if found is None else (found.name, found.date.isoformat(), found.number)
    is_drawn = found is None or found.state == DrawState.DONE.value
    return NewspaperFacts(issue, await linked(session, linked_documents(draft)), is_drawn)
