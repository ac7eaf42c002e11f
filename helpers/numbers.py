"""Formats numbers as the figures, messages and report print them, in Spanish.

They have a decimal point, and a narrow no-break space between thousands and before
a unit.
"""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # it imports scipy, which helpers.runs.progress can do without
    from helpers.uncertainty import Estimate

THIN = "\u202f"  # narrow no-break space
NONE = "—"  # what has no value


def integer(n: int) -> str:
    """Format an integer: 60000 -> 60 000; four digits are not split (RAE's rule)."""
    return f"{n:,}".replace(",", THIN) if abs(n) >= 10_000 else str(n)


def share(x: float, digits: int = 3) -> str:
    """Format a share: 0.9171 -> 0.917; a dash for NaN."""
    return NONE if math.isnan(x) else f"{x:.{digits}f}"


def percent(x: float, digits: int | None = 1) -> str:
    """Format a share as a percentage: 0.0834 -> 8.3 %; a dash for NaN.

    With `digits` None it is short, for cells: one decimal below 10 %, none above.
    """
    if digits is None:
        digits = 1 if x < 0.0995 else 0
    return NONE if math.isnan(x) else f"{100 * x:.{digits}f}{THIN}%"


def mean_std(e: "Estimate") -> str:
    """Mean ± standard deviation; the mean alone for one seed."""
    return share(e.mean) if e.n == 1 else f"{share(e.mean)} ± {share(e.std)}"


def interval(e: "Estimate") -> str:
    """Student's interval in brackets; a dash for one seed."""
    return NONE if e.n == 1 else f"[{share(e.low)}, {share(e.high)}]"


def points(gap: float, sign: str = "", digits: int = 1) -> str:
    """Format a difference of shares in percentage points: 0.0123 -> 1.2, or +1.2."""
    return f"{100 * gap:{sign}.{digits}f}".replace("-", "−")


def p_value(p: float) -> str:
    """Format a p value: 0.0312 -> p = 0.031; below 0.001 it gives p < 0.001."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def duration(seconds: float) -> str:
    """Format a duration: 12.34 -> 12.3 s; 75 -> 1 min 15 s."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def size(n: int) -> str:
    """Format a number of bytes in decimal units: 245000 -> 245 kB."""
    if n < 1000:
        return f"{n} B"
    amount, unit = (n / 1e3, "kB") if n < 1e6 else (n / 1e6, "MB")
    return f"{amount:.1f} {unit}" if amount < 100 else f"{amount:.0f} {unit}"


def times(ratio: float) -> str:
    """Format a ratio with two significant digits: 377.9 -> 380."""
    digits = 1 - math.floor(math.log10(ratio))
    return f"{round(ratio, digits):.{max(digits, 0)}f}"


def listing(words) -> str:
    """Join words as Spanish does: a, b y c; «e» replaces «y» before an i sound."""
    words = [str(w) for w in words]
    if len(words) < 2:
        return "".join(words)
    i_sound = words[-1].lower().startswith(("i", "í", "hi"))
    return f"{', '.join(words[:-1])} {'e' if i_sound else 'y'} {words[-1]}"


def count(n: int, singular: str, plural: str) -> str:
    """Format a count with its noun: 1 semilla, 3 semillas."""
    return f"{integer(n)} {singular if n == 1 else plural}"
