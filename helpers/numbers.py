"""Formats numbers as figures and messages print them, in Spanish."""

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


def integer(n: int) -> str:
    """Format an integer: 60000 -> 60 000; four digits are not split (RAE's rule)."""
    return f"{n:,}".replace(",", THIN) if abs(n) >= 10_000 else str(n)
