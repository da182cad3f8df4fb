"""Who may do what: units, people, roles, permissions, sign-in and sessions.

actor         Actor(person, name, unit path, grants, session, must_set_password, must_verify, owes, ip);
              Grant(role, unit)
roles         Role, RIGHTS (in the delegations), may_hold_together(roles)
permissions   Action, Subject(unit, own_of), can(actor, action, subject) -> Decision, require_can(…),
              require_reach(actor, action) -> unit paths for lists, may_anywhere(actor, action) for navigation
units         add_unit, rename_unit, move_unit, units(session, within=paths), unit_at(session, path)
accounts      add_person -> (Person, code), edit_person, set_active, reset_password -> code, grant, end_grant,
              reveal_phone, members(session, within=paths)
login         sign_in(db, …), sign_in_by_code(db, …) -> SignedIn(token, …); Origin(ip, agent)
sessions      authenticate(db, token, *, rules, now) -> Actor | None; csrf_token(token), is_csrf_token(token, given);
              sessions_of, revoke, elsewhere, acknowledge, actor_of(session, person)
second_factor begin, confirm, verify, new_recovery_codes, give_up, reset, standing; totp (pure), sealing Sealer
own_password  set_password(db, actor, …), change_password(db, actor, …)
first_run     is_first_run(session), issue_set_up_code(session), set_up(db, …) -> SignedIn
passwords     Passwords (argon2id in threads), check_password
signing       Signer: what the guard does with personal keys
delegating    delegates(session) -> Delegates for the guard to sign
"""
