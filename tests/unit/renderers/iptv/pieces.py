"""A frozen payload of two films, whose every value a golden shows."""

from renderers.iptv.payload import Film, Payload
from renderers.iptv.settings import AccountSettings

SETTINGS = AccountSettings(csp="YP001", lsp="LSP01", service="https://c2.example.cn/ctms", columns={"talks": "1001"})


def payload(films: int = 1, **changes: object) -> Payload:
    made = tuple(Film(f"{n}" * 64, 3_760_000 + n, 65_500 * (n + 1), "1080", f"第{n + 1}讲") for n in range(films))
    told: dict[str, object] = {
        "document": "d000000001",
        "release": "a" * 64,
        "title": '理论宣讲 <第一期> & "走进社区"',
        "search": "LLXJ",
        "column": "talks",
        "column_name": "理论宣讲",
        "sponsor": "区委宣传部",
        "description": "第一段。\n第二段。\n来源：吴江发布　记者：沈记者",
        "start": "20261126090000",
        "end": "20271126090000",
        "films": made,
        "poster": "b" * 64,
        "poster_size": 40_000,
        "poster_type": "image/jpeg",
    }
    return Payload(**{**told, **changes})  # type: ignore[arg-type] # a test's own words
