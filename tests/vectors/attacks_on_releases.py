"""Attacks with a release: what was signed, by whom, and what arrived instead."""

from collections.abc import Iterator
from dataclasses import replace

from cms.trust.approval import Approval, Bundle
from cms.trust.signed import text_of
from tests.vectors import world
from tests.vectors.cases import (
    GRANTED,
    ISSUE,
    A,
    B,
    Case,
    changed,
    fed,
    later,
    started,
    unfit,
)
from tests.vectors.world import DAY, HOUR, T0, by, key_of, uuid_of

SHOWN = [one.release for one in ISSUE.bundles]


def attacks_on_releases() -> Iterator[Case]:
    yield from _on_release()
    yield from _on_approvals()


def _release(**changes: object) -> str:
    return text_of(world.release("x", **changes))


def _bundle(text: str, *names: str) -> Bundle:
    return world.bundle_of(text, *(names or ("qian", "sun")))


def _on_release() -> Iterator[Case]:
    def case(name: str, attack: str, code: str, text: str) -> Case:
        return unfit(name, attack, _bundle(text), code)

    good = _release()
    yield case(
        "a release for another place", "wrong target", "trust.target", _release(envelope={"units": ("/320509/05/",)})
    )
    yield case(
        "a unit whose name only begins alike",
        "wrong target",
        "trust.target",
        _release(envelope={"units": ("/320509/041/",)}),
    )
    yield case(
        "a release for the web alone", "wrong target", "trust.channel", _release(envelope={"channels": ("web",)})
    )
    yield case("a release of another district", "wrong domain", "trust.domain", _release(domain="other.example"))
    yield case("a release of a later epoch", "epoch", "trust.epoch", _release(epoch=2))
    yield case("white space in a release", "non-canonical", "trust.canonical", good + " ")
    yield case(
        "a key twice in a release",
        "duplicate keys",
        "trust.canonical",
        good.replace('"edition":1', '"edition":9,"edition":1', 1),
    )
    yield case("a release that is a manifest", "cross-protocol", "trust.type", text_of(ISSUE.manifest()))
    yield case(
        "an envelope that ends before it begins",
        "envelope",
        "trust.envelope",
        _release(envelope={"not_after": T0 - DAY}),
    )
    yield case(
        "an urgent release without an end",
        "envelope",
        "trust.envelope",
        _release(class_="urgent", envelope={"not_after": None}),
    )
    yield case(
        "an urgent release of three days",
        "envelope",
        "trust.envelope",
        _release(class_="urgent", envelope={"not_after": T0 + 3 * DAY}),
    )
    yield case(
        "a picture nobody signed",
        "wrong target",
        "trust.asset",
        _release(content=world.content("x", blocks=[{"id": "b_1", "type": "image", "asset": "0" * 64}])),
    )
    short = replace(world.asset("picture x"), chunks=(), size=1)
    yield case("a file without its chunks", "schema", "trust.schema", _release(assets=(short,)))
    yield case("a class nobody knows", "schema", "trust.schema", changed(good, **{"class": "advert"}))
    yield case("a release without authors", "author approved", "trust.schema", changed(good, authors=[]))
    yield case(
        "blocks of a later schema",
        "schema",
        "trust.schema",
        _release(content={**world.content("x"), "body": {"schema": 2, "blocks": []}}),
    )
    early = replace(ISSUE, bundles=(_bundle(_release(envelope={"not_before": T0 + HOUR})),))
    first = early.bundles[0].release
    yield fed(Case("a release before its time", "early"), early).showable(1_000, first, "trust.early").loop(1_000, [])
    x = _bundle(good)
    listed = later(bundles=(A, x))
    manifest = by(listed.manifest(), "guard")
    for name, sent in (
        ("a bundle altered on the way", x.wire().replace("标题", "谣言", 1)),
        ("another bundle", B.wire()),
    ):
        yield (
            started(name, "arbitrary")
            .take(
                11_000,
                {"beacon": None, "manifest": None, x.release: "trust.hash"},
                beacon=by(listed.beacon(manifest), "guard"),
                manifest=manifest,
                bundles=((x.file, sent),),
            )
            .loop(11_000, [A.release])
        )
    lie = later()
    wrong = replace(lie.manifest().releases[0], release=x.release, bundle=x.file, size=len(B.wire().encode()))
    crossed = replace(lie.manifest(), releases=(replace(wrong, bundle=B.file),), timeline=())
    yield started("a listed bundle that holds another release", "mix-and-match").take(
        11_000,
        {"beacon": None, "manifest": None, x.release: "trust.hash"},
        beacon=by(lie.beacon(by(crossed, "guard")), "guard"),
        manifest=by(crossed, "guard"),
        bundles=(B,),
    )
    missing = later(bundles=(*ISSUE.bundles, x))
    yield (
        started("a bundle that did not come", "freeze")
        .take(
            11_000,
            {"beacon": None, "manifest": None, x.release: "trust.missing"},
            beacon=by(missing.beacon(), "guard"),
            manifest=by(missing.manifest(), "guard"),
        )
        .loop(11_000, SHOWN)
    )


def _on_approvals() -> Iterator[Case]:
    good = _release()
    qian, sun = _bundle(good, "qian", "sun").approvals

    def case(name: str, attack: str, code: str, *approvals: Approval, text: str = good) -> Case:
        return unfit(name, attack, Bundle(text, approvals), code)

    def of(name: str, text: str = good) -> Approval:
        return _bundle(text, name).approvals[0]

    yield case("a release nobody approved", "unsigned", "trust.approvals")
    yield case("a release approved once", "once approved", "trust.approvals", qian)
    yield case("one approval counted twice", "same person twice", "trust.same_person", qian, qian)
    yield case("approved by its author", "author approved", "trust.author", of("zhao"), qian)
    yield case(
        "approved by one of two authors",
        "author approved",
        "trust.author",
        of("qian", _release(authors=(uuid_of("zhao"), uuid_of("qian")))),
        of("sun", _release(authors=(uuid_of("zhao"), uuid_of("qian")))),
        text=_release(authors=(uuid_of("zhao"), uuid_of("qian"))),
    )
    yield case("approved for a place outside the signer's", "out of scope", "trust.scope", of("li"), qian)
    yield case("approved in a class that is not the signer's", "out of scope", "trust.class", of("zhou"), qian)
    yield case("approved by one who may only recall", "out of scope", "trust.right", of("wu"), qian)
    yield case("approved by a stranger", "arbitrary", "trust.person", of("mallory"), qian)
    yield case(
        "approved with the key of a stranger",
        "arbitrary",
        "trust.key",
        replace(of("mallory"), person=uuid_of("sun")),
        qian,
    )
    yield case("approved in the name of another", "arbitrary", "trust.key", replace(qian, person=uuid_of("sun")), qian)
    yield case("approved with a key that ran out", "expired key", "trust.key_expired", of("feng"), qian)
    yield case("approved with a key not yet valid", "expired key", "trust.key_expired", of("chen"), qian)
    yield case(
        "approved with a reserved algorithm", "algorithm", "trust.algorithm", replace(sun, alg="webauthn-es256"), qian
    )
    yield case("an approval of another release", "mix-and-match", "trust.signature", of("sun", A.text), qian)
    yield case("approve first, edit afterwards", "altered", "trust.signature", qian, sun, text=_release(edition=2))
    bent = qian.signature[:-2] + ("A" if qian.signature[-2] != "A" else "B") + qian.signature[-1]
    yield case("a signature with one letter changed", "altered", "trust.signature", replace(qian, signature=bent), sun)
    yield case(
        "a signature over the bare text",
        "cross-protocol",
        "trust.signature",
        replace(sun, signature=key_of("sun").sign(good.encode())),
        qian,
    )
    three = Bundle(good, (of("zhao"), qian, sun))
    spare = replace(ISSUE, bundles=(three,))
    yield fed(Case("two good approvals beside a bad one", "none"), spare).loop(1_000, [three.release])
    without = replace(GRANTED, version=2, people=tuple(one for one in GRANTED.people if one.name != "qian"))
    left = started("an approver loses the right", "revoked").take(
        2_000, {"delegations": None, **dict.fromkeys(SHOWN[:2], "trust.person")}, delegations=by(without, "delegations")
    )
    yield left.loop(2_000, [SHOWN[2]]).showable(2_000, A.release, "trust.missing")
