"""Sandboxed: a docx that passed its check, as HTML and picture files; what it turns into is decided outside."""

from pathlib import Path
from typing import Any, Final, Protocol

import mammoth

from media.errors import MediaRefused
from media.worker import docx

HTML: Final = "article.html"
PICTURE: Final = "image-{}"
# Word's own heading styles come through by default; Chinese Word names them otherwise.
_STYLES: Final = """
p[style-name='标题'] => h1:fresh
p[style-name='Title'] => h1:fresh
p[style-name='标题 1'] => h2:fresh
p[style-name='标题 2'] => h3:fresh
p[style-name='副标题'] => h2:fresh
p[style-name='引用'] => blockquote:fresh
p[style-name='Quote'] => blockquote:fresh
u => u
strike => s
"""


class _Image(Protocol):
    def open(self) -> Any: ...


def run(given: Path, out: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """Writes `article.html` and `image-0`, `image-1`… in the order of the text."""
    docx.run(given, out, asked)
    most, pictures = int(asked["pictures"]), 0

    def kept(image: _Image) -> dict[str, str]:
        nonlocal pictures
        if pictures >= most:
            raise MediaRefused("media.too_many_pictures", limit=most)
        name = PICTURE.format(pictures)
        with image.open() as stream:
            (out / name).write_bytes(stream.read())
        pictures += 1
        return {"src": name}

    with given.open("rb") as file:
        made = mammoth.convert_to_html(file, style_map=_STYLES, convert_image=mammoth.images.img_element(kept))
    (out / HTML).write_text(made.value, "utf-8")
    return {"pictures": pictures}
