"""The record of who did what: append-only and hash-chained, so that a changed row is found.

record    await record(session, actor | None, "document.submit", of=("edition", id), unit=path, details={…}, now=now)
          last in the use case's own transaction: it takes the lock of the chain's head
chain     await verify_chain(session) -> Broken | None, naming the first bad row
events    await events(session, *, within=require_reach(actor, Action.AUDIT_READ), of, person, action, before, limit)
"""
