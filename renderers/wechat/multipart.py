"""A form with one file in it, as the platform wants uploads."""

import hashlib
import json
from dataclasses import dataclass
from typing import Final

_TYPES: Final = {"image/jpeg": "jpg", "image/png": "png"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A picture on its way; its name is made of its hash, so that it can be found again in the platform's library."""

    data: bytes
    media_type: str

    @property
    def name(self) -> str:
        return f"yunping-{hashlib.sha256(self.data).hexdigest()[:24]}.{_TYPES[self.media_type]}"


def form_body(field: str, upload: Upload) -> tuple[bytes, str]:
    """Body and content type (RFC 7578). Pure: the boundary is made of the data, in which it cannot stand."""
    # 70 characters are the most (RFC 2046 §5.1.1).
    boundary = "yunping" + hashlib.sha256(b"boundary" + upload.data).hexdigest()[:48]
    head = (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{field}"; filename="{upload.name}"\r\n'
        f"Content-Type: {upload.media_type}\r\n\r\n"
    )
    return head.encode() + upload.data + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def json_body(value: object) -> bytes:
    """JSON with real characters: the platform would show escapes of them in titles as they stand."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
