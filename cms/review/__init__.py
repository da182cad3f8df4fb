"""Review and signature: plans, machine checks, the release people sign, their approvals, and the review slip.

plans      Plan, PlanStep; plan_for(kind) -> Plan
release    Press (what of this installation goes into a release); build_release(...) -> cms.trust Release; pure
pieces     piece_of(release, *, …) -> cms.contract.Piece: for forms, previews and publications
checks     Finding; check(draft, kind, …) -> findings; pure
submit     preview_submission(session, actor, edition, *, press, now) -> Submission: findings, plan; writes nothing
           submit(session, actor, edition, *, press, note="", now) -> ReleaseRow       Refused review.checks_failed
approve    prepare_approval(session, actor, edition) -> ToSign(release, hash, text, step), then outside of it
           approval = await signer.approve(actor.person, password, to_sign.text); then
           record_approval(session, actor, edition, approval, *, opinion, delegations: Verified[Delegations], now)
decline    return_piece(session, actor, edition, *, opinion, remarks, now); withdraw(session, actor, edition, *, now)
approved   approved_release(session, edition) -> Approved(row, approvals, bundle): what may be published, re-checked
inbox      waiting_for(session, actor) -> [Waiting]; waiting_count(session, actor)
history    timeline(session, actor, document) -> [Entry]; slip: slip_of(session, actor, edition) -> Slip 审签单
"""
