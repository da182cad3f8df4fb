"""What a browser may do on a desk page: own scripts and styles only, nothing inline, nothing from elsewhere."""

from collections.abc import Mapping

_DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "media-src": "'self' blob:",
    "frame-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def page_headers(*, frames: tuple[str, ...] = ()) -> Mapping[str, str]:
    """The security headers of a desk page; `frames` are the origins its previews come from."""
    directives = _DIRECTIVES | {"frame-src": " ".join(("'self'", *frames))}
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in directives.items()),
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    }
