"""Colours that can be read: contrast by the Web Content Accessibility Guidelines."""

import numpy as np
from matplotlib.colors import to_rgb


def text_color(background) -> str:
    """Black or white, whichever contrasts more with `background` (WCAG 2.2)."""
    return (
        "black"
        if contrast(background, "black") >= contrast(background, "white")
        else "white"
    )


def contrast(a, b) -> float:
    """Contrast ratio of two colours, from 1 to 21, by WCAG 2.2's formula."""
    light, dark = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color) -> float:
    channels = np.array(to_rgb(color))
    linear = np.where(
        channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )
    return float(linear @ [0.2126, 0.7152, 0.0722])
