"""Formats shares as figures and messages print them, in Spanish."""

import math

THIN = "\u202f"  # narrow no-break space
NONE = "—"  # what has no value


def percent(x: float, digits: int | None = 1) -> str:
    """Format a share as a percentage: 0.0834 -> 8.3 %; a dash for NaN.

    With `digits` None it is short, for cells: one decimal below 10 %, none above.
    """
    if digits is None:
        digits = 1 if x < 0.0995 else 0
    return NONE if math.isnan(x) else f"{100 * x:.{digits}f}{THIN}%"
