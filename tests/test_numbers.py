import math

import pytest

from helpers import numbers
from helpers.uncertainty import over_seeds


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (numbers.integer(1234), "1234"),
        (numbers.integer(60000), "60\u202f000"),
        (numbers.integer(23_630_238), "23\u202f630\u202f238"),
        (numbers.share(0.91749), "0.917"),
        (numbers.share(math.nan), "—"),
        (numbers.percent(0.0834), "8.3\u202f%"),
        (numbers.duration(12.34), "12.3 s"),
        (numbers.duration(3254), "54 min 14 s"),
        (numbers.size(512), "512 B"),
        (numbers.size(25_340), "25.3 kB"),
        (numbers.size(245_000), "245 kB"),
        (numbers.size(94_520_000), "94.5 MB"),
        (numbers.times(381.2), "380"),
        (numbers.times(3.14159), "3.1"),
        (numbers.times(1.0), "1.0"),
        (numbers.listing(["a"]), "a"),
        (numbers.listing(["a", "b", "c"]), "a, b y c"),
        (numbers.listing(["padres", "hijos"]), "padres e hijos"),
        (numbers.count(1, "semilla", "semillas"), "1 semilla"),
        (numbers.mean_std(over_seeds([0.9])), "0.900"),
        (numbers.interval(over_seeds([0.9])), "—"),
    ],
)
def test_numbers_as_printed(written, expected):
    assert written == expected
