"""Pictures of items: small, real, and the same for the same number."""

import io
from functools import lru_cache

from PIL import Image, ImageDraw


@lru_cache(maxsize=256)
def picture(document: int, kind: str) -> bytes:
    """Return a JPEG or PNG picture that follows from *document* alone."""
    hue = document * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
    size = 96 + (hue >> 8 & 3) * 32
    image = Image.new("RGB", (size, size), (238, 240, 243))
    draw = ImageDraw.Draw(image)
    main = (hue >> 16 & 255, hue >> 24 & 255, hue >> 32 & 255)
    edge = size // 8
    draw.rounded_rectangle((edge, edge * 2, size - edge, size - edge), radius=edge // 2, fill=main)
    draw.rectangle((edge * 2, edge * 3, size - edge * 2, size - edge * 3), fill=tuple(255 - part // 2 for part in main))
    for number in range(6):
        if hue >> (40 + number) & 1:
            left = edge + number * edge
            draw.ellipse((left, size - edge * 2, left + edge // 2, size - edge * 2 + edge // 2), fill=(20, 20, 24))
    out = io.BytesIO()
    image.save(out, "JPEG" if kind == "jpg" else "PNG", quality=80)
    return out.getvalue()
