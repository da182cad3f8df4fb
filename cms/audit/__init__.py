"""The record of who did what: append-only and hash-chained, so that a changed row is found.

record    await record(session, actor | None, "document.submit", of=("edition", id), unit=path, details={…}, now=now)
          last in the use case's own transaction: it takes the lock of the chain's head
          result "done", "refused" or "failed"
chain     await verify_chain(session) -> Broken | None, naming the first bad row
events    await events(session, *, within=require_reach(actor, Action.AUDIT_READ), of, person, action, before, limit),
          or search=Search(who, since, until, where, ip, action, object, result); every_event for an export
checking  await check_record(db, folder, now=now) -> AuditCheck: chain, archives, and the end that was seen last time
archives  await archive_old(db, folder, keep=…, now=now): what is older goes into a file, checked before it leaves
lines     an event as a line of JSON or CSV, and back
"""
