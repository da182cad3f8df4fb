"""The trust core: canonical bytes, keys, signed objects and the checks of a reader; pure (docs/formats.md).

Nothing here reads a clock, a file or a socket. A text that arrived is a `str`, a `Signed` or a `Bundle`; what the
checks let through is a `Verified[T]`; what they refuse raises `TrustError(code)` (`trust.…`). Import from the modules:

    errors      TrustError(code, **params)
    canonical   encode(value) -> str; decode(text | bytes, *, limit) -> Value; nfc(value) -> Value; Value
    keys        SigningKey.generate(), SigningKey(seed), .public, .seed, .sign(data) -> str;
                PublicKey(raw), PublicKey.read(text), .id, .text, .verifies(signature, data) -> bool;
                b64(raw), unb64(text, *, size), sha256(data) -> hex
    signed      Signed(text, signatures): .read(wire), .of(value), .value(), .wire(), .file, .digest(type);
                Signature(key, alg, signature); Verified[T]: .value .text .digest;
                sign(body, keys) -> Signed; sign_text(type, text, keys) -> Signed; text_of(body) -> str;
                signed_bytes(type, text) -> bytes; digest(type, text) -> hex
    release     Release, Envelope, ReleaseAsset, CLASSES; read_release(text) -> Release; drawn_assets(content)
                (make one: `text_of(Release(...))`, which `read_release` must accept)
    approval    Approval, Bundle(text, approvals): .read(wire), .wire(), .file, .release;
                approve(text, *, person, key, at) -> Approval; bundle(text, approvals) -> Bundle;
                release_digest(text) -> hex
"""
