"""Pieces and their versions: documents, editions, immutable revisions, working copies and states.

Ids are `Edition.id`; the caller opens `async with db.write() as session`; every use case asks `can`, locks, re-checks.

draft      Draft (what an editor writes, frozen), Byline, EnvelopeDraft; read_draft(json) -> Draft; draft_json(draft);
           draft_of(revision) -> Draft
blocks     read_body(value) -> body; upcast(body); plain_text(body); asset_ids(body); empty_body()
states     EditionState, Verb, TABLE, step(state, verb), verbs(state)
held       hold(session, edition) -> Held (locked: document, edition, revision, unit, subject); look(session, edition)
move       move(session, held, verb, *, actor, now, note="", details=None) -> Status: the only writer of a state
editing    create(session, actor, *, kind, unit, draft, now) -> Edition
           autosave(session, actor, edition, draft, *, base, version=None, now) -> WorkingCopy      Conflict
           save(session, actor, edition, draft, *, base, now) -> Revision                           Conflict
           working_copy_of(session, actor, edition) -> WorkingCopy | None; drop_working_copy(session, actor, edition)
editions   reopen(session, actor, edition, *, now); correct(session, actor, document, *, now) -> Edition
           discard(session, actor, edition, *, note, now); hand_over(session, actor, edition, *, to, now)
           plan(session, actor, edition, *, planned_at, now)
queries    documents(session, actor, filters, *, after, limit) -> Page; counts(session, actor, filters) -> by state;
           drafts_of(session, actor); revisions_of(session, actor, document); find(session, actor, public_id) -> Held
columns    columns(session) -> [Column]; add_column, rename_column
diff       diff(old body, new body) -> [Change]; pure
"""
