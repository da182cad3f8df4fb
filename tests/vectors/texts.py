"""Vectors of bytes: canonical texts, key ids, signatures, digests."""

from typing import Any

from cms.trust import limits
from cms.trust.approval import Bundle
from cms.trust.canonical import encode
from cms.trust.keys import b64, unb64
from cms.trust.signed import Signed, digest, signed_bytes
from tests.vectors import world
from tests.vectors.cases import DELEGATIONS, FACTS, ISSUE, RECALLS, ROOT, SLATE, A, B
from tests.vectors.world import by, key_of

Json = dict[str, Any]

_GOOD: dict[str, str] = {
    "an empty object": "{}",
    "an empty list": "[]",
    "a string alone": '"云屏"',
    "null": "null",
    "true": "true",
    "zero": "0",
    "the greatest integer": "9007199254740991",
    "the least integer": "-9007199254740991",
    "keys by code point": '{"-":1,".":2,"/":3,"0":4,":":5,"_":6,"a":7,"a.b":8,"ab":9}',
    "short escapes": r'"\"\\\b\f\n\r\t"',
    "other control characters": r'"\u0001\u001f"',
    "characters that need no escape": '"/\u007f\u2028\u2029\ufeff"',
    "beyond the basic plane": '"\U00020bb7\U0001f4fa"',
    "composed letters": '"é한が"',
    "nesting of 32": "[" * 32 + "]" * 32,
    "nesting of lists and objects": '{"a":[{"b":[[],{}]}]}',
}

_BAD: dict[str, str] = {
    "nothing": "",
    "white space": " ",
    "space after a colon": '{"a": 1}',
    "space before the end": "[1 ]",
    "a newline at the end": "{}\n",
    "a byte order mark": "\ufeff{}",
    "keys out of order": '{"b":1,"a":2}',
    "keys in UTF-16 order would differ": '{"a":1,"B":2}',
    "a key twice": '{"a":1,"a":1}',
    "an upper-case key": '{"A":1}',
    "an empty key": '{"":1}',
    "a key of 129 letters": '{"' + "k" * 129 + '":1}',
    "a Chinese key": '{"键":1}',
    "an escaped key": r'{"\u0061":1}',
    "a fraction": "1.5",
    "a whole fraction": "1.0",
    "an exponent": "1e3",
    "an endless exponent": "1e400",
    "minus zero": "-0",
    "a leading zero": "01",
    "a plus": "+1",
    "an integer too great": "9007199254740992",
    "an integer too small": "-9007199254740992",
    "an integer of 5,000 digits": "1" * 5_000,
    "not a number": "NaN",
    "infinity": "Infinity",
    "a hexadecimal number": "0x10",
    "an escaped solidus": r'"\/"',
    "an escape not needed": r'"\u0061"',
    "an upper-case escape": r'"\u001F"',
    "a long escape for a newline": r'"\u000a"',
    "an escape of a Chinese character": r'"\u4e91"',
    "a raw control character": '"\u0001"',
    "the zero character": r'"\u0000"',
    "half a surrogate pair": r'"\ud800"',
    "a surrogate pair escaped": r'"\ud83d\udcfa"',
    "decomposed letters": '"e\u0301"',
    "a compatibility ideograph": '"\uf900"',
    "single quotes": "'a'",
    "a comma too many": "[1,]",
    "a comment": "[1/*x*/]",
    "two values": "{}{}",
    "an object not closed": '{"a":1',
    "nesting of 33": "[" * 33 + "]" * 33,
    "a Python word": "None",
    "undefined": "undefined",
}

_BAD_BYTES: dict[str, str] = {
    "a lone continuation byte": "2280 22",
    "an overlong slash": "22c0af22",
    "a surrogate in UTF-8": "22eda08022",
    "UTF-16": "fffe7b007d00",
}


def canonical() -> Json:
    deep = {"prefix": "", "unit": "[", "times": 100_000, "suffix": "]" * 3}
    long = {"prefix": '"', "unit": "x", "times": limits.MAX_TEXT, "suffix": '"'}
    return {
        "good": [{"name": name, "text": text} for name, text in _GOOD.items()],
        "bad": [
            *({"name": name, "text": text, "expect": "trust.canonical"} for name, text in _BAD.items()),
            *(
                {"name": name, "hex": raw.replace(" ", ""), "expect": "trust.canonical"}
                for name, raw in _BAD_BYTES.items()
            ),
            {"name": "endless nesting", "repeat": deep, "expect": "trust.canonical"},
            {"name": "an endless string", "repeat": long, "expect": "trust.size"},
        ],
    }


def keys() -> Json:
    names = ("root", "guard", "qian", "sun")
    return {
        "ids": [
            {"name": name, "seed": key_of(name).seed.hex(), "public": one.text, "raw": one.raw.hex(), "id": one.id}
            for name in names
            for one in (key_of(name).public,)
        ],
        "signatures": list(_signatures()),
    }


def _signatures() -> list[Json]:
    text = encode({"type": "beacon", "format": 1})
    good = key_of("guard").sign(signed_bytes("beacon", text))
    raw = unb64(good, size=64)
    order = 2**252 + 27742317777372353535851937790883648493
    greater = (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")

    def one(name: str, signature: str, expect: object, *, key: str = "guard", type_: str = "beacon") -> Json:
        public = key_of(key).public.text
        return {"name": name, "public": public, "type": type_, "text": text, "signature": signature, "expect": expect}

    return [
        one("good", good, expect=True),
        one("of another key", good, expect=False, key="root"),
        one("of another type", good, expect=False, type_="recalls"),
        one("over the bare text", key_of("guard").sign(text.encode()), expect=False),
        one("one bit changed", b64(raw[:10] + bytes([raw[10] ^ 1]) + raw[11:]), expect=False),
        one("with the greater S", b64(raw[:32] + greater), expect=False),
        one("too short", b64(raw[:63]), expect=False),
        one("too long", b64(raw + b"\0"), expect=False),
        one("padded", good + "==", expect=False),
        one("unused bits set", good[:-1] + chr(ord(good[-1]) + 1), expect=False),
        one("not base64", "*" * 86, expect=False),
        one("empty", "", expect=False),
        one("zeros", b64(bytes(64)), expect=False),
    ]


def digests() -> Json:
    signed = {"root": by(ROOT, "root"), "delegations": DELEGATIONS, "recalls": RECALLS, "screen": FACTS}
    signed |= {"manifest": by(ISSUE.manifest(), "guard"), "beacon": by(ISSUE.beacon(), "guard")}
    return {
        "objects": [_object(type_, one) for type_, one in signed.items()],
        "bundles": [_bundle(one) for one in (A, B, SLATE)],
    }


def _object(type_: str, one: Signed) -> Json:
    return {"type": type_, "text": one.text, "digest": digest(type_, one.text), "wire": one.wire(), "file": one.file}


def _bundle(one: Bundle) -> Json:
    wire = one.wire()
    return {"wire": wire, "file": one.file, "size": len(wire.encode()), "release": one.release}


def start() -> Json:
    """What an installed player knows before it hears anything."""
    return {
        "root": by(ROOT, "root").value(),
        "screen": world.uuid_of("screen"),
        "key": key_of("screen").public.text,
        "audience": world.AUDIENCE,
    }
