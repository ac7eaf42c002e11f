"""Pictures as Typst can draw them: their kind, size and sources are checked."""

import base64
import html
import io
import re
import warnings
from collections.abc import Callable

from PIL import Image

from informe.errors import ReportError

_DRAWN = {"PNG": "png", "JPEG": "jpg", "GIF": "gif", "WEBP": "webp"}  # by Typst
_LARGEST = 20_000_000  # bytes of an SVG
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)\w+;")  # of HTML, not of XML
_LEFT_OUT = {
    r"(?is)<script\b.*?(</script\s*>|/>)": "a script",
    r"(?is)<foreignObject\b.*?</foreignObject\s*>": "HTML",
    r"(?i)<image\b[^>]*?href\s*=\s*[\"']?(?!data:|#|[\"'\s])"
    r"[^>]*?(/>|>\s*</image\s*>|>)": "a picture from elsewhere",
}
_EMBEDDED = re.compile(r"data:image/(?!svg)[^;,]+;base64,([^\"']*)")


def decode(mime: str, content: str) -> bytes:
    """Bytes of an image as notebooks keep it: SVG as text, others in base 64."""
    if mime == "image/svg+xml" and content.lstrip("\ufeff \t\r\n").startswith("<"):
        return content.encode()
    try:
        return base64.b64decode(content)
    except ValueError:
        raise ReportError("a picture is not in base 64.") from None


def picture(content: bytes, warn: Callable[[str], None]) -> tuple[bytes, str]:
    """Content and file suffix of a picture that Typst can draw.

    Tells ``warn`` what it leaves out. Raises ReportError for what is no picture, or
    one too large.
    """
    start = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith((b"<svg", b"<?xml", b"<!")):
        return _svg(content, warn), "svg"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content)) as image:
                if image.format in _DRAWN:
                    image.verify()
                    return content, _DRAWN[image.format]
                png = io.BytesIO()
                image.convert("RGBA").save(png, "PNG")
                return png.getvalue(), "png"
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ReportError(
            f"a picture has more than {Image.MAX_IMAGE_PIXELS:,} pixels; make it "
            "smaller."
        ) from None
    except (OSError, ValueError, SyntaxError):
        raise ReportError("a picture cannot be read.") from None


def _svg(content: bytes, warn: Callable[[str], None]) -> bytes:
    if len(content) > _LARGEST:
        raise ReportError(f"an SVG has more than {_LARGEST:,} bytes; make it smaller.")
    text = content.decode("utf-8", "replace")
    if "xmlns=" not in text:  # as within HTML
        text = text.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    for pattern, what in _LEFT_OUT.items():
        text, count = re.subn(pattern, "", text)
        if count:
            warn(f"{what} in an SVG is left out.")
    for embedded in _EMBEDDED.finditer(text):
        picture(decode("image/png", embedded[1]), warn)
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text).encode()
