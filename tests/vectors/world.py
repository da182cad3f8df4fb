"""A small district with fixed keys: the world the vectors are made of, and a builder for tests of other packages."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from cms.signals.feed import Feed, read_card
from cms.signals.software import Software, SoftwareFile
from cms.trust import approval, signed
from cms.trust.beacon import Beacon
from cms.trust.delegations import Delegate, Delegations, FeedKeys, PersonKey
from cms.trust.keys import ED25519, SigningKey, sha256
from cms.trust.manifest import Listed, Manifest, Named, Show, Slot
from cms.trust.recalls import Recalled, Recalls
from cms.trust.release import Envelope, Release, ReleaseAsset
from cms.trust.root import Role, Roles, Root, RootKey
from cms.trust.screen import ScreenFacts
from cms.trust.signed import Signed

DOMAIN = "wujiang.example"
T0 = 1_795_000_000_000  # a fixed afternoon
HOUR = 3_600_000
DAY = 24 * HOUR
YEAR = 365 * DAY
DISTRICT = "/320509/"
TOWN = "/320509/04/"
POINT = "/320509/04/0412/"
AUDIENCE = "street-04"


def seed(name: str) -> bytes:
    return hashlib.sha256(f"yunping vectors {name}".encode()).digest()


def key_of(name: str) -> SigningKey:
    return SigningKey(seed(name))


def uuid_of(name: str) -> str:
    raw = hashlib.sha256(f"uuid {name}".encode()).hexdigest()
    return f"0192{raw[:4]}-{raw[4:8]}-7{raw[8:11]}-8{raw[11:14]}-{raw[14:26]}"


def root(version: int = 1, *, epoch: int = 1, keys: Mapping[str, str] | None = None, **changes: Any) -> Root:
    """`keys` names the key of each role; thresholds are one."""
    named = {"root": "root", "delegations": "delegations", "guard": "guard", **(keys or {})}
    pairs = {role: key_of(name).public for role, name in named.items()}
    made = Root(
        domain=DOMAIN,
        epoch=epoch,
        version=version,
        issued_at=T0,
        expires_at=T0 + YEAR,
        keys={public.id: RootKey(ED25519, public.text) for public in pairs.values()},
        roles=Roles(**{role: Role((public.id,), 1) for role, public in pairs.items()}),
    )
    return replace(made, **changes)


def person(name: str, /, **changes: Any) -> Delegate:
    public = key_of(name).public
    made = Delegate(
        person=uuid_of(name),
        name=name,
        keys=(PersonKey(public.id, ED25519, public.text, T0 - DAY, None),),
        unit=DISTRICT,
        classes=("news", "lecture", "notice", "newspaper", "activity", "urgent"),
        rights=("approve", "recall"),
    )
    return replace(made, **changes)


def people() -> tuple[Delegate, ...]:
    return (
        person("zhao"),
        person("qian"),
        person("sun"),
        person("he"),
        person("li", unit=TOWN),
        person("zhou", classes=("lecture",)),
        person("wu", rights=("recall",)),
        person("zheng", classes=(), rights=("recall", "delegate")),
        person("feng", keys=(replace(person("feng").keys[0], not_after=T0 - HOUR),)),
        person("chen", keys=(replace(person("chen").keys[0], not_before=T0 + YEAR),)),
    )


def delegations(version: int = 1, **changes: Any) -> Delegations:
    made = Delegations(DOMAIN, 1, version, T0, T0 + YEAR, people())
    return replace(made, **changes)


def software_root(version: int = 2, **changes: Any) -> Root:
    """A root of format 2: two keys of their own release the player's software."""
    made = root(version, **changes)
    publics = [key_of(name).public for name in ("player-1", "player-2")]
    keys = {**made.keys, **{public.id: RootKey(ED25519, public.text) for public in publics}}
    return replace(made, keys=keys, player=Role(tuple(public.id for public in publics), 2))


def feed_keys(feed: str = "air", *names: str, **changes: Any) -> FeedKeys:
    """The keys of these names may sign the values of `feed`."""
    publics = [key_of(name).public for name in names or (f"feed {feed}",)]
    keys = tuple(PersonKey(one.id, ED25519, one.text, T0 - DAY, None) for one in publics)
    return FeedKeys(feed, tuple(replace(key, **changes) for key in keys))


def card(**changes: Any) -> dict[str, Any]:
    """A data card on a piece: one number, one word."""
    number = {"name": "pm25", "kind": "number", "label": "PM2.5", "unit": "μg/m³", "decimals": 0}
    words = [{"code": "good", "label": "优"}, {"code": "fair", "label": "良"}, {"code": "poor", "label": "差"}]
    level = {"name": "level", "kind": "word", "label": "空气质量", "words": words}
    fields = [{**number, "least": 0, "most": 999}, level]
    return {"id": "b_000000000009", "type": "data", "feed": "air", "title": "今日空气", "fields": fields, **changes}


def feed(seq: int = 1, /, **changes: Any) -> Feed:
    made = Feed(DOMAIN, 1, "air", read_card(card()).schema, seq, T0, T0 + HOUR, {"pm25": 35, "level": "good"})
    return replace(made, **changes)


def software(seq: int = 1, version: str = "1.2.0", /, **changes: Any) -> Software:
    files = tuple(SoftwareFile(path, sha256(path.encode()), 40) for path in ("main.js", "trust/viewer.js"))
    made = Software(DOMAIN, 1, seq, version, "1.0.0", 1_000, T0, T0 + 30 * DAY, files)
    return replace(made, **changes)


def content(title: str, *, cover: str | None = None, blocks: Iterable[object] = ()) -> dict[str, Any]:
    return {
        "title": title,
        "subtitle": "",
        "summary": "一句话摘要",
        "pinyin": "yjhzx",
        "byline": {"source": "吴江发布", "reporter": "记者", "editor": "责编", "sponsor": "区委宣传部", "date": T0},
        "cover": cover,
        "column": "yaowen",
        "body": {
            "schema": 1,
            "blocks": [{"id": "b_000000000001", "type": "paragraph", "text": [{"t": title}]}, *blocks],
        },
    }


def asset(name: str, *, rendition: str = "screen-1080") -> ReleaseAsset:
    data = name.encode()
    return ReleaseAsset(
        sha256(data), len(data), "image/webp", 1080, 608, sha256(b"master " + data), rendition, (sha256(data),)
    )


def release(name: str, /, **changes: Any) -> Release:
    """A news piece by zhao for the whole district; `envelope` changes may be given as a dict."""
    picture = asset(f"picture {name}")
    envelope = Envelope((DISTRICT,), ("screen", "web"), T0 - HOUR, T0 + 30 * DAY, 7 * DAY)
    if isinstance(changes.get("envelope"), dict):
        changes["envelope"] = replace(envelope, **changes["envelope"])
    made = Release(
        domain=DOMAIN,
        epoch=1,
        release=uuid_of(f"release {name}"),
        document=(sha256(name.encode()).translate(str.maketrans("", "", "ilou")))[:10],
        edition=1,
        revision=sha256(f"revision {name}".encode()),
        authors=(uuid_of("zhao"),),
        class_="news",
        language="zh-CN",
        envelope=envelope,
        content=content(f"标题 {name}", cover=picture.of),
        assets=(picture,),
        forms={"screen": sha256(f"screen {name}".encode()), "web": sha256(f"web {name}".encode())},
        slate=False,
    )
    return replace(made, **changes)


def bundle_of(text: str, *names: str) -> approval.Bundle:
    """The text approved by the people of these names."""
    approvals = [approval.approve(text, person=uuid_of(name), key=key_of(name), at=T0) for name in names]
    return approval.bundle(text, approvals)


def recalls(version: int = 1, *gone: str, assets: Iterable[str] = (), **changes: Any) -> Recalls:
    items = [Recalled(one, None, T0, uuid_of("wu"), "撤回") for one in gone]
    items += [Recalled(None, one, T0, uuid_of("wu"), "撤回") for one in assets]
    return replace(Recalls(DOMAIN, 1, version, T0, tuple(items)), **changes)


def screen(version: int = 1, **changes: Any) -> ScreenFacts:
    made = ScreenFacts(DOMAIN, 1, uuid_of("screen"), key_of("screen").public.text, POINT, ("lobby",), version, T0)
    return replace(made, **changes)


def by(body: signed.Body, *names: str) -> Signed:
    return signed.sign(body, [key_of(name) for name in names])


@dataclass(frozen=True)
class Issue:
    """What a guard signs for an audience at one moment; a test changes one thing and asks again."""

    root: Root
    delegations: Delegations
    recalls: Recalls
    bundles: tuple[approval.Bundle, ...]
    version: int = 1
    seq: int = 1
    at: int = T0

    def manifest(self, **changes: Any) -> Manifest:
        listed = tuple(Listed(one.release, one.file, len(one.wire().encode())) for one in self.bundles)
        made = Manifest(
            domain=DOMAIN,
            epoch=self.root.epoch,
            audience=AUDIENCE,
            version=self.version,
            at=self.at,
            expires_at=self.at + 30 * DAY,
            root=self.root.version,
            delegations=Named(self.delegations.version, by(self.delegations, "delegations").file),
            recalls=Named(self.recalls.version, by(self.recalls, "guard").file),
            releases=listed,
            timeline=(Slot(T0 - DAY, T0 + YEAR, tuple(Show(one.release, 10_000) for one in listed)),),
        )
        return replace(made, **changes)

    def beacon(self, manifest: Signed | None = None, **changes: Any) -> Beacon:
        shown = manifest or by(self.manifest(), "guard")
        made = Beacon(
            domain=DOMAIN,
            epoch=self.root.epoch,
            audience=AUDIENCE,
            guard=key_of("guard").public.id,
            seq=self.seq,
            at=self.at,
            version=self.version,
            manifest=shown.digest("manifest"),
            file=shown.file,
            recalls=Named(self.recalls.version, by(self.recalls, "guard").file),
            root=self.root.version,
        )
        return replace(made, **changes)
