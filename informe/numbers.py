"""Formats numbers and dates as the report prints them, in Spanish.

They have a decimal point, a narrow no-break space between thousands and before a
unit, and a wider one around a sign.
"""

import math
import re
from datetime import date

from helpers.numbers import NONE, THIN, integer, percent
from helpers.uncertainty import Estimate
from informe.errors import ReportError

LEVEL = f"IC 95{THIN}%"  # the heading of intervals
NBSP = "\u00a0"  # no-break space, around signs and in names such as "semilla 0"
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MONTHS = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto"),
    *("septiembre", "octubre", "noviembre", "diciembre"),
)
# What sounds like i, for which «y» becomes «e»; not hielo, nor iota
_I_SOUND = re.compile(r"\W*h?[ií](?![aáeéoóuú])", re.IGNORECASE)


def share(x: float, digits: int = 3) -> str:
    """Format a share: 0.9171 -> 0.917; a dash for NaN."""
    return NONE if math.isnan(x) else f"{x:.{digits}f}".replace("-", "−")


def percent_std(e: Estimate) -> str:
    """Mean ± standard deviation as percentages: 92.1 ± 0.2 %."""
    mean, std = percent(e.mean), percent(e.std)
    return mean if e.n == 1 else _spread(mean.removesuffix(f"{THIN}%"), std)


def _spread(mean: str, std: str) -> str:
    return f"{mean}{NBSP}±{NBSP}{std}"


def interval(e: Estimate) -> str:
    """Student's interval in brackets; a dash for one seed."""
    return NONE if e.n == 1 else f"[{share(e.low)}, {share(e.high)}]"


def points(gap: float, sign: str = "", digits: int = 1) -> str:
    """Format a difference of shares in percentage points: 0.0123 -> 1.2, or +1.2.

    It has two more digits, at most, where it would be zero without them: 0.0003 ->
    0.03. A true zero has no sign; NaN is a dash.
    """
    x = 100 * gap
    digits = next((d for d in range(digits, digits + 3) if round(x, d)), digits)
    sign = sign if round(x, digits) else "z"
    return NONE if math.isnan(x) else f"{x:{sign}.{digits}f}".replace("-", "−")


def between(low: float, high: float, digits: int = 1) -> str:
    """Format an interval of percentage points: [1.0, 3.0]."""
    return f"[{points(low, digits=digits)}, {points(high, digits=digits)}]"


def p_value(p: float, name: str = "p") -> str:
    """Format a p value: 0.0312 -> p = 0.031; below 0.001 it gives p < 0.001.

    It has more digits where it would be 0.050 without being it. `name` is "*p*" in
    Markdown; without one, as in a column of them, there is no equals sign.
    """
    digits = 3
    while round(p, digits) == 0.05 and p != 0.05:
        digits += 1
    value = f"<{NBSP}0.001" if p < 0.001 else f"{p:.{digits}f}"
    sign = "" if p < 0.001 else f"={NBSP}"
    return f"{name}{NBSP}{sign}{value}" if name else value


def small(x: float, digits: int = 6) -> str:
    """Format a number that may be tiny: 0.001 -> 0.001; 0.00005 -> 5 × 10⁻⁵."""
    factor, tiny, exponent = f"{x:.{digits}g}".partition("e")
    if not tiny:
        return factor
    power = "10" + str(int(exponent)).translate(_RAISED)
    return power if factor == "1" else f"{factor}{NBSP}×{NBSP}{power}"


def duration(seconds: float) -> str:
    """Format a duration: 0.004 -> 0.004 s; 12.34 -> 12.3 s; 75 -> 1 min 15 s."""
    if 0 < seconds < 0.05:
        return f"{small(seconds, 1)}{THIN}s"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f}{THIN}s"
    minutes, rest = divmod(round(seconds), 60)
    parts = zip((*divmod(minutes, 60), rest), ("h", "min", "s"), strict=True)
    return " ".join(f"{n}{THIN}{unit}" for n, unit in parts if n)


def size(n: int) -> str:
    """Format a number of bytes in decimal units: 245000 -> 245 kB."""
    if n < 1000:
        return f"{n}{THIN}B"
    amount, unit = (n / 1e3, "kB") if n < 1e6 else (n / 1e6, "MB")
    return f"{amount:.{0 if amount >= 100 else 1}f}{THIN}{unit}"


def ratio(x: float) -> str:
    """Format a ratio with two significant digits: 377.9 -> 380."""
    x = float(f"{x:.1e}")
    return integer(round(x)) if x >= 10 else f"{x:.{1 - math.floor(math.log10(x))}f}"


def times(x: float, what: str) -> str:
    """State a ratio of `what`: 3.1 veces ese tiempo; más o menos ese tiempo."""
    about = ratio(x)
    return f"más o menos {what}" if about == "1.0" else f"{about} veces {what}"


def listing(words) -> str:
    """Join words as Spanish does: a, b y c; «e» replaces «y» before an i sound."""
    words = [str(w) for w in words]
    if len(words) < 2:
        return "".join(words)
    last = "e" if _I_SOUND.match(words[-1]) else "y"
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def count(n: int, singular: str, plural: str) -> str:
    """Format a count with its noun: 1 semilla, 3 semillas."""
    return f"{integer(n)} {singular if n == 1 else plural}"


def images(n: int) -> str:
    """Format a number of images: 1 imagen, 500 imágenes."""
    return count(n, "imagen", "imágenes")


def spanish_date(iso: str) -> str:
    """``2026-11-23`` as ``23 de noviembre de 2026``; empty stays empty.

    Raises ReportError if it is no ISO date.
    """
    if not iso:
        return ""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        raise ReportError(f"The date {iso!r} is not of the form 2026-11-23.") from None
    return f"{day.day} de {_MONTHS[day.month - 1]} de {day.year}"
