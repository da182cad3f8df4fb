"""What a program calls for each thing the desk can change: a line a route, in the order of the navigation.

A new route of the desk that changes something is named here with the operations that do the same, or stands in
`PAGES_ONLY` with the reason why a program never needs it.
"""

from collections.abc import Mapping
from typing import Final

_DOCUMENT: Final = "/desk/documents/{id}"
_API: Final = "/api/v1/documents/{id}"

PAGES_ONLY: Final[Mapping[str, str]] = {
    "POST /desk/login": "a program has a token and never signs in",
    "POST /desk/first-run": "once, by the person who started the product",
    "POST /desk/password": "the first password of a person who came by a code",
    "POST /desk/verify": "the second step of a person's sign-in",
    "POST /desk/account/password": "a secret of a person, which no program should be told",
    "POST /desk/account/passkeys": "made by an authenticator in a person's hand, for a page of the desk",
    "POST /desk/people/keys": "unlocks the administrator's key at the guard by their password",
    "POST /desk/logout": "a session of a browser; a token is revoked",
    "POST /desk/language": "a cookie of this browser; a program sends Accept-Language",
    "POST /desk/theme": "a cookie of this browser",
    f"POST {_DOCUMENT}/presence": "the heartbeat of an open editor window",
    f"POST {_DOCUMENT}/conflict": "draws a difference; a refused working copy names the newer revision to compare with",
    f"POST {_DOCUMENT}/live": "asks whether what stands in the form can be read; the previews refuse it alike",
    "POST /desk/shared/{token}": "the form of somebody without an account, whose link is their whole right",
}

_WRITING: Final[Mapping[str, tuple[str, ...]]] = {
    "POST /desk/documents/new": ("POST /api/v1/documents",),
    f"POST {_DOCUMENT}/do/{{verb}}": tuple(
        f"POST {_API}/{verb}" for verb in ("withdraw", "reopen", "discard", "return", "correct")
    ),
    f"POST {_DOCUMENT}/edit": (f"POST {_API}/revisions",),
    f"POST {_DOCUMENT}/autosave": (f"PUT {_API}/working-copy", f"PUT {_API}/overrides/{{channel}}"),
    f"POST {_DOCUMENT}/take-theirs": (f"DELETE {_API}/working-copy",),
    f"POST {_DOCUMENT}/submit": (f"POST {_API}/submit",),
    f"POST {_DOCUMENT}/rush": (f"POST {_API}/rush",),
    f"POST {_DOCUMENT}/live/{{channel}}/{{form}}": (f"POST {_API}/previews/{{channel}}/{{form}}",),
    f"POST {_DOCUMENT}/share": (f"POST {_API}/links",),
    f"POST {_DOCUMENT}/share/{{link}}/revoke": (f"DELETE {_API}/links/{{link}}",),
}
_INCOMING: Final[Mapping[str, tuple[str, ...]]] = {
    "POST /desk/imports/word": ("POST /api/v1/imports/word",),
    "POST /desk/imports/sheets": ("POST /api/v1/imports/sheets",),
    "POST /desk/imports/sheets/{run}/apply": ("POST /api/v1/imports/sheets/{run}/apply",),
    "POST /desk/imports/sheets/{run}/undo": ("POST /api/v1/imports/sheets/{run}/undo",),
    "POST /desk/pool/{item}/take": ("POST /api/v1/pool/{item}/take",),
    "POST /desk/pool/{item}/picture": ("POST /api/v1/pool/{item}/take",),
    "POST /desk/pool/{item}/aside": ("POST /api/v1/pool/{item}/aside",),
    "POST /desk/pool/{item}/back": ("POST /api/v1/pool/{item}/back",),
    "POST /desk/feeds/": ("POST /api/v1/feeds",),
    "POST /desk/feeds/{feed}": ("PUT /api/v1/feeds/{feed}",),
}
_REVIEW: Final[Mapping[str, tuple[str, ...]]] = {
    "POST /desk/review/pass": ("POST /api/v1/review/pass",),
    f"POST {_DOCUMENT}/review/pass": (f"POST {_API}/approve",),
    f"POST {_DOCUMENT}/review/return": (f"POST {_API}/return",),
    f"POST {_DOCUMENT}/review/proof": (f"POST {_API}/proofs",),
    f"POST {_DOCUMENT}/review/after": (f"POST {_API}/after-review",),
    "POST /desk/m/{id}/recall": (f"POST {_API}/recall",),
    "POST /desk/review/plans": ("POST /api/v1/review/plans/rules", "PUT /api/v1/review/plans/rules/{number}"),
    "POST /desk/review/plans/drop": ("DELETE /api/v1/review/plans/rules/{number}",),
    "POST /desk/review/plans/common": ("PUT /api/v1/review/plans/terms",),
    "POST /desk/review/plans/take": ("POST /api/v1/review/plans/take",),
}
_TIME: Final[Mapping[str, tuple[str, ...]]] = {
    "POST /desk/calendar/alarms": ("POST /api/v1/alarms/{alarm}/take",),
    "POST /desk/calendar/check": (f"POST {_API}/move/check",),
    "POST /desk/calendar/move": (f"POST {_API}/move",),
    f"POST {_DOCUMENT}/timing/promise": (f"POST {_API}/promise/check", f"PUT {_API}/promise"),
    f"POST {_DOCUMENT}/timing": (
        f"PUT {_API}/plan",
        f"PUT {_API}/take-off",
        f"PUT {_API}/embargo",
        f"DELETE {_API}/embargo",
        f"POST {_API}/unschedule",
    ),
    "POST /desk/calendar/batches": ("POST /api/v1/batches",),
    "POST /desk/calendar/batches/{batch}": ("PUT /api/v1/batches/{batch}", "POST /api/v1/batches/{batch}/cancel"),
    f"POST {_DOCUMENT}/placements": (f"POST {_API}/placements/check", f"POST {_API}/placements"),
    "POST /desk/calendar/placements/{placement}": (
        "POST /api/v1/placements/{placement}/check",
        "PUT /api/v1/placements/{placement}",
        "DELETE /api/v1/placements/{placement}",
    ),
    "POST /desk/calendar/dayparts": ("POST /api/v1/dayparts", "POST /api/v1/dayparts/usual"),
    "POST /desk/calendar/dayparts/{daypart}": (
        "POST /api/v1/dayparts/{daypart}/check",
        "PUT /api/v1/dayparts/{daypart}",
        "DELETE /api/v1/dayparts/{daypart}",
    ),
    "POST /desk/calendar/holidays": ("POST /api/v1/holidays/check", "POST /api/v1/holidays"),
    "POST /desk/calendar/lines": ("POST /api/v1/promises/check", "POST /api/v1/promises"),
    "POST /desk/inbox/put": ("POST /api/v1/notices/{notice}/done", "POST /api/v1/notices/done"),
    "POST /desk/inbox/choices": ("PUT /api/v1/notices/choices",),
    "POST /desk/inbox/{notice}": ("POST /api/v1/notices/{notice}/read",),
}
_DELIVERY: Final[Mapping[str, tuple[str, ...]]] = {
    "POST /desk/publishing/retry": ("POST /api/v1/deliveries/{delivery}/retry",),
    "POST /desk/publishing/done": ("POST /api/v1/deliveries/{delivery}/confirm",),
    f"POST {_DOCUMENT}/done": ("POST /api/v1/deliveries/{delivery}/confirm",),
    f"POST {_DOCUMENT}/retry": ("POST /api/v1/deliveries/{delivery}/retry",),
    f"POST {_DOCUMENT}/publish": (f"POST {_API}/publish",),
    f"POST {_DOCUMENT}/unschedule": (f"POST {_API}/unschedule",),
    f"POST {_DOCUMENT}/recall": (f"POST {_API}/recall",),
    "POST /desk/accounts/{target}/retry": ("POST /api/v1/accounts/{target}/retry",),
    "POST /desk/accounts/{target}/consent": ("POST /api/v1/accounts/{target}/consent",),
    "POST /desk/targets/": ("POST /api/v1/targets",),
    "POST /desk/targets/{target}": ("PUT /api/v1/targets/{target}",),
    "POST /desk/targets/{target}/resume": ("POST /api/v1/targets/{target}/resume",),
}
_SYSTEM: Final[Mapping[str, tuple[str, ...]]] = {
    "POST /desk/webhooks/": ("POST /api/v1/webhooks",),
    "POST /desk/webhooks/{hook}": ("PUT /api/v1/webhooks/{hook}",),
    "POST /desk/webhooks/{hook}/secret": ("POST /api/v1/webhooks/{hook}/secret",),
    "POST /desk/webhooks/{hook}/test": ("POST /api/v1/webhooks/{hook}/test",),
    "POST /desk/webhooks/calls/{call}/retry": ("POST /api/v1/webhooks/calls/{call}/retry",),
    "POST /desk/columns/": ("POST /api/v1/columns",),
    "POST /desk/columns/{column}": ("PUT /api/v1/columns/{column}",),
    "POST /desk/screens/pair": ("POST /api/v1/screens",),
    "POST /desk/screens/{screen}/do/{verb}": (
        "PUT /api/v1/screens/{screen}/name",
        "PUT /api/v1/screens/{screen}/place",
        "PUT /api/v1/screens/{screen}/tags",
        "POST /api/v1/screens/{screen}/revoke",
    ),
}

_LIBRARY_AND_OFFICE: Final[Mapping[str, tuple[str, ...]]] = {
    "POST /desk/account/sessions/{session}/end": ("DELETE /api/v1/sessions/{session}",),
    "POST /desk/account/sessions/{session}/known": ("POST /api/v1/sessions/{session}/known",),
    "POST /desk/account/tokens": ("POST /api/v1/tokens",),
    "POST /desk/account/tokens/{token}/revoke": ("DELETE /api/v1/tokens/{token}",),
    "POST /desk/account/factor/begin": ("POST /api/v1/account/factor/begin",),
    "POST /desk/account/factor/confirm": ("POST /api/v1/account/factor/confirm",),
    "POST /desk/account/factor/codes": ("POST /api/v1/account/factor/codes",),
    "POST /desk/account/factor/end": ("DELETE /api/v1/account/factor",),
    "POST /desk/library/upload": ("POST /api/v1/assets/pictures",),
    "POST /desk/library/fetch": ("POST /api/v1/assets/fetched",),
    "POST /desk/library/pictures/{asset}/focal": ("PUT /api/v1/assets/{asset}/focal",),
    "POST /desk/library/folders": ("POST /api/v1/folders",),
    "POST /desk/library/folders/{folder}/rename": ("PUT /api/v1/folders/{folder}",),
    "POST /desk/library/folders/{folder}/drop": ("DELETE /api/v1/folders/{folder}",),
    "POST /desk/library/bulk": ("POST /api/v1/assets/bulk",),
    "POST /desk/library/undo/{batch}": ("POST /api/v1/assets/batches/{batch}/undo",),
    "POST /desk/library/trash/restore": ("POST /api/v1/assets/restore",),
    "POST /desk/library/assets/{asset}": ("PUT /api/v1/assets/{asset}/details",),
    "POST /desk/library/assets/{asset}/crops": ("PUT /api/v1/assets/{asset}/crops",),
    "POST /desk/library/assets/{asset}/replace": ("POST /api/v1/assets/{asset}/file",),
    "POST /desk/library/assets/{asset}/trash": ("POST /api/v1/assets/bulk",),
    "POST /desk/library/assets/{asset}/poster/frame": ("POST /api/v1/assets/{asset}/poster",),
    "POST /desk/library/assets/{asset}/poster/picture": ("POST /api/v1/assets/{asset}/poster",),
    "POST /desk/library/assets/{asset}/poster/upload": ("POST /api/v1/assets/{asset}/poster/file",),
    "POST /desk/library/videos/upload": ("POST /api/v1/assets/videos",),
    "POST /desk/library/videos/{asset}/retry": ("POST /api/v1/assets/{asset}/encode",),
    "POST /desk/library/uploads": ("POST /api/v1/uploads",),
    "PATCH /desk/library/uploads/{upload}": ("PATCH /api/v1/uploads/{upload}",),
    "DELETE /desk/library/uploads/{upload}": ("DELETE /api/v1/uploads/{upload}",),
    "POST /desk/library/uploads/{upload}/keep": ("POST /api/v1/uploads/{upload}/keep",),
    "POST /desk/library/uploads/{upload}/drop": ("DELETE /api/v1/uploads/{upload}",),
    "POST /desk/library/assets/{asset}/subtitles/{language}": ("PUT /api/v1/assets/{asset}/subtitles/{language}",),
    "POST /desk/library/assets/{asset}/subtitles/{language}/read": (
        "POST /api/v1/assets/{asset}/subtitles/{language}/read",
    ),
    "POST /desk/library/assets/{asset}/subtitles/{language}/drop": (
        "DELETE /api/v1/assets/{asset}/subtitles/{language}",
    ),
    "POST /desk/people/": ("POST /api/v1/people",),
    "POST /desk/people/{person}/edit": ("PUT /api/v1/people/{person}",),
    "POST /desk/people/{person}/grant": ("POST /api/v1/people/{person}/roles",),
    "POST /desk/people/{person}/memberships/{membership}/end": ("DELETE /api/v1/roles/{membership}",),
    "POST /desk/people/{person}/reset": ("POST /api/v1/people/{person}/reset",),
    "POST /desk/people/{person}/state/{state}": (
        "POST /api/v1/people/{person}/activate",
        "POST /api/v1/people/{person}/deactivate",
    ),
    "POST /desk/people/{person}/phone": ("POST /api/v1/people/{person}/phone",),
    "POST /desk/people/stale": ("POST /api/v1/people/stale",),
    "POST /desk/people/{person}/factor/ask": ("POST /api/v1/people/{person}/factor-reset",),
    "POST /desk/people/{person}/factor/{reset}/confirm": ("POST /api/v1/factor-resets/{reset}/confirm",),
    "POST /desk/people/{person}/factor/{reset}/stop": ("POST /api/v1/factor-resets/{reset}/stop",),
    "POST /desk/account/factor/stop": ("POST /api/v1/account/factor/resets/{reset}/stop",),
    "POST /desk/people/{person}/sessions/end": ("DELETE /api/v1/people/{person}/sessions",),
    "POST /desk/people/{person}/sessions/{session}/end": ("DELETE /api/v1/people/{person}/sessions/{session}",),
    "POST /desk/people/import": ("POST /api/v1/people/import/check",),
    "POST /desk/people/import/apply": ("POST /api/v1/people/import/apply",),
    "POST /desk/units/": ("POST /api/v1/units",),
    "POST /desk/units/{unit}": ("PUT /api/v1/units/{unit}",),
    "POST /desk/units/{unit}/move": ("PUT /api/v1/units/{unit}",),
    "POST /desk/units/import": ("POST /api/v1/units/import/check",),
    "POST /desk/units/import/apply": ("POST /api/v1/units/import/apply",),
    "POST /desk/checks/{list}/try": ("POST /api/v1/checklists/{list}/import",),
    "POST /desk/checks/{list}/apply": ("POST /api/v1/checklists/{list}/apply",),
    "POST /desk/checks/{list}/drop": ("DELETE /api/v1/checklists/{list}/import",),
    "POST /desk/checks/{list}/restore": ("POST /api/v1/checklists/{list}/restore",),
    "POST /desk/audit/check": ("GET /api/v1/audit/chain",),
}

OPERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    **_WRITING,
    **_INCOMING,
    **_REVIEW,
    **_TIME,
    **_DELIVERY,
    **_SYSTEM,
    **_LIBRARY_AND_OFFICE,
}
